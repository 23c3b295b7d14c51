use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use crate::pad::Padded;

/// A number that only grows, made for many threads: each adds to a shard of its own.
///
/// Clones share the same value. It wraps around at 2⁶⁴, like Go's.
///
/// ```
/// let hits = expvar::Registry::new().counter("hits")?;
/// hits.inc();
/// hits.add(41);
/// assert_eq!(hits.value(), 42);
/// # Ok::<(), expvar::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Counter {
    shards: Arc<[Padded<AtomicU64>]>,
}

impl Counter {
    /// Adds one.
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds `n`.
    pub fn add(&self, n: u64) {
        // The number of shards is a power of two.
        let shard = thread_number() & (self.shards.len() - 1);
        self.shards[shard].0.fetch_add(n, Ordering::Relaxed);
    }

    /// The sum so far. Of two calls in a row, the later never sees less.
    pub fn value(&self) -> u64 {
        self.shards.iter().fold(0, |sum, shard| {
            sum.wrapping_add(shard.0.load(Ordering::Relaxed))
        })
    }
}

impl Default for Counter {
    fn default() -> Self {
        let shards = (0..shard_count()).map(|_| Padded::default()).collect();
        Self { shards }
    }
}

/// Shards per counter: one for each CPU, rounded up to a power of two. Bounded, because a family on
/// a large machine would otherwise cost 8 KiB and more for each of its series.
fn shard_count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let cpus = thread::available_parallelism().map_or(1, usize::from);
        cpus.next_power_of_two().min(32)
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
    fn adds_from_every_thread_arrive() {
        let counter = Counter::default();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..10_000).for_each(|_| counter.inc()));
            }
        });
        assert_eq!(counter.value(), 80_000);
    }

    #[test]
    fn never_falls_while_it_is_being_added_to() {
        let counter = Counter::default();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| (0..20_000).for_each(|_| counter.inc()));
            }
            let mut last = 0;
            while last < 60_000 {
                let now = counter.value();
                assert!(now >= last, "{now} after {last}");
                last = now;
            }
        });
        assert_eq!(counter.value(), 60_000);
    }

    #[test]
    fn wraps_instead_of_panicking() {
        let counter = Counter::default();
        counter.add(u64::MAX);
        thread::scope(|scope| {
            scope.spawn(|| counter.add(2));
        });
        assert_eq!(counter.value(), 1);
    }

    #[test]
    fn shards_do_not_share_cache_lines() {
        assert_eq!(align_of::<Padded<AtomicU64>>(), 128);
        assert!(shard_count().is_power_of_two());
    }
}
