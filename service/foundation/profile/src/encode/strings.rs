//! The string table being made.

use std::collections::HashMap;
use std::sync::Arc;

use crate::mix::MixMap;

/// Strings by their place in the table.
pub(super) struct Strings<'a> {
    table: Vec<&'a str>,
    known: HashMap<&'a str, u64>,
    /// Strings known by where they are: labels and names are shared, so that most need not be looked at.
    places: MixMap<(usize, usize), u64>,
}

impl<'a> Strings<'a> {
    /// A table whose entry 0 is the empty string, as the format wants it.
    pub(super) fn new() -> Self {
        Self {
            table: vec![""],
            known: HashMap::from([("", 0)]),
            places: MixMap::default(),
        }
    }

    /// The strings in their order.
    pub(super) fn table(&self) -> &[&'a str] {
        &self.table
    }

    pub(super) fn index(&mut self, string: &'a str) -> u64 {
        *self.known.entry(string).or_insert_with(|| {
            self.table.push(string);
            self.table.len() as u64 - 1
        })
    }

    /// Like [`Strings::index`], faster for a string seen before at the same place.
    pub(super) fn shared(&mut self, string: &'a Arc<str>) -> u64 {
        let place = (string.as_ptr().addr(), string.len());
        if let Some(index) = self.places.get(&place) {
            return *index;
        }
        let index = self.index(string);
        self.places.insert(place, index);
        index
    }
}
