//! How far long work has come, told across threads, and whether it is still wanted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Shared by whoever works and whoever waits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    done: AtomicUsize,
    all: AtomicUsize,
    dropped: AtomicBool,
}

impl Progress {
    /// Of so many steps.
    pub(crate) fn of(steps: usize) -> Self {
        let progress = Self::default();
        progress.0.all.store(steps, Ordering::Relaxed);
        progress
    }

    /// So many steps more are done. Whether the others are still wanted.
    pub(crate) fn step(&self, steps: usize) -> bool {
        self.0.done.fetch_add(steps, Ordering::Relaxed);
        self.is_wanted()
    }

    pub(crate) fn is_wanted(&self) -> bool {
        !self.0.dropped.load(Ordering::Relaxed)
    }

    /// Nobody waits for it any more.
    pub(crate) fn drop_work(&self) {
        self.0.dropped.store(true, Ordering::Relaxed);
    }

    /// How much is done, in per cent; 100 only once it is handed over.
    pub(crate) fn percent(&self) -> usize {
        let all = self.0.all.load(Ordering::Relaxed).max(1);
        let done = self.0.done.load(Ordering::Relaxed);
        (done.saturating_mul(100) / all).min(99)
    }
}
