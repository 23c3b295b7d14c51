//! The readers, what they promise, and how that is checked.

mod exposition;
mod expvar;
mod profile;

use super::memory::peak;
use crate::random::Random;

/// A reader of our formats.
pub(crate) struct Reader {
    pub(crate) name: &'static str,
    /// The function that is fuzzed.
    pub(crate) function: &'static str,
    /// Its corpus, from this crate's folder.
    pub(crate) corpus: &'static str,
    /// The memory it may take, in times of the input's size …
    pub(crate) times: usize,
    /// … and bytes besides.
    pub(crate) plus: usize,
    /// Words of the format.
    pub(super) tokens: &'static [&'static [u8]],
    /// A sound input.
    pub(super) make_up: fn(&mut Random) -> Vec<u8>,
    /// What is done with a changed input in the end.
    pub(super) finish: fn(Vec<u8>, &mut Random) -> Vec<u8>,
    /// Reads an input and uses what it gives; panics if that contradicts itself.
    pub(super) read: fn(&[u8]) -> Taken,
}

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// It was not refused.
    pub(super) accepted: bool,
    /// What the limit of memory counts by: the input's size, inflated if it is compressed.
    pub(super) size: usize,
    /// The most memory that was allocated at a time while it was read.
    pub(super) peak: usize,
}

impl Reader {
    /// How many times its size an input took beyond what every input may.
    pub(super) fn multiple(&self, taken: &Taken) -> f64 {
        taken.peak.saturating_sub(self.plus) as f64 / taken.size.max(1) as f64
    }

    /// Whether an input took more than it may.
    pub(super) fn is_over(&self, taken: &Taken) -> bool {
        taken.peak
            > taken
                .size
                .saturating_mul(self.times)
                .saturating_add(self.plus)
    }
}

pub(crate) const READERS: [Reader; 3] = [profile::READER, exposition::READER, expvar::READER];

/// Most inputs stay as they are.
fn as_it_is(input: Vec<u8>, _: &mut Random) -> Vec<u8> {
    input
}
