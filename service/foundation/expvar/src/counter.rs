use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::shard::{self, Padded};

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

    // ANCHOR: sharded
    /// Adds `n`.
    pub fn add(&self, n: u64) {
        shard::own(&self.shards).fetch_add(n, Ordering::Relaxed);
    }

    /// The sum so far. Of two calls in a row, the later never sees less.
    pub fn value(&self) -> u64 {
        self.shards.iter().fold(0, |sum, shard| {
            sum.wrapping_add(shard.0.load(Ordering::Relaxed))
        })
    }
    // ANCHOR_END: sharded
}

impl Default for Counter {
    fn default() -> Self {
        Self {
            shards: shard::all(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

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
}
