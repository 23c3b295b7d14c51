//! The top level of a protobuf message, field by field.

use super::DecodeError;

/// One field of a message.
pub(super) struct Field<'a> {
    /// Its number.
    pub(super) number: u32,
    /// Its bytes if it is length-delimited, as all of a profile's tables are.
    pub(super) bytes: Option<&'a [u8]>,
    /// Where its content starts in the message.
    pub(super) offset: usize,
}

/// Iterates over the fields of a message, without copying. Ends at the first error.
pub(super) struct Fields<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { message, at: 0 }
    }

    fn field(&mut self) -> Result<Field<'a>, DecodeError> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).unwrap_or(0);
        if number == 0 {
            return Err(self.malformed("a field without a number"));
        }
        let mut offset = self.at;
        let bytes = match key & 7 {
            0 => self.varint().map(|_| None)?,
            1 => self.take(8).map(|_| None)?,
            2 => {
                let len = self.varint()?;
                offset = self.at;
                Some(self.take(len)?)
            }
            5 => self.take(4).map(|_| None)?,
            _ => return Err(self.malformed("a wire type that is not in use")),
        };
        Ok(Field {
            number,
            bytes,
            offset,
        })
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.malformed("a number of more than 64 bits"))
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
            offset: self.at,
            what: what.to_owned(),
        }
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
