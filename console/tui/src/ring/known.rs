//! Things that are kept once, each under a number.

use std::collections::HashMap;
use std::hash::Hash;

/// Things and their numbers, in the order in which they came.
#[derive(Clone, Debug)]
pub(super) struct Known<T> {
    pub(super) numbers: HashMap<T, u32>,
    /// Bytes that its things have elsewhere.
    behind: usize,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            behind: 0,
        }
    }
}

/// What a counted slice has besides its elements, rounded up to what an allocator gives.
pub(super) const COUNTED: usize = 32;

impl<T: Hash + Eq + Clone> Known<T> {
    /// The number of `thing`; of a new one, which has `behind` bytes elsewhere, the next.
    pub(super) fn number(&mut self, thing: T, behind: impl FnOnce(&T) -> usize) -> u32 {
        if let Some(number) = self.numbers.get(&thing) {
            return *number;
        }
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.behind += behind(&thing);
        self.numbers.insert(thing, next);
        next
    }

    pub(super) fn bytes(&self) -> usize {
        // A table of this kind has a byte for each place beside it, and is between seven sixteenths and seven eighths full.
        self.numbers.capacity() * 8 / 7 * (size_of::<(T, u32)>() + 1) + self.behind
    }

    pub(super) fn list(&self) -> Vec<&T> {
        let mut list: Vec<(&T, u32)> = self.numbers.iter().map(|(of, at)| (of, *at)).collect();
        list.sort_unstable_by_key(|(_, at)| *at);
        list.into_iter().map(|(of, _)| of).collect()
    }
}
