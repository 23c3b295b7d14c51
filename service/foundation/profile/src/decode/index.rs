//! Where the tables of a profile are.

use super::fields::{Content, Fields};
use crate::DecodeError;
use crate::wire::profile as field;

/// A message inside of the profile, or a string.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) bytes: &'a [u8],
    /// Where it starts in the whole, for errors.
    pub(super) offset: usize,
}

impl Entry<'_> {
    #[cold]
    pub(super) fn malformed(&self, at: usize, what: &str) -> DecodeError {
        DecodeError::Malformed {
            offset: self.offset + at,
            what: what.to_owned(),
        }
    }
}

/// The fields of a profile's top level: where those of several entries are, and what those of one value are.
#[derive(Debug, Default)]
pub(super) struct Index {
    spans: [Span; FIELDS],
    numbers: [i64; FIELDS],
}

const FIELDS: usize = field::DOC_URL as usize + 1;

/// From the first entry of a table to its last. Others may lie between.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: usize,
    end: usize,
    count: usize,
}

impl Index {
    pub(super) fn new(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut index = Self::default();
        let whole = Entry { bytes, offset: 0 };
        let mut fields = Fields::new(whole);
        loop {
            let start = fields.offset();
            let Some(read) = fields.next() else {
                return Ok(index);
            };
            let read = read?;
            let number = read.number as usize;
            if number >= FIELDS {
                continue;
            }
            match read.content {
                Content::Number(value) if !is_table(read.number) => {
                    index.numbers[number] = value as i64;
                }
                Content::Number(_) | Content::Bytes(_)
                    if read.number == field::COMMENT
                        || is_table(read.number) && matches!(read.content, Content::Bytes(_)) =>
                {
                    index.spans[number].add(start, fields.offset());
                }
                _ => return Err(read.malformed("a field of another type")),
            }
        }
    }

    /// A field of one value; 0 when it is not there.
    pub(super) fn number(&self, field: u32) -> i64 {
        self.numbers[field as usize]
    }

    /// How many entries a table has.
    pub(super) fn count(&self, table: u32) -> usize {
        self.spans[table as usize].count
    }

    /// For how many entries to make room: an entry of less than four bytes will be refused.
    pub(super) fn capacity(&self, table: u32) -> usize {
        let span = self.spans[table as usize];
        span.count.min((span.end - span.start) / 4)
    }

    /// The fields of a table, in their order.
    pub(super) fn fields<'a>(
        &self,
        bytes: &'a [u8],
        table: u32,
    ) -> impl Iterator<Item = Result<super::fields::Field<'a>, DecodeError>> + use<'a> {
        let Span { start, end, .. } = self.spans[table as usize];
        let part = Entry {
            bytes: &bytes[start..end],
            offset: start,
        };
        Fields::new(part).filter(move |read| {
            let wanted = read.as_ref().map(|read| read.number == table);
            wanted.unwrap_or(true)
        })
    }

    /// The entries of a table, in their order.
    #[inline]
    pub(super) fn entries<'a>(
        &self,
        bytes: &'a [u8],
        table: u32,
    ) -> impl Iterator<Item = Result<Entry<'a>, DecodeError>> + use<'a> {
        self.fields(bytes, table).map(|read| read?.entry())
    }
}

/// Whether a field holds bytes, and comes as often as there are entries.
fn is_table(number: u32) -> bool {
    (field::SAMPLE_TYPE..=field::STRING).contains(&number)
        || number == field::PERIOD_TYPE
        || number == field::COMMENT
}

impl Span {
    fn add(&mut self, start: usize, end: usize) {
        if self.count == 0 {
            self.start = start;
        }
        self.end = end;
        self.count += 1;
    }
}
