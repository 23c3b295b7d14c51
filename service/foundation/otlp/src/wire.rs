//! Protocol Buffers' encoding (<https://protobuf.dev/programming-guides/encoding/>), as much as these messages need.

/// A message in the making. Values that are their type's default are left out, as the format has it.
#[derive(Debug, Default)]
pub(crate) struct Message(Vec<u8>);

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;
const FIXED32: u64 = 5;

impl Message {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn bytes(&mut self, field: u64, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.delimited(field, bytes);
        }
    }

    pub(crate) fn text(&mut self, field: u64, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    pub(crate) fn number(&mut self, field: u64, number: u64) {
        if number != 0 {
            self.always_number(field, number);
        }
    }

    /// Also if it is 0: one of several fields, of which it must be told which is there.
    pub(crate) fn always_number(&mut self, field: u64, number: u64) {
        self.varint(field << 3 | VARINT);
        self.varint(number);
    }

    pub(crate) fn fixed64(&mut self, field: u64, number: u64) {
        self.varint(field << 3 | FIXED64);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(crate) fn fixed32(&mut self, field: u64, number: u32) {
        self.varint(field << 3 | FIXED32);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(crate) fn double(&mut self, field: u64, number: f64) {
        self.fixed64(field, number.to_bits());
    }

    pub(crate) fn message(&mut self, field: u64, write: impl FnOnce(&mut Message)) {
        let mut inner = Message::default();
        write(&mut inner);
        self.delimited(field, &inner.0);
    }

    fn delimited(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | BYTES);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }
}

/// The fields of a message: their numbers, and what they hold. Ends where it is no message any more.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

/// What a field holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Held<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Held<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let held = match tag & 7 {
            VARINT => Held::Number(self.varint()?),
            FIXED64 => Held::Bytes(self.take(8)?),
            FIXED32 => Held::Bytes(self.take(4)?),
            BYTES => {
                let len = self.varint()?.try_into().ok()?;
                Held::Bytes(self.take(len)?)
            }
            _ => return None,
        };
        Some((tag >> 3, held))
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut message = Message::default();
        message.number(1, 300);
        message.number(2, 0);
        message.text(3, "ü");
        message.message(16, |inner| inner.always_number(1, 0));
        message.fixed32(4, 7);
        message.double(5, 0.5);
        let bytes = message.into_bytes();
        let fields: Vec<_> = Fields(&bytes).collect();
        assert_eq!(fields[0], (1, Held::Number(300)));
        assert_eq!(fields[1], (3, Held::Bytes("ü".as_bytes())));
        assert_eq!(fields[2], (16, Held::Bytes(&[8, 0])));
        assert_eq!(fields.len(), 5);
        for end in 0..bytes.len() {
            assert!(Fields(&bytes[..end]).count() < 5);
        }
        assert_eq!(Fields(&[0xff; 20]).count(), 0);
    }
}
