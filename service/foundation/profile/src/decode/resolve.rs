//! References between a profile's tables, made into indexes.

use std::collections::HashMap;
use std::sync::Arc;

use super::{DecodeError, text};
use crate::{Function, Label, LabelValue, Line, Location, Mapping, ValueType, wire};

/// The string table.
pub(super) struct Strings {
    table: Vec<Arc<str>>,
}

impl Strings {
    pub(super) fn new(entries: &[&[u8]]) -> Result<Self, DecodeError> {
        if entries.first().is_none_or(|first| !first.is_empty()) {
            return Err(DecodeError::StringTable);
        }
        let empty = Arc::from("");
        let entry = |bytes: &&[u8]| {
            if bytes.is_empty() {
                Arc::clone(&empty)
            } else {
                text(bytes)
            }
        };
        Ok(Self {
            table: entries.iter().map(entry).collect(),
        })
    }

    fn get(&self, index: i64) -> Result<Arc<str>, DecodeError> {
        let found = usize::try_from(index).ok().and_then(|i| self.table.get(i));
        found.map(Arc::clone).ok_or(DecodeError::NoString {
            index,
            len: self.table.len(),
        })
    }

    pub(super) fn owned(&self, index: i64) -> Result<String, DecodeError> {
        self.get(index).map(|string| string.as_ref().to_owned())
    }

    /// The string at `index`, none if it is empty.
    pub(super) fn optional(&self, index: i64) -> Result<Option<String>, DecodeError> {
        self.owned(index).map(|s| Some(s).filter(|s| !s.is_empty()))
    }

    pub(super) fn value_type(&self, message: &wire::ValueType) -> Result<ValueType, DecodeError> {
        Ok(ValueType {
            kind: self.owned(message.kind)?,
            unit: self.owned(message.unit)?,
        })
    }

    pub(super) fn function(&self, message: &wire::Function) -> Result<Function, DecodeError> {
        Ok(Function {
            name: self.get(message.name)?,
            system_name: self.get(message.system_name)?,
            filename: self.get(message.filename)?,
            start_line: message.start_line,
        })
    }

    pub(super) fn mapping(&self, message: &wire::Mapping) -> Result<Mapping, DecodeError> {
        Ok(Mapping {
            memory_start: message.memory_start,
            memory_limit: message.memory_limit,
            file_offset: message.file_offset,
            filename: self.owned(message.filename)?,
            build_id: self.owned(message.build_id)?,
            has_functions: message.has_functions,
            has_filenames: message.has_filenames,
            has_line_numbers: message.has_line_numbers,
            has_inline_frames: message.has_inline_frames,
        })
    }

    /// A label; none if it has no value at all, which `go tool pprof` leaves out too.
    pub(super) fn label(&self, message: &wire::Label) -> Result<Option<Label>, DecodeError> {
        let value = if message.text != 0 {
            LabelValue::Text(self.get(message.text)?)
        } else if message.number != 0 || message.unit != 0 {
            LabelValue::Number(message.number, self.get(message.unit)?)
        } else {
            return Ok(None);
        };
        let key = self.get(message.key)?;
        Ok(Some(Label { key, value }))
    }
}

/// Where a table's entries are, by id.
pub(super) enum Ids {
    /// The ids are 1, 2, 3…, as most programs write them.
    Dense(&'static str, u32),
    /// They are something else.
    Sparse(&'static str, HashMap<u64, u32>),
}

impl Ids {
    pub(super) fn new(
        table: &'static str,
        ids: impl ExactSizeIterator<Item = u64> + Clone,
    ) -> Result<Self, DecodeError> {
        if ids.clone().zip(1..).all(|(id, expected)| id == expected) {
            return Ok(Self::Dense(table, ids.len() as u32));
        }
        let mut indexes = HashMap::with_capacity(ids.len());
        for (index, id) in ids.enumerate() {
            if id == 0 || indexes.insert(id, index as u32).is_some() {
                return Err(DecodeError::BadId { table, id });
            }
        }
        Ok(Self::Sparse(table, indexes))
    }

    pub(super) fn index(&self, id: u64) -> Result<u32, DecodeError> {
        let (table, found) = match self {
            Self::Dense(table, len) => {
                let valid = (1..=u64::from(*len)).contains(&id);
                (table, valid.then(|| (id - 1) as u32))
            }
            Self::Sparse(table, indexes) => (table, indexes.get(&id).copied()),
        };
        found.ok_or(DecodeError::Dangling { table, id })
    }

    /// Like [`Ids::index`], where 0 stands for none.
    fn optional(&self, id: u64) -> Result<Option<u32>, DecodeError> {
        (id != 0).then(|| self.index(id)).transpose()
    }
}

pub(super) fn location(
    message: &wire::Location,
    mappings: &Ids,
    functions: &Ids,
) -> Result<Location, DecodeError> {
    let lines = message.line.iter().filter_map(|line| {
        let function = functions.optional(line.function_id).transpose()?;
        Some(function.map(|function| Line {
            function,
            line: line.line,
        }))
    });
    Ok(Location {
        address: message.address,
        mapping: mappings.optional(message.mapping_id)?,
        lines: lines.collect::<Result<_, _>>()?,
        folded: message.is_folded,
    })
}
