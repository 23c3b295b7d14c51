//! What was sent and what became of it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// Counts while the load runs.
#[derive(Debug)]
pub(crate) struct Meter {
    stopped: AtomicBool,
    sent: AtomicU64,
    answered: AtomicU64,
    refused: AtomicU64,
    wrong: AtomicU64,
    latencies: Mutex<Histogram<u64>>,
    first_fault: Mutex<Option<String>>,
}

/// Counts at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) sent: u64,
    /// Answered, whatever the answer was.
    pub(crate) answered: u64,
    /// Of those, refused where that may be.
    pub(crate) refused: u64,
    /// Of those, answered with another status than expected.
    pub(crate) wrong: u64,
    /// What went wrong first, of what was answered wrongly or not at all.
    pub(crate) first_fault: Option<String>,
}

/// What became of a request that was answered.
#[derive(Debug)]
pub(super) enum Outcome {
    Good,
    Refused,
    Wrong(String),
}

impl Counts {
    /// Those without an answer; while the load runs, also those still waiting for it.
    pub(crate) fn lost(&self) -> u64 {
        self.sent - self.answered.min(self.sent)
    }
}

impl Default for Meter {
    fn default() -> Meter {
        Meter {
            stopped: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            wrong: AtomicU64::new(0),
            // Up to a minute in nanoseconds, to three digits.
            latencies: Mutex::new(
                Histogram::new_with_bounds(1_000, 60_000_000_000, 3)
                    .unwrap_or_else(|_| unreachable!("the bounds are in order")),
            ),
            first_fault: Mutex::new(None),
        }
    }
}

impl Meter {
    pub(crate) fn counts(&self) -> Counts {
        // In this order, so that what is answered in between does not look as if it had not been sent.
        let answered = self.answered.load(Ordering::SeqCst);
        Counts {
            sent: self.sent.load(Ordering::SeqCst),
            answered,
            refused: self.refused.load(Ordering::SeqCst),
            wrong: self.wrong.load(Ordering::SeqCst),
            first_fault: lock(&self.first_fault).clone(),
        }
    }

    /// How many were answered.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::SeqCst)
    }

    /// The latencies since the last call, in nanoseconds, of what was answered as expected.
    pub(crate) fn take_latencies(&self) -> Histogram<u64> {
        let mut latencies = lock(&self.latencies);
        let taken = latencies.clone();
        latencies.reset();
        taken
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(super) fn sending(&self) {
        self.sent.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn answer(&self, latency: Duration, outcome: Outcome) {
        match outcome {
            Outcome::Refused => {
                self.refused.fetch_add(1, Ordering::SeqCst);
            }
            Outcome::Wrong(what) => {
                self.wrong.fetch_add(1, Ordering::SeqCst);
                self.fault(what);
            }
            Outcome::Good => lock(&self.latencies).saturating_record(latency.as_nanos() as u64),
        }
        self.answered.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn fault(&self, what: String) {
        lock(&self.first_fault).get_or_insert(what);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
