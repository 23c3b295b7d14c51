use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Histogram, Snapshot};

/// How many snapshots a window is made of: the most it can be off, as a part of the window.
const STEPS: u32 = 10;

/// The last seconds of a [`Histogram`], whose own quantiles cover its whole life and hardly move after a day.
///
/// It has no task and no timer: who reads it leaves a snapshot behind, and later readings count from the oldest one
/// within the window. So the first reading after a long silence covers that silence; `window` says what is covered.
///
/// ```
/// use std::time::{Duration, Instant};
/// let latency = expvar::Registry::new().histogram("latency_ns")?;
/// let recent = expvar::Recent::new(latency.clone(), Duration::from_secs(10), Instant::now());
/// latency.record_duration(Duration::from_millis(2));
/// assert_eq!(recent.read(Instant::now()).1.count, 1);
/// # Ok::<(), expvar::Error>(())
/// ```
#[derive(Debug)]
pub struct Recent {
    histogram: Histogram,
    window: Duration,
    /// From the oldest to the newest, never empty.
    past: Mutex<VecDeque<(Instant, Snapshot)>>,
}

impl Recent {
    /// Readings cover about `window`, once there have been readings for that long; until then, what came after `now`.
    pub fn new(histogram: Histogram, window: Duration, now: Instant) -> Self {
        let past = VecDeque::from([(now, histogram.snapshot())]);
        Self {
            histogram,
            window,
            past: Mutex::new(past),
        }
    }

    /// How long the reading covers, and what was recorded in that time.
    pub fn read(&self, now: Instant) -> (Duration, Snapshot) {
        let current = self.histogram.snapshot();
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        // A snapshot outside the window serves only while there is none within it.
        while past.len() > 1 && age(now, &past[0]) > self.window {
            past.pop_front();
        }
        let read = past.front().map_or_else(Default::default, |first| {
            (age(now, first), current.since(&first.1))
        });
        if past
            .back()
            .is_none_or(|last| age(now, last) >= self.window / STEPS)
        {
            past.push_back((now, current));
        }
        read
    }

    /// The reading as a variable: `{"count", "max", "p50", "p90", "p99", "window"}`, with `window` in nanoseconds.
    pub fn to_json(&self, now: Instant) -> Value {
        let (window, seen) = self.read(now);
        let [p50, p90, p99] = seen.quantiles([0.5, 0.9, 0.99]);
        json!({
            "count": seen.count,
            "max": seen.max,
            "p50": p50,
            "p90": p90,
            "p99": p99,
            "window": u64::try_from(window.as_nanos()).unwrap_or(u64::MAX),
        })
    }
}

fn age(now: Instant, entry: &(Instant, Snapshot)) -> Duration {
    now.saturating_duration_since(entry.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn readings_forget_what_is_older_than_the_window() {
        let (histogram, start) = (Histogram::default(), Instant::now());
        let recent = Recent::new(histogram.clone(), 10 * SECOND, start);
        histogram.record(1_000_000);
        for second in 1..=10 {
            assert_eq!(recent.read(start + second * SECOND).1.count, 1);
        }
        histogram.record(7);
        let (window, seen) = recent.read(start + 11 * SECOND);
        assert_eq!((window, seen.count, seen.max), (10 * SECOND, 1, 7));
    }

    #[test]
    fn after_a_silence_the_window_starts_anew() {
        let (histogram, start) = (Histogram::default(), Instant::now());
        let recent = Recent::new(histogram.clone(), 10 * SECOND, start);
        histogram.record(5);
        assert_eq!(
            recent.read(start + 3600 * SECOND),
            (3600 * SECOND, histogram.snapshot())
        );
        let (window, seen) = recent.read(start + 3601 * SECOND);
        assert_eq!((window, seen.count), (SECOND, 0));
    }

    #[test]
    fn many_readers_keep_a_bounded_number_of_snapshots() {
        let (histogram, start) = (Histogram::default(), Instant::now());
        let recent = Recent::new(histogram, 10 * SECOND, start);
        for millisecond in 0..100_000 {
            recent.read(start + Duration::from_millis(millisecond));
        }
        let kept = recent.past.lock().expect("no reader panicked").len();
        assert!(kept <= STEPS as usize + 1, "{kept} snapshots");
    }
}
