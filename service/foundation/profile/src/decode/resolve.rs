//! References between a profile's tables, made into indexes.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use super::fields::{Content, Fields, count_numbers, each_number, scalars};
use super::index::{Entry, Index};
use crate::wire::{location, profile as field};
use crate::{DecodeError, Function, Label, LabelValue, Line, Location, Mapping, ValueType};

/// The string table.
#[derive(Debug)]
pub(super) struct Strings {
    table: Vec<Arc<str>>,
    /// How many bytes of text may be copied out of the table.
    limit: usize,
    /// How many have been: few bytes could otherwise name a long text over and over.
    copied: Cell<usize>,
}

impl Strings {
    pub(super) fn new(index: &Index, bytes: &[u8]) -> Result<Self, DecodeError> {
        let empty = Arc::from("");
        let mut table = Vec::with_capacity(index.count(field::STRING));
        for entry in index.entries(bytes, field::STRING) {
            match entry?.bytes {
                [] => table.push(Arc::clone(&empty)),
                _ if table.is_empty() => return Err(DecodeError::StringTable),
                text => table.push(text_of(text)),
            }
        }
        if table.is_empty() {
            return Err(DecodeError::StringTable);
        }
        Ok(Self {
            table,
            limit: bytes.len().saturating_mul(2).saturating_add(1 << 16),
            copied: Cell::new(0),
        })
    }

    fn get(&self, index: i64) -> Result<Arc<str>, DecodeError> {
        let found = usize::try_from(index).ok().and_then(|i| self.table.get(i));
        found.map(Arc::clone).ok_or(DecodeError::NoString {
            index,
            len: self.table.len(),
        })
    }

    fn shared(&self, index: u64) -> Result<Arc<str>, DecodeError> {
        self.get(index as i64)
    }

    fn owned(&self, index: i64) -> Result<String, DecodeError> {
        let text = self.get(index)?;
        let copied = self.copied.get().saturating_add(text.len());
        self.copied.set(copied);
        if copied > self.limit {
            return Err(DecodeError::TooMuchText { limit: self.limit });
        }
        Ok(text.as_ref().to_owned())
    }

    /// The string at `index`, none if it is empty.
    pub(super) fn optional(&self, index: i64) -> Result<Option<String>, DecodeError> {
        self.owned(index).map(|s| Some(s).filter(|s| !s.is_empty()))
    }

    pub(super) fn value_type(&self, [_, kind, unit]: [u64; 3]) -> Result<ValueType, DecodeError> {
        Ok(ValueType {
            kind: self.owned(kind as i64)?,
            unit: self.owned(unit as i64)?,
        })
    }

    /// A function and its id.
    pub(super) fn function(
        &self,
        [_, id, name, system_name, filename, start_line]: [u64; 6],
    ) -> Result<(u64, Function), DecodeError> {
        let function = Function {
            name: self.shared(name)?,
            system_name: self.shared(system_name)?,
            filename: self.shared(filename)?,
            start_line: start_line as i64,
        };
        Ok((id, function))
    }

    /// A mapping and its id.
    pub(super) fn mapping(&self, fields: [u64; 11]) -> Result<(u64, Mapping), DecodeError> {
        let [
            _,
            id,
            memory_start,
            memory_limit,
            file_offset,
            filename,
            build_id,
            has @ ..,
        ] = fields;
        let [
            has_functions,
            has_filenames,
            has_line_numbers,
            has_inline_frames,
        ] = has.map(|flag| flag != 0);
        let mapping = Mapping {
            memory_start,
            memory_limit,
            file_offset,
            filename: self.owned(filename as i64)?,
            build_id: self.owned(build_id as i64)?,
            has_functions,
            has_filenames,
            has_line_numbers,
            has_inline_frames,
        };
        Ok((id, mapping))
    }

    /// A label; none if it has no value at all, which `go tool pprof` leaves out too.
    pub(super) fn label(&self, entry: Entry<'_>) -> Result<Option<Label>, DecodeError> {
        let [_, key, text, number, unit] = scalars(entry)?;
        let value = if text == 0 {
            LabelValue::Number(number as i64, self.shared(unit)?)
        } else {
            LabelValue::Text(self.shared(text)?)
        };
        let says_something = match &value {
            LabelValue::Text(text) => !text.is_empty(),
            LabelValue::Number(number, unit) => *number != 0 || !unit.is_empty(),
        };
        let key = self.shared(key)?;
        Ok(says_something.then_some(Label { key, value }))
    }

