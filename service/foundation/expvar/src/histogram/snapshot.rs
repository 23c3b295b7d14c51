use super::buckets;

/// What a [`Histogram`](crate::Histogram) held at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// How many values were recorded.
    pub count: u64,
    /// Their sum, modulo 2⁶⁴.
    pub sum: u64,
    /// The smallest; 0 if there is none.
    pub min: u64,
    /// The largest; 0 if there is none.
    pub max: u64,
    /// Index and count of the buckets that are not empty, by index.
    buckets: Vec<(u16, u64)>,
}

impl Snapshot {
    pub(super) fn new(buckets: Vec<(u16, u64)>, sum: u64, min: u64, max: u64) -> Self {
        let count = buckets.iter().map(|&(_, count)| count).sum();
        Self {
            count,
            sum,
            min,
            max,
            buckets,
        }
    }

    /// The value that a share `q` of the values does not exceed (0.5 is the median, 0.99 the 99th
    /// percentile), within 1/64 of the truth; 0 if there is none.
    ///
    /// `q` is clamped to 0..=1; 0 is the exact minimum, 1 the exact maximum.
    pub fn quantile(&self, q: f64) -> u64 {
        let [value] = self.quantiles([q]);
        value
    }

    /// The same for several shares, which rise, in one go.
    pub fn quantiles<const N: usize>(&self, qs: [f64; N]) -> [u64; N] {
        let mut rest = self.buckets.iter();
        let (mut index, mut seen) = (0, 0);
        qs.map(|q| {
            let rank = self.rank(q);
            if rank >= self.count {
                return self.max;
            }
            while seen < rank
                && let Some(bucket) = rest.next()
            {
                index = bucket.0;
                seen += bucket.1;
            }
            self.middle(index, rank)
        })
    }

    /// The mean, or 0 if there are no values.
    pub fn mean(&self) -> f64 {
        if self.count == 0 {
            0.0
        } else {
            self.sum as f64 / self.count as f64
        }
    }

    /// What was recorded after `earlier`, a snapshot of the same histogram: the way to quantiles of
    /// the last seconds. `min` and `max` are then those of the buckets, hence within 1/32.
    pub fn since(&self, earlier: &Snapshot) -> Snapshot {
        let before = |index| {
            let found = earlier
                .buckets
                .binary_search_by_key(&index, |&(index, _)| index);
            found.map_or(0, |at| earlier.buckets[at].1)
        };
        let buckets: Vec<_> = self
            .buckets
            .iter()
            .map(|&(index, count)| (index, count.saturating_sub(before(index))))
            .filter(|&(_, count)| count > 0)
            .collect();
        let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else {
            return Snapshot::default();
        };
        let min = self.min.max(*buckets::range(first.0).start());
        let max = self.max.min(*buckets::range(last.0).end());
        Snapshot::new(buckets, self.sum.wrapping_sub(earlier.sum), min, max)
    }

    /// The values up to each bucket's upper bound, which is inclusive: `(bound, how many)`, rising.
    /// Empty buckets are left out.
    pub fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        self.buckets.iter().scan(0, |seen, &(index, count)| {
            *seen += count;
            Some((*buckets::range(index).end(), *seen))
        })
    }

    /// How many values were at most each of `bounds`, which rise: for histograms whose bounds somebody else chooses.
    ///
    /// A value counts as the lowest of its bucket, hence one that exceeds a bound by less than 1/32 may be counted
    /// below it; none that does not exceed it is left out.
    pub fn up_to(&self, bounds: impl IntoIterator<Item = u64>) -> impl Iterator<Item = u64> {
        let (mut rest, mut seen) = (self.buckets.as_slice(), 0);
        bounds.into_iter().map(move |bound| {
            while let [(index, count), later @ ..] = rest
                && *buckets::range(*index).start() <= bound
            {
                seen += count;
                rest = later;
            }
            seen
        })
    }

    /// Which value, counted from 1 in rising order, is the quantile (nearest rank).
    fn rank(&self, q: f64) -> u64 {
        // Rounding must not make 0.07 × 100 = 7.000000000000001 the eighth.
        let exact = q.clamp(0.0, 1.0) * self.count as f64;
        ((exact * (1.0 - 2.0 * f64::EPSILON)).ceil() as u64).max(1)
    }

    /// The middle of a bucket, but never outside of what occurred.
    fn middle(&self, index: u16, rank: u64) -> u64 {
        if rank == 1 {
            return self.min;
        }
        let range = buckets::range(index);
        let middle = range.start() + (range.end() - range.start()) / 2;
        middle.clamp(self.min, self.max)
    }
}
