//! How long polls take.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::{Builder, HistogramConfiguration, LogHistogram, RuntimeMetrics};

/// A poll that takes longer blocks its worker; how much longer hardly matters then.
const LONGEST: Duration = Duration::from_mins(1);
const SHORTEST: Duration = Duration::from_nanos(500);
/// Buckets per power of two are 2 to the power of this: a bound is off by a quarter at most.
const PRECISION: u32 = 2;

pub(super) fn measure(builder: &mut Builder) {
    let buckets = LogHistogram::builder()
        .min_value(SHORTEST)
        .max_value(LONGEST)
        .precision_exact(PRECISION)
        .build();
    builder
        .enable_metrics_poll_time_histogram()
        .metrics_poll_time_histogram_configuration(HistogramConfiguration::log(buckets));
}

/// How many polls fell in each bucket, on all workers together; nothing if they are not measured.
pub(super) fn counts(metrics: &RuntimeMetrics) -> Vec<u64> {
    if !metrics.poll_time_histogram_enabled() {
        return Vec::new();
    }
    let workers = metrics.num_workers();
    let count = |bucket| {
        (0..workers)
            .map(|worker| metrics.poll_time_histogram_bucket_count(worker, bucket))
            .sum()
    };
    (0..metrics.poll_time_histogram_num_buckets())
        .map(count)
        .collect()
}

/// What was counted from one reading to the next.
pub(super) fn since(now: &[u64], before: &[u64]) -> Vec<u64> {
    let before = before.iter().copied().chain(std::iter::repeat(0));
    now.iter()
        .zip(before)
        .map(|(now, before)| now.saturating_sub(before))
        .collect()
}

/// Count and quantiles, each the upper bound of its bucket: the truth is below by a quarter at most. `buckets` are the
/// counts of polls that took less than so many nanoseconds and not less than the bound before, the empty ones left out.
pub(super) fn describe(metrics: &RuntimeMetrics, counts: &[u64]) -> Value {
    let bound = |bucket| {
        let end = metrics.poll_time_histogram_bucket_range(bucket).end;
        // The last bucket has no end.
        end.min(LONGEST).as_nanos() as u64
    };
    summary(counts, bound)
}

fn summary(counts: &[u64], bound: impl Fn(usize) -> u64) -> Value {
    let total: u64 = counts.iter().sum();
    let quantile = |share: f64| {
        let rank = ((total as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        let bucket = counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        bucket.map_or(0, &bound)
    };
    let filled = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    let buckets: Vec<_> = filled
        .map(|(bucket, count)| [bound(bucket), *count])
        .collect();
    json!({
        "count": total,
        "p50": quantile(0.5),
        "p90": quantile(0.9),
        "p99": quantile(0.99),
        "p999": quantile(0.999),
        "max": quantile(1.0),
        "buckets": buckets,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_bounds_of_buckets() {
        let bounds = [10, 20, 40, 80];
        let counts = [50, 0, 49, 1];
        let described = summary(&counts, |bucket| bounds[bucket]);
        let expected = json!({
            "count": 100, "p50": 10, "p90": 40, "p99": 40, "p999": 80, "max": 80,
            "buckets": [[10, 50], [40, 49], [80, 1]],
        });
        assert_eq!(described, expected);
        let nothing = summary(&[0; 4], |bucket| bounds[bucket]);
        assert_eq!(nothing["max"], 0);
        assert_eq!(nothing["buckets"], json!([]));
    }

    #[test]
    fn a_window_counts_what_came_in_it() {
        assert_eq!(since(&[5, 7], &[2, 7]), [3, 0]);
        assert_eq!(since(&[5, 7], &[]), [5, 7], "the first reading");
    }
}
