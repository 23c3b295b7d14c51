//! The profiles taken meanwhile.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use collect::cpu::CpuProfile;
use collect::{Error, cpu, heap, threads};

/// What came of them.
#[derive(Debug, Default)]
pub(crate) struct Captures {
    finished: u64,
    given_up: u64,
    asked: u64,
    expected: u64,
    deliverable: u64,
    kept: u64,
    lost: u64,
    heap_profiles: u64,
}

impl Captures {
    /// One long capture, and then many. With heap profiles in between if the heap is to be sampled.
    pub(crate) fn take(end: Instant, heap: bool) -> Result<Self, Error> {
        let mut captures = Self::default();
        if heap {
            heap::activate(heap::DEFAULT_LG_SAMPLE)?;
        }
        let long = end.saturating_duration_since(Instant::now()) / 2;
        captures.finish(long, heap)?;
        while Instant::now() < end {
            let taken = captures.finished + captures.given_up;
            let length = Duration::from_millis(1 + 37 * taken % 500);
            if taken % 3 == 2 {
                let capture = cpu::start(cpu::MAX_HZ)?;
                thread::sleep(length);
                drop(capture);
                captures.given_up += 1;
            } else {
                captures.finish(length, heap)?;
            }
        }
        if heap {
            heap::deactivate()?;
        }
        Ok(captures)
    }

    fn finish(&mut self, length: Duration, heap: bool) -> Result<(), Error> {
        /// Between two heap profiles.
        const PAUSE: Duration = Duration::from_millis(200);

        let end = Instant::now() + length;
        let capture = cpu::start(cpu::MAX_HZ)?;
        while Instant::now() < end {
            thread::sleep(PAUSE.min(end.saturating_duration_since(Instant::now())));
            if heap {
                heap::profile()?;
                self.heap_profiles += 1;
            }
            threads::threadcreate()?;
        }
        self.add(&capture.finish()?);
        Ok(())
    }

    fn add(&mut self, profile: &CpuProfile) {
        self.finished += 1;
        self.asked += profile.asked;
        self.expected += profile.expected;
        self.deliverable += profile.deliverable;
        self.kept += profile.kept;
        self.lost += profile.lost;
    }

    /// Whether enough has been kept.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.kept * 100 < self.deliverable * 95 {
            return Err(format!("less than 95 % of the samples were kept: {self}"));
        }
        Ok(())
    }
}

impl fmt::Display for Captures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} captures finished with {} samples of {} deliverable, {} expected, {} asked, {} without room; {} given up; \
             {} heap profiles",
            self.finished,
            self.kept,
            self.deliverable,
            self.expected,
            self.asked,
            self.lost,
            self.given_up,
            self.heap_profiles,
        )
    }
}
