//! Counters: the same promise, kept in five ways.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};

/// A number that many threads count up, each under its own number from 0.
pub(crate) trait Count: Send + Sync {
    /// Adds one.
    fn add(&self, thread: usize);
    /// What was counted, when nobody counts any more.
    fn total(&self) -> u64;
}

/// One number under a lock.
#[derive(Default)]
pub(crate) struct Locked(Mutex<u64>);

impl Count for Locked {
    fn add(&self, _thread: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }

    fn total(&self) -> u64 {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One number for all.
#[derive(Default)]
pub(crate) struct One(AtomicU64);

impl Count for One {
    fn add(&self, _thread: usize) {
        self.0.fetch_add(1, Relaxed);
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// One number for all, changed by trying: for changes that no single instruction makes.
#[derive(Default)]
pub(crate) struct Tried(AtomicU64);

impl Count for Tried {
    // ANCHOR: cas
    fn add(&self, _thread: usize) {
        let mut seen = self.0.load(Relaxed);
        while let Err(found) = self
            .0
            .compare_exchange_weak(seen, seen + 1, Relaxed, Relaxed)
        {
            seen = found; // somebody was faster: compute again from that
        }
    }
    // ANCHOR_END: cas

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// One number for each thread, side by side in memory: eight of them in a line of 64 bytes.
pub(crate) struct Packed(Vec<AtomicU64>);

impl Packed {
    pub(crate) fn new(threads: usize) -> Self {
        Self((0..threads).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Count for Packed {
    fn add(&self, thread: usize) {
        self.0[thread].fetch_add(1, Relaxed);
    }

    fn total(&self) -> u64 {
        let numbers = self.0.iter();
        numbers.map(|number| number.load(Relaxed)).sum()
    }
}

// ANCHOR: padded
/// One number for each thread, each in a line of memory of its own.
pub(crate) struct Padded(Vec<Line>);

#[derive(Default)]
#[repr(align(128))]
struct Line(AtomicU64);

impl Count for Padded {
    fn add(&self, thread: usize) {
        self.0[thread].0.fetch_add(1, Relaxed);
    }

    fn total(&self) -> u64 {
        let lines = self.0.iter();
        lines.map(|line| line.0.load(Relaxed)).sum()
    }
}
// ANCHOR_END: padded

impl Padded {
    pub(crate) fn new(threads: usize) -> Self {
        Self((0..threads).map(|_| Line::default()).collect())
    }
}

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Mutex,
    Cas,
    Atomic,
    Packed,
    Padded,
}

impl Kind {
    pub(crate) const ALL: [Kind; 5] = [
        Kind::Mutex,
        Kind::Cas,
        Kind::Atomic,
        Kind::Packed,
        Kind::Padded,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Mutex => "mutex",
            Kind::Cas => "cas loop",
            Kind::Atomic => "one atomic",
            Kind::Packed => "sharded, packed",
            Kind::Padded => "sharded, padded",
        }
    }

    pub(crate) fn counter(self, threads: usize) -> Box<dyn Count> {
        match self {
            Kind::Mutex => Box::new(Locked::default()),
            Kind::Cas => Box::new(Tried::default()),
            Kind::Atomic => Box::new(One::default()),
            Kind::Packed => Box::new(Packed::new(threads)),
            Kind::Padded => Box::new(Padded::new(threads)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_of_them_loses_a_count() {
        for kind in Kind::ALL {
            let counter = kind.counter(4);
            std::thread::scope(|scope| {
                for thread in 0..4 {
                    let counter = &counter;
                    scope.spawn(move || (0..10_000).for_each(|_| counter.add(thread)));
                }
            });
            assert_eq!(counter.total(), 40_000, "{}", kind.name());
        }
    }

    #[test]
    fn what_is_padded_shares_no_line() {
        assert_eq!((size_of::<Line>(), align_of::<Line>()), (128, 128));
        assert_eq!(size_of::<AtomicU64>(), 8);
    }
}