    pub(super) fn comments(&self, index: &Index, bytes: &[u8]) -> Result<Vec<String>, DecodeError> {
        let mut comments = Vec::new();
        for read in index.fields(bytes, field::COMMENT) {
            let read = read?;
            if let Content::Number(comment) = read.content {
                comments.push(self.owned(comment as i64)?);
                continue;
            }
            let packed = read.entry()?;
            comments.reserve_exact(count_numbers(packed.bytes));
            each_number(packed, |comment| {
                comments.push(self.owned(comment as i64)?);
                Ok(())
            })?;
        }
        Ok(comments)
    }
}

/// The text of an entry of the string table. Go's tables are valid UTF-8; in others' the bytes that are not are replaced.
fn text_of(bytes: &[u8]) -> Arc<str> {
    String::from_utf8_lossy(bytes).into()
}

/// Where a table's entries are, by id.
#[derive(Debug)]
pub(super) struct Ids {
    table: &'static str,
    /// How many there are: while `sparse` is empty, their ids are 1, 2, 3…, as most programs write them.
    len: u32,
    sparse: HashMap<u64, u32>,
    capacity: usize,
}

impl Ids {
    /// No ids yet, of a table of about `capacity`.
    pub(super) fn new(table: &'static str, capacity: usize) -> Self {
        Self {
            table,
            len: 0,
            sparse: HashMap::new(),
            capacity,
        }
    }

    /// The next entry's id.
    pub(super) fn push(&mut self, id: u64) -> Result<(), DecodeError> {
        let place = self.len;
        let dense = self.sparse.is_empty() && id == u64::from(place) + 1;
        if !dense {
            if self.sparse.is_empty() {
                self.sparse.reserve(self.capacity);
                let before = (0..place).map(|place| (u64::from(place) + 1, place));
                self.sparse.extend(before);
            }
            if id == 0 || self.sparse.insert(id, place).is_some() {
                let table = self.table;
                return Err(DecodeError::BadId { table, id });
            }
        }
        self.len += 1;
        Ok(())
    }

    #[inline]
    pub(super) fn index(&self, id: u64) -> Result<u32, DecodeError> {
        let dense = id.wrapping_sub(1);
        if self.sparse.is_empty() {
            if dense < u64::from(self.len) {
                return Ok(dense as u32);
            }
        } else if let Some(index) = self.sparse.get(&id) {
            return Ok(*index);
        }
        Err(self.dangling(id))
    }

    #[cold]
    fn dangling(&self, id: u64) -> DecodeError {
        let table = self.table;
        DecodeError::Dangling { table, id }
    }

    /// Like [`Ids::index`], where 0 stands for none.
    fn optional(&self, id: u64) -> Result<Option<u32>, DecodeError> {
        (id != 0).then(|| self.index(id)).transpose()
    }
}

/// A location and its id.
pub(super) fn location(
    entry: Entry<'_>,
    mappings: &Ids,
    functions: &Ids,
) -> Result<(u64, Location), DecodeError> {
    let mut id = 0;
    let mut location = Location::default();
    for read in Fields::new(entry) {
        let read = read?;
        match (read.number, read.content) {
            (location::ID, Content::Number(number)) => id = number,
            (location::MAPPING, Content::Number(number)) => {
                location.mapping = mappings.optional(number)?;
            }
            (location::ADDRESS, Content::Number(number)) => location.address = number,
            (location::IS_FOLDED, Content::Number(number)) => location.folded = number != 0,
            (location::LINE, Content::Bytes(_)) => {
                let [_, function, line] = scalars(read.entry()?)?;
                let line = line as i64;
                let function = functions.optional(function)?;
                location
                    .lines
                    .extend(function.map(|function| Line { function, line }));
            }
            (location::ID..=location::IS_FOLDED, _) => {
                return Err(read.malformed("a field of another type"));
            }
            _ => {}
        }
    }
    location.lines.shrink_to_fit();
    Ok((id, location))
}
