//! Values that cost something to read.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// For how long a value is shown before it is read anew. Readers of `/debug/vars` look once a second or so; those that
/// look more often, or several at once, shall not cost the program more.
pub(super) const FRESH: Duration = Duration::from_millis(250);

/// And at least so many times as long as reading it took: however often it is asked for, and however slow the kernel is
/// to answer (a process with a hundred thousand files, a machine with as many cgroups), it takes 1 % of a CPU at most.
const REST: u32 = 100;

/// Keeps what was read for a while.
pub(super) struct Cached<T, F> {
    read: F,
    kept: Mutex<Option<Kept<T>>>,
}

struct Kept<T> {
    value: T,
    until: Instant,
}

impl<T: Clone, F: Fn() -> T> Cached<T, F> {
    pub(super) fn new(read: F) -> Self {
        Self {
            read,
            kept: Mutex::new(None),
        }
    }

    /// The value, at most as old as the time for which it is kept.
    pub(super) fn get(&self) -> T {
        let asked = Instant::now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_ref().filter(|kept| asked < kept.until) {
            return kept.value.clone();
        }
        let begun = Instant::now();
        let value = (self.read)();
        let until = keep_until(begun, Instant::now());
        *kept = Some(Kept {
            value: value.clone(),
            until,
        });
        value
    }
}

fn keep_until(begun: Instant, ended: Instant) -> Instant {
    ended + FRESH.max((ended - begun) * REST)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn who_asks_again_soon_gets_the_same() {
        let reads = AtomicU32::new(0);
        let cached = Cached::new(|| reads.fetch_add(1, Ordering::Relaxed));
        let first = Instant::now();
        let values: Vec<_> = (0..1_000).map(|_| cached.get()).collect();
        if first.elapsed() < FRESH {
            assert!(values.iter().all(|&value| value == 0));
        }
        cached
            .kept
            .lock()
            .expect("no panics")
            .as_mut()
            .expect("it is kept")
            .until = first;
        assert_eq!(cached.get(), values[999] + 1);
    }

    #[test]
    fn what_is_slow_to_read_is_kept_for_longer() {
        let begun = Instant::now();
        let after = |millis| {
            let ended = begun + Duration::from_millis(millis);
            keep_until(begun, ended) - ended
        };
        assert_eq!(after(1), FRESH);
        assert_eq!(after(20), Duration::from_secs(2));
    }
}
