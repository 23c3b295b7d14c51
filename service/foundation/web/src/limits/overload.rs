//! Whether a queue is of any use: the part of a [`Gate`](super::gate::Gate) that decides, on times alone.

use std::time::Duration;

use tokio::time::Instant;

/// How much the newest gap weighs in the mean.
const WEIGHT: f64 = 0.1;

/// Watches how long those wait who get in, interval by interval.
#[derive(Debug)]
pub(crate) struct Overload {
    target: Duration,
    interval: Duration,
    is_on: bool,
    /// When the present interval ends.
    end: Instant,
    /// In the present interval: the shortest wait of those who got in, and whether somebody had to be refused.
    shortest: Option<Duration>,
    has_shed: bool,
    /// When the last one left while others waited, and the mean time between two.
    left: Option<Instant>,
    gap: Duration,
}

impl Overload {
    pub(crate) fn new(target: Duration, interval: Duration, now: Instant) -> Self {
        Self {
            target,
            interval,
            is_on: false,
            end: now + interval,
            shortest: None,
            has_shed: false,
            left: None,
            gap: Duration::ZERO,
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Somebody got in without waiting. Takes no time, because it is what usually happens.
    pub(crate) fn quick(&mut self) {
        self.shortest = Some(Duration::ZERO);
        self.left = None;
    }

    /// Somebody got in after so long.
    pub(crate) fn waited(&mut self, wait: Duration) {
        self.shortest = Some(self.shortest.map_or(wait, |shortest| shortest.min(wait)));
    }

    /// Somebody waited for too long.
    pub(crate) fn shed(&mut self) {
        self.has_shed = true;
    }

    /// Somebody left while others waited.
    pub(crate) fn left(&mut self, now: Instant) {
        if let Some(before) = self.left.replace(now) {
            self.gap = if self.gap.is_zero() {
                now - before
            } else {
                self.gap.mul_f64(1.0 - WEIGHT) + (now - before).mul_f64(WEIGHT)
            };
        }
    }

    /// How long one waits, as fast as it goes at present, with so many ahead.
    pub(crate) fn expected_wait(&self, ahead: usize) -> Duration {
        self.gap.saturating_mul(ahead as u32 + 1)
    }

    /// Judges the interval if it has ended. Without overload it begins when all who got in had to wait for longer than the
    /// target; it ends when nobody had to be refused.
    pub(crate) fn pass(&mut self, now: Instant) {
        if now < self.end {
            return;
        }
        // A whole interval in which nobody had to wait is a good one.
        let is_stale = now >= self.end + self.interval;
        self.is_on = !is_stale
            && if self.is_on {
                self.has_shed
            } else {
                self.shortest.is_some_and(|shortest| shortest > self.target)
            };
        self.end = now + self.interval;
        self.shortest = None;
        self.has_shed = false;
    }
}
