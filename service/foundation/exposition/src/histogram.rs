use std::collections::HashMap;

use crate::{Family, Sample};

/// One bucket of a histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// The upper bound, inclusive; +∞ for the last.
    pub le: f64,
    /// How many values do not exceed it. (A float: it may also be a rate.)
    pub count: f64,
}

/// The buckets of one series of a histogram family.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// The labels of the series, without `le`, sorted by name.
    pub labels: Vec<(String, String)>,
    /// The buckets, sorted by bound.
    pub buckets: Vec<Bucket>,
}

impl Distribution {
    /// [`quantile`] of these buckets.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        quantile(q, &self.buckets)
    }
}

impl Family {
    /// The series of a histogram, one for each set of labels, in the order of their first sample.
    /// Buckets without a readable bound are left out.
    pub fn distributions(&self) -> Vec<Distribution> {
        let mut all: Vec<Distribution> = Vec::new();
        let mut by_labels = HashMap::new();
        for sample in &self.samples {
            let Some(le) = bound(sample) else { continue };
            let labels = labels_without_bound(sample);
            let at = *by_labels.entry(labels).or_insert_with_key(|labels| {
                all.push(Distribution {
                    labels: labels.clone(),
                    buckets: vec![],
                });
                all.len() - 1
            });
            all[at].buckets.push(Bucket {
                le,
                count: sample.value,
            });
        }
        for series in &mut all {
            series.buckets.sort_by(|a, b| a.le.total_cmp(&b.le));
        }
        all
    }
}

fn bound(sample: &Sample) -> Option<f64> {
    let le: f64 = sample.label("le")?.parse().ok()?;
    (sample.name.ends_with("_bucket") && !le.is_nan()).then_some(le)
}

fn labels_without_bound(sample: &Sample) -> Vec<(String, String)> {
    let mut labels: Vec<_> = sample
        .labels
        .iter()
        .filter(|(name, _)| name != "le")
        .cloned()
        .collect();
    labels.sort();
    labels
}

/// The value that a share `q` of the values does not exceed, estimated as Prometheus'
/// `histogram_quantile` does: values are taken to be spread evenly over a bucket, and those of the
/// last one, which has no upper bound, to lie at its lower bound.
///
/// `None` if it cannot be told: `q` is not within 0..=1, there are no values, there is no bucket
/// for +∞, or no other one. The buckets may be in any order; counts that fall (scraped while they
/// were written) are raised to the one before.
///
/// ```
/// use exposition::{Bucket, quantile};
///
/// let bucket = |le, count| Bucket { le, count };
/// let buckets = [bucket(0.1, 50.0), bucket(0.5, 90.0), bucket(f64::INFINITY, 100.0)];
/// assert_eq!(quantile(0.5, &buckets), Some(0.1));
/// assert_eq!(quantile(0.6, &buckets), Some(0.2));
/// assert_eq!(quantile(0.99, &buckets), Some(0.5));
/// ```
pub fn quantile(q: f64, buckets: &[Bucket]) -> Option<f64> {
    let buckets = monotonic(buckets);
    let (last, finite) = buckets.split_last()?;
    let usable = last.le == f64::INFINITY && !finite.is_empty() && last.count > 0.0;
    if !usable || !(0.0..=1.0).contains(&q) {
        return None;
    }
    let rank = q * last.count;
    let at = finite.partition_point(|bucket| bucket.count < rank);
    let Some(bucket) = finite.get(at) else {
        return finite.last().map(|bucket| bucket.le);
    };
    let below = match at.checked_sub(1) {
        Some(before) => finite[before],
        // The first bucket starts at 0, unless it is for negative values: then nobody knows.
        None if bucket.le <= 0.0 => return Some(bucket.le),
        None => Bucket {
            le: 0.0,
            count: 0.0,
        },
    };
    let share = (rank - below.count) / (bucket.count - below.count);
    // An empty first bucket at q = 0 is 0/0.
    let share = if share.is_nan() { 0.0 } else { share };
    Some(below.le + (bucket.le - below.le) * share)
}

/// The buckets by rising bound, those of the same bound added up, with counts that never fall.
fn monotonic(buckets: &[Bucket]) -> Vec<Bucket> {
    let mut sorted: Vec<Bucket> = buckets
        .iter()
        .copied()
        .filter(|bucket| !bucket.le.is_nan() && !bucket.count.is_nan())
        .collect();
    sorted.sort_by(|a, b| a.le.total_cmp(&b.le));
    sorted.dedup_by(|later, kept| {
        // They are sorted, so not above means equal.
        let same = later.le <= kept.le;
        kept.count += if same { later.count } else { 0.0 };
        same
    });
    let mut most = 0.0f64;
    for bucket in &mut sorted {
        most = most.max(bucket.count);
        bucket.count = most;
    }
    sorted
}
