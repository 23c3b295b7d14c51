mod buckets;
mod recent;
mod snapshot;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use buckets::Buckets;
pub use recent::Recent;
pub use snapshot::Snapshot;

use crate::read::Number;
use crate::{Counter, json};

/// How values are distributed, with quantiles, over the whole life of the histogram.
///
/// Values fall in log-linear buckets: below 32 each value has its own, above it each power of two
/// is cut into 32. A quantile is therefore off by at most 1/64 (1.6 %) of its value; `count`,
/// `sum`, `min` and `max` are exact. Recording takes no lock. Memory grows with the powers of two
/// that occur, up to 16 KiB. Clones share the same values.
///
/// In the document: `{"count", "max", "mean", "min", "p50", "p90", "p99", "p999", "sum"}`, all 0
/// while nothing was recorded.
///
/// ```
/// let sizes = expvar::Registry::new().histogram("size_bytes")?;
/// (1..=1000).for_each(|size| sizes.record(size));
/// let seen = sizes.snapshot();
/// assert_eq!((seen.count, seen.min, seen.max), (1000, 1, 1000));
/// assert!(seen.quantile(0.5).abs_diff(500) <= 500 / 64);
/// # Ok::<(), expvar::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    core: Arc<Core>,
}

#[derive(Debug)]
struct Core {
    buckets: Buckets,
    sum: Counter,
    min: AtomicU64,
    max: AtomicU64,
}

impl Histogram {
    /// Records one value.
    pub fn record(&self, value: u64) {
        let core = &self.core;
        // Extremes are rare: reading them first leaves their cache line shared between threads.
        if value < core.min.load(Ordering::Relaxed) {
            core.min.fetch_min(value, Ordering::Relaxed);
        }
        if value > core.max.load(Ordering::Relaxed) {
            core.max.fetch_max(value, Ordering::Relaxed);
        }
        core.sum.add(value);
        // Last: whoever sees this value counted sees its extremes and its sum as well.
        core.buckets.increment(value);
    }

    /// Records a duration in nanoseconds. (One that exceeds `u64`, 584 years, counts as that.)
    pub fn record_duration(&self, duration: Duration) {
        self.record(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    /// What was recorded so far. Values recorded meanwhile may be in the sum and not yet counted.
    pub fn snapshot(&self) -> Snapshot {
        let buckets = self.core.buckets.read();
        if buckets.is_empty() {
            return Snapshot::default();
        }
        let sum = self.core.sum.value();
        let min = self.core.min.load(Ordering::Relaxed);
        let max = self.core.max.load(Ordering::Relaxed);
        Snapshot::new(buckets, sum, min, max)
    }

    pub(crate) fn write_json(&self, out: &mut String) {
        let seen = self.snapshot();
        let [p50, p90, p99, p999] = seen.quantiles([0.5, 0.9, 0.99, 0.999]);
        let members = [
            ("count", Number::U64(seen.count)),
            ("max", Number::U64(seen.max)),
            ("mean", Number::F64(seen.mean())),
            ("min", Number::U64(seen.min)),
            ("p50", Number::U64(p50)),
            ("p90", Number::U64(p90)),
            ("p99", Number::U64(p99)),
            ("p999", Number::U64(p999)),
            ("sum", Number::U64(seen.sum)),
        ];
        json::object(out, members, json::display);
    }
}

impl Default for Core {
    fn default() -> Self {
        Self {
            buckets: Buckets::default(),
            sum: Counter::default(),
            min: AtomicU64::new(u64::MAX),
            max: AtomicU64::new(0),
        }
    }
}
