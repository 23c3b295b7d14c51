//! Decides which contentions are kept, and what each stands for.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sync::{Event, Interest, Observer, ResourceKind, TaskId};

use super::table::{Place, Table};

/// How many frames of a stack are kept, from the leaf.
const MOST_FRAMES: usize = 96;

/// Both profiles, as they grow.
#[derive(Default)]
pub(super) struct Collector {
    block_rate: AtomicU64,
    mutex_fraction: AtomicU64,
    pub(super) block: Table,
    pub(super) mutex: Table,
}

/// How many contentions a sample stands for, and for how long they took together, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Weight {
    pub(super) count: f64,
    pub(super) delay: f64,
}

impl Collector {
    pub(super) fn set_block_rate(&self, nanoseconds: u64) {
        self.block_rate.store(nanoseconds, Ordering::Relaxed);
    }

    pub(super) fn block_rate(&self) -> u64 {
        self.block_rate.load(Ordering::Relaxed)
    }

    pub(super) fn set_mutex_fraction(&self, fraction: u64) {
        self.mutex_fraction.store(fraction, Ordering::Relaxed);
    }

    pub(super) fn mutex_fraction(&self) -> u64 {
        self.mutex_fraction.load(Ordering::Relaxed)
    }
}

impl Observer for Collector {
    fn interest(&self) -> Interest {
        Interest::Contention
    }

    fn event(&self, _at: Instant, event: &Event<'_>) {
        match *event {
            Event::Waited {
                task,
                kind,
                name,
                waited,
                ..
            } => {
                if let Some(weight) = of_a_wait(waited, self.block_rate(), random) {
                    keep(&self.block, task, kind, name, weight);
                }
            }
            Event::HeldUp {
                task,
                kind,
                name,
                delay,
                ..
            } => {
                if let Some(weight) = of_a_release(delay, self.mutex_fraction(), random) {
                    keep(&self.mutex, task, kind, name, weight);
                }
            }
            _ => {}
        }
    }
}

/// A wait of at least `rate` is kept as it is; a shorter one with the probability `waited / rate`, and then it stands for
/// as many as that takes.
fn of_a_wait(waited: Duration, rate: u64, random: impl FnOnce() -> u64) -> Option<Weight> {
    let nanos = (waited.as_nanos() as u64).max(1);
    if rate == 0 {
        return None;
    }
    if nanos >= rate {
        return Some(Weight {
            count: 1.0,
            delay: nanos as f64,
        });
    }
    (random() % rate < nanos).then(|| Weight {
        count: rate as f64 / nanos as f64,
        delay: rate as f64,
    })
}

/// One of `fraction` is kept, and stands for as many.
fn of_a_release(delay: Duration, fraction: u64, random: impl FnOnce() -> u64) -> Option<Weight> {
    let kept = fraction == 1 || (fraction != 0 && random().is_multiple_of(fraction));
    kept.then_some(Weight {
        count: fraction as f64,
        delay: delay.as_nanos() as f64 * fraction as f64,
    })
}

#[cold]
fn keep(table: &Table, task: Option<TaskId>, kind: ResourceKind, name: &str, weight: Weight) {
    let mut addresses = [0; MOST_FRAMES];
    let depth = stack(&mut addresses);
    let place = Place {
        stack: &addresses[..depth],
        kind,
        resource: name,
        task: task.and_then(sync::task_name),
    };
    table.add(&place, weight);
}

/// A number that nobody can guess well enough to matter: xorshift64*, seeded anew in each thread.
fn random() -> u64 {
    thread_local! {
        static STATE: Cell<u64> = Cell::new(RandomState::new().build_hasher().finish() | 1);
    }
    STATE.with(|state| {
        let mut number = state.get();
        number ^= number >> 12;
        number ^= number << 25;
        number ^= number >> 27;
        state.set(number);
        number.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    })
}

/// The addresses of the caller's stack, the leaf first; gives how many.
#[cfg(all(own_sampler, frame_pointers))]
fn stack(addresses: &mut [u64]) -> usize {
    crate::walk::callers(crate::walk::frame_pointer(), usize::MAX, addresses)
}

/// Where no stack can be walked.
#[cfg(not(all(own_sampler, frame_pointers)))]
fn stack(_addresses: &mut [u64]) -> usize {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(nanos: u64) -> Duration {
        Duration::from_nanos(nanos)
    }

    #[test]
    fn nothing_is_kept_at_zero_and_everything_at_one() {
        assert_eq!(of_a_wait(nanos(500), 0, || 0), None);
        assert_eq!(of_a_release(nanos(500), 0, || 0), None);
        let all = Some(Weight {
            count: 1.0,
            delay: 500.0,
        });
        assert_eq!(of_a_wait(nanos(500), 1, || 7), all);
        assert_eq!(of_a_release(nanos(500), 1, || 7), all);
        let least = of_a_wait(nanos(0), 1, || 0).expect("kept");
        assert!(least.count.is_finite(), "a wait too short to measure");
    }

    #[test]
    fn sums_are_right_whatever_the_rate() {
        const TIMES: u64 = 1_000;
        for (waited, rate) in [(100, 1_000), (999, 1_000), (1_000, 1_000), (5_000, 1_000)] {
            let (mut count, mut delay) = (0.0, 0.0);
            // Every residue once: what is expected, exactly.
            for number in 0..TIMES {
                if let Some(weight) = of_a_wait(nanos(waited), rate, || number) {
                    count += weight.count;
                    delay += weight.delay;
                }
            }
            let (all, time) = (TIMES as f64, (TIMES * waited) as f64);
            assert!((count / all - 1.0).abs() < 1e-9, "{waited}: {count}");
            assert!((delay / time - 1.0).abs() < 1e-9, "{waited}: {delay}");
        }
        let kept: Vec<_> = (0..100)
            .filter_map(|number| of_a_release(nanos(30), 10, || number))
            .collect();
        assert_eq!(kept.len(), 10);
        assert_eq!(
            kept[0],
            Weight {
                count: 10.0,
                delay: 300.0
            }
        );
    }

    #[test]
    fn random_numbers_differ() {
        let mut numbers: Vec<u64> = (0..1_000).map(|_| random()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert!(numbers.len() > 990);
        let even = numbers.iter().filter(|number| *number % 2 == 0).count();
        assert!((350..650).contains(&even), "{even} of 1000 are even");
    }
}
