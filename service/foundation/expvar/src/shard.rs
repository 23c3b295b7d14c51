//! Values that many threads write, each to a part of its own.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A value on cache lines of its own, so that threads which write neighbouring values do not slow
/// each other down. 128 bytes: x86-64 prefetches lines in pairs, and Apple's lines are that long.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Padded<T>(pub(crate) T);

/// All parts of a value, empty.
pub(crate) fn all<T: Default, Shards: FromIterator<Padded<T>>>() -> Shards {
    (0..count()).map(|_| Padded::default()).collect()
}

/// This thread's part of what [`all`] made.
pub(crate) fn own<T>(shards: &[Padded<T>]) -> &T {
    // Their number is a power of two.
    &shards[thread_number() & (shards.len() - 1)].0
}

/// How many parts: two for each CPU, rounded up to a power of two, so that threads which come and
/// go seldom make two busy ones meet. Bounded, because a family on a large machine would otherwise cost
/// 8 KiB and more for each of its series.
fn count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let cpus = thread::available_parallelism().map_or(1, usize::from);
        (2 * cpus).next_power_of_two().clamp(4, 32)
    })
}

/// A number for this thread; threads started one after the other get consecutive ones, so that a
/// pool of workers spreads evenly over the shards.
fn thread_number() -> usize {
    const UNSET: usize = usize::MAX;
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static NUMBER: Cell<usize> = const { Cell::new(UNSET) });

    NUMBER.with(|number| {
        if number.get() == UNSET {
            // The top bit stays clear, so that no thread is ever given UNSET.
            number.set(NEXT.fetch_add(1, Ordering::Relaxed) & (usize::MAX >> 1));
        }
        number.get()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_share_cache_lines() {
        assert_eq!(align_of::<Padded<u64>>(), 128);
        assert!(count().is_power_of_two());
    }
}
