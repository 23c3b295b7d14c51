//! How long others have waited, for whoever kept them waiting.

use std::time::{Duration, Instant};

/// How long all who wait have waited since what they wait for was last given back.
#[derive(Default)]
pub(crate) struct Ledger {
    waiting: u32,
    counted_until: Option<Instant>,
    accrued: Duration,
}

impl Ledger {
    pub(crate) const fn new() -> Self {
        Self {
            waiting: 0,
            counted_until: None,
            accrued: Duration::ZERO,
        }
    }

    pub(crate) fn begin(&mut self, now: Instant) {
        self.count(now);
        self.waiting += 1;
    }

    pub(crate) fn end(&mut self, now: Instant) {
        self.count(now);
        self.waiting = self.waiting.saturating_sub(1);
        if self.waiting == 0 {
            self.accrued = Duration::ZERO;
        }
    }

    /// What whoever gives it back now is charged with.
    pub(crate) fn charge(&mut self, now: Instant) -> Duration {
        self.count(now);
        std::mem::take(&mut self.accrued)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Threads read the clock before they get here, so that one may be a little behind another.
    fn count(&mut self, now: Instant) {
        let until = self.counted_until.unwrap_or(now);
        let passed = now.saturating_duration_since(until);
        self.accrued = self.accrued.saturating_add(passed * self.waiting);
        self.counted_until = Some(until.max(now));
    }
}
