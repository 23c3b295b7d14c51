use std::ops::RangeInclusive;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Buckets per power of two, and the number of smallest values that have a bucket each.
const PER_GROUP: usize = 32;
/// log₂ of [`PER_GROUP`].
const BITS: u32 = PER_GROUP.ilog2();
/// Group 0 holds 0..32; group g the values from 2^(g+4) up to the next power of two.
const GROUPS: usize = (u64::BITS - BITS) as usize + 1;

/// The log-linear buckets of a histogram. A group is allocated when its first value arrives.
#[derive(Debug)]
pub(super) struct Buckets {
    groups: [OnceLock<Box<Group>>; GROUPS],
}

type Group = [AtomicU64; PER_GROUP];

impl Buckets {
    pub(super) fn increment(&self, value: u64) {
        let bucket = usize::from(index(value));
        let group = self.groups[bucket / PER_GROUP].get_or_init(Box::default);
        group[bucket % PER_GROUP].fetch_add(1, Ordering::Release);
    }

    /// The buckets that are not empty: index and count, by index.
    pub(super) fn read(&self) -> Vec<(u16, u64)> {
        let groups = self.groups.iter().zip((0u16..).step_by(PER_GROUP));
        let filled = groups.filter_map(|(group, first)| Some((group.get()?, first)));
        let mut found = Vec::with_capacity(PER_GROUP * filled.clone().count());
        for (group, first) in filled {
            for (count, index) in group.iter().zip(first..) {
                let count = count.load(Ordering::Acquire);
                if count > 0 {
                    found.push((index, count));
                }
            }
        }
        found
    }
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            groups: std::array::from_fn(|_| OnceLock::new()),
        }
    }
}

/// The bucket that `value` falls in.
pub(super) fn index(value: u64) -> u16 {
    if value < PER_GROUP as u64 {
        return value as u16;
    }
    let shift = value.ilog2() - BITS;
    // The leading bit and the five that follow it: 32..64.
    let leading = (value >> shift) as usize;
    ((shift as usize * PER_GROUP) + leading) as u16
}

/// The values that fall in a bucket.
pub(super) fn range(index: u16) -> RangeInclusive<u64> {
    let (group, offset) = (
        usize::from(index) / PER_GROUP,
        usize::from(index) % PER_GROUP,
    );
    if group == 0 {
        return offset as u64..=offset as u64;
    }
    let shift = group - 1;
    let first = ((PER_GROUP + offset) as u64) << shift;
    first..=first + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_every_value_once_and_in_order() {
        let mut next = 0u64;
        let last = (GROUPS * PER_GROUP - 1) as u16;
        for bucket in 0..=last {
            let range = range(bucket);
            assert_eq!(*range.start(), next, "bucket {bucket}");
            assert_eq!(index(*range.start()), bucket);
            assert_eq!(index(*range.end()), bucket);
            next = range.end().wrapping_add(1);
        }
        assert_eq!(next, 0, "the last bucket ends at u64::MAX");
    }

    #[test]
    fn no_bucket_is_wider_than_a_32nd_of_its_values() {
        for bucket in 0..(GROUPS * PER_GROUP) as u16 {
            let range = range(bucket);
            let width = range.end() - range.start();
            assert!(width <= range.start() / 32, "bucket {bucket}: {range:?}");
        }
    }
}
