//! A protobuf message, field by field.

use super::index::Entry;
use crate::DecodeError;
use crate::wire::read_varint;

/// One field of a message.
pub(super) struct Field<'a> {
    /// Its number.
    pub(super) number: u32,
    /// What it holds.
    pub(super) content: Content<'a>,
    /// Where its content starts in the whole.
    pub(super) offset: usize,
}

impl<'a> Field<'a> {
    pub(super) fn malformed(&self, what: &str) -> DecodeError {
        DecodeError::Malformed {
            offset: self.offset,
            what: what.to_owned(),
        }
    }

    /// The bytes of a message or string.
    #[inline]
    pub(super) fn entry(&self) -> Result<Entry<'a>, DecodeError> {
        match self.content {
            Content::Bytes(bytes) => Ok(Entry {
                bytes,
                offset: self.offset,
            }),
            _ => Err(self.malformed("a field of another type")),
        }
    }
}

/// What a field holds.
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    /// A number of variable length.
    Number(u64),
    /// Bytes: a message, a string, or several numbers.
    Bytes(&'a [u8]),
    /// A number of four or eight bytes, which no field of a profile is.
    Fixed,
}

/// Iterates over the fields of a message, without copying. Ends at the first error.
pub(super) struct Fields<'a> {
    message: &'a [u8],
    at: usize,
    /// Where the message starts in the whole.
    base: usize,
}

impl<'a> Fields<'a> {
    #[inline]
    pub(super) fn new(message: Entry<'a>) -> Self {
        Self {
            message: message.bytes,
            at: 0,
            base: message.offset,
        }
    }

    /// Where the next field starts in the whole.
    #[inline]
    pub(super) fn offset(&self) -> usize {
        self.base + self.at
    }

    #[inline]
    fn field(&mut self) -> Result<Field<'a>, DecodeError> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).unwrap_or(0);
        if number == 0 {
            return Err(self.malformed("a field without a number"));
        }
        let mut offset = self.offset();
        let content = match key & 7 {
            0 => Content::Number(self.varint()?),
            1 => self.take(8).map(|_| Content::Fixed)?,
            2 => {
                let len = self.varint()?;
                offset = self.offset();
                Content::Bytes(self.take(len)?)
            }
            5 => self.take(4).map(|_| Content::Fixed)?,
            _ => return Err(self.malformed("a wire type that is not in use")),
        };
        Ok(Field {
            number,
            content,
            offset,
        })
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, DecodeError> {
        read_varint(self.message, &mut self.at).ok_or_else(|| self.malformed(ENDLESS))
    }

    #[inline]
    fn take(&mut self, len: u64) -> Result<&'a [u8], DecodeError> {
        let rest = &self.message[self.at..];
        let taken = usize::try_from(len).ok().and_then(|len| rest.get(..len));
        let taken = taken.ok_or_else(|| self.malformed("the message ends inside a field"))?;
        self.at += taken.len();
        Ok(taken)
    }

    #[cold]
    fn malformed(&self, what: &str) -> DecodeError {
        DecodeError::Malformed {
            offset: self.offset(),
            what: what.to_owned(),
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.message.len() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.at = self.message.len();
        }
        Some(field)
    }
}

const ENDLESS: &str = "a number that does not end";

/// How many numbers there are one after the other: as many as bytes that end one.
#[inline]
pub(super) fn count_numbers(packed: &[u8]) -> usize {
    packed.iter().filter(|byte| **byte < 0x80).count()
}

/// Reads numbers one after the other, as a field holds several.
#[inline]
pub(super) fn each_number(
    packed: Entry<'_>,
    mut take: impl FnMut(u64) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let mut at = 0;
    while at < packed.bytes.len() {
        let number = read_varint(packed.bytes, &mut at);
        take(number.ok_or_else(|| packed.malformed(at, ENDLESS))?)?;
    }
    Ok(())
}

/// The fields below `N` of a message that holds numbers alone; 0 for those that are not there.
#[inline]
pub(super) fn scalars<const N: usize>(message: Entry<'_>) -> Result<[u64; N], DecodeError> {
    let mut values = [0; N];
    for field in Fields::new(message) {
        let field = field?;
        if let Some(value) = values.get_mut(field.number as usize) {
            let Content::Number(number) = field.content else {
                return Err(field.malformed("a field of another type"));
            };
            *value = number;
        }
    }
    Ok(values)
}
