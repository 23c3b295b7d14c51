//! Latencies: how long something took, many times.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// A collection of durations, exact to three digits. Clones collect into the same one.
#[derive(Clone)]
pub struct Latency {
    taken: Arc<Mutex<Taken>>,
    live: Option<expvar::Histogram>,
}

struct Taken {
    histogram: Histogram<u64>,
    sum: Duration,
}

impl Latency {
    pub(crate) fn new(live: Option<expvar::Histogram>) -> Self {
        // Grows by itself, so nothing is cut off.
        let histogram = Histogram::new(3).expect("three digits are possible");
        Self {
            taken: Arc::new(Mutex::new(Taken {
                histogram,
                sum: Duration::ZERO,
            })),
            live,
        }
    }

    /// Adds a duration.
    pub fn record(&self, duration: Duration) {
        if let Some(live) = &self.live {
            live.record_duration(duration);
        }
        let mut taken = self.taken();
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        // It grows as needed; only memory could be short, and then there is nobody to tell.
        let _recorded = taken.histogram.record(nanos);
        taken.sum += duration;
    }

    /// Awaits a future and adds how long that took.
    pub async fn time<F: Future>(&self, future: F) -> F::Output {
        let began = Instant::now();
        let output = future.await;
        self.record(began.elapsed());
        output
    }

    /// The duration, in nanoseconds, that a share `q` (0 to 1) of all do not exceed; 0 if there are none.
    pub fn quantile(&self, q: f64) -> u64 {
        self.taken().histogram.value_at_quantile(q)
    }

    /// The longest, in nanoseconds, rounded up to three digits.
    pub fn max(&self) -> u64 {
        self.taken().histogram.max()
    }

    /// How many were added.
    pub fn count(&self) -> u64 {
        self.taken().histogram.len()
    }

    /// All of them together.
    pub fn sum(&self) -> Duration {
        self.taken().sum
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_what_was_added() {
        let latency = Latency::new(None);
        assert_eq!((latency.quantile(0.5), latency.count()), (0, 0));
        for millis in 1..=100 {
            latency.clone().record(Duration::from_millis(millis));
        }
        let near = |value: u64, expected: u64| value.abs_diff(expected) * 1000 <= expected;
        assert!(
            near(latency.quantile(0.5), 50_000_000),
            "{}",
            latency.quantile(0.5)
        );
        assert!(near(latency.max(), 100_000_000), "{}", latency.max());
        assert_eq!(latency.sum(), Duration::from_millis(5050));
    }

    #[test]
    fn what_is_live_is_the_same() {
        let live = expvar::Registry::new().histogram("send_ns").expect("free");
        Latency::new(Some(live.clone())).record(Duration::from_micros(7));
        assert_eq!((live.snapshot().count, live.snapshot().max), (1, 7_000));
    }
}
