//! What happened lately.

use std::time::{Duration, Instant};

/// Slices of the window: what is older than all of them is forgotten one slice at a time.
pub(crate) const SLICES: usize = 10;

/// Successes and failures of a sliding window.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    slice: Duration,
    start: Instant,
    slices: [Counts; SLICES],
    /// Which slice of all time is the latest here.
    latest: u128,
}

/// Calls that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many succeeded.
    pub successes: u64,
    /// How many failed.
    pub failures: u64,
}

impl Counts {
    /// All of them.
    pub fn all(self) -> u64 {
        self.successes + self.failures
    }

    /// Which share failed, from 0 to 1; 0 of none.
    pub fn rate(self) -> f64 {
        match self.all() {
            0 => 0.0,
            all => self.failures as f64 / all as f64,
        }
    }
}

impl Window {
    pub(crate) fn new(length: Duration, start: Instant) -> Window {
        let slice = length / SLICES as u32;
        Window {
            slice: slice.max(Duration::from_nanos(1)),
            start,
            slices: [Counts::default(); SLICES],
            latest: 0,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.slices = [Counts::default(); SLICES];
    }

    pub(crate) fn add(&mut self, failed: bool, now: Instant) {
        self.turn(now);
        let slice = &mut self.slices[(self.latest % SLICES as u128) as usize];
        if failed {
            slice.failures += 1;
        } else {
            slice.successes += 1;
        }
    }

    pub(crate) fn counts(&mut self, now: Instant) -> Counts {
        self.turn(now);
        let sum = |sum: Counts, slice: &Counts| Counts {
            successes: sum.successes + slice.successes,
            failures: sum.failures + slice.failures,
        };
        self.slices.iter().fold(Counts::default(), sum)
    }

    /// Forgets what is too old. A clock that went back changes nothing.
    fn turn(&mut self, now: Instant) {
        let since = now.saturating_duration_since(self.start).as_nanos();
        let current = since / self.slice.as_nanos();
        if current <= self.latest {
            return;
        }
        let passed = (current - self.latest).min(SLICES as u128);
        for step in 1..=passed {
            let index = (current - passed + step) % SLICES as u128;
            self.slices[index as usize] = Counts::default();
        }
        self.latest = current;
    }
}
