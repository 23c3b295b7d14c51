//! The top level of a protobuf message, field by field.

use super::DecodeError;

/// One field of a message.
pub(super) struct Field<'a> {
    /// Its number.
    pub(super) number: u32,
    /// What it holds.
    pub(super) content: Content<'a>,
    /// Where its content starts in the whole.
    pub(super) offset: usize,
}

impl Field<'_> {
    pub(super) fn malformed(&self, what: &str) -> DecodeError {
        DecodeError::Malformed {
            offset: self.offset,
            what: what.to_owned(),
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
    /// `base` is where the message starts in the whole, for errors.
    pub(super) fn new(message: &'a [u8], base: usize) -> Self {
        Self {
            message,
            at: 0,
            base,
        }
    }

    fn field(&mut self) -> Result<Field<'a>, DecodeError> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).unwrap_or(0);
        if number == 0 {
            return Err(self.malformed("a field without a number"));
        }
        let mut offset = self.base + self.at;
        let content = match key & 7 {
            0 => Content::Number(self.varint()?),
            1 => self.take(8).map(|_| Content::Fixed)?,
            2 => {
                let len = self.varint()?;
                offset = self.base + self.at;
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

    /// A number: seven bits in each byte, the last of which has its eighth bit clear.
    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0;
        for (index, byte) in self.message[self.at..].iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if *byte < 0x80 {
                self.at += index + 1;
                return Ok(value);
            }
        }
        Err(self.malformed("a number that does not end"))
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], DecodeError> {
        let rest = &self.message[self.at..];
        let taken = usize::try_from(len).ok().and_then(|len| rest.get(..len));
        let taken = taken.ok_or_else(|| self.malformed("the message ends inside a field"))?;
        self.at += taken.len();
        Ok(taken)
    }

    fn malformed(&self, what: &str) -> DecodeError {
        DecodeError::Malformed {
            offset: self.base + self.at,
            what: what.to_owned(),
        }
    }
}

/// Numbers one after the other, as a field holds several.
pub(super) struct Numbers<'a>(Fields<'a>);

impl<'a> Numbers<'a> {
    pub(super) fn new(bytes: &'a [u8], base: usize) -> Self {
        Self(Fields::new(bytes, base))
    }

    /// How many there are at most: as many as bytes that end one.
    pub(super) fn at_most(&self) -> usize {
        self.0.message.iter().filter(|byte| **byte < 0x80).count()
    }
}

impl Iterator for Numbers<'_> {
    type Item = Result<u64, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.at >= self.0.message.len() {
            return None;
        }
        let number = self.0.varint();
        if number.is_err() {
            self.0.at = self.0.message.len();
        }
        Some(number)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, DecodeError>;

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
