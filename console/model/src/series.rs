//! Bounded history of one variable.
//!
//! A series knows the difference between "nothing changed", "we could not look" (a gap) and "it started again" (a
//! reset): lines are not drawn and rates are not taken across the latter two.

use std::collections::VecDeque;
use std::ops::{Bound, RangeBounds};
use std::time::Duration;

use crate::At;

/// The newest entries of one variable's history, oldest first; what exceeds the capacity is forgotten.
///
/// An entry takes 12 bytes; room is taken as needed. Times are kept in tenths of a millisecond.
#[derive(Clone, Debug)]
pub struct Series {
    capacity: usize,
    /// What the times are counted from, in ticks.
    base: u64,
    /// Ticks since `base`.
    times: VecDeque<u32>,
    values: VecDeque<u64>,
}

/// One entry of a series.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Entry {
    /// The variable had this value.
    Sample {
        /// When.
        at: At,
        /// The value; finite or infinite, never NaN.
        value: f64,
    },
    /// From here on the value is unknown, until the next sample.
    Gap {
        /// Since when.
        at: At,
    },
    /// The variable's owner started again.
    Reset {
        /// When that was noticed.
        at: At,
    },
}

/// A range of samples in five numbers.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Stats {
    /// How many samples.
    pub count: usize,
    /// The smallest.
    pub min: f64,
    /// The median (nearest rank).
    pub p50: f64,
    /// The 99th percentile (nearest rank).
    pub p99: f64,
    /// The largest.
    pub max: f64,
    /// The newest.
    pub last: f64,
}

impl Series {
    /// An empty series that keeps the newest `capacity` entries; at least two, so that there is a rate.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(2),
            base: 0,
            times: VecDeque::new(),
            values: VecDeque::new(),
        }
    }

    /// Adds a value. NaN is no value: it becomes a gap. Time never runs backwards: an earlier `at` counts as the newest.
    pub fn push(&mut self, at: At, value: f64) {
        if value.is_nan() {
            return self.gap(at);
        }
        self.append(at, value.to_bits());
    }

    /// Notes that the value is unknown from now on. A second gap in a row adds nothing.
    pub fn gap(&mut self, at: At) {
        if !self.in_gap() {
            self.append(at, GAP);
        }
    }

    /// Notes that the variable's owner started again: what comes is not comparable with what was.
    pub fn reset(&mut self, at: At) {
        self.append(at, RESET);
    }

    /// The entries within `range`, oldest first.
    pub fn iter(
        &self,
        range: impl RangeBounds<At>,
    ) -> impl DoubleEndedIterator<Item = Entry> + Clone {
        let start = match range.start_bound() {
            Bound::Included(at) => self.times.partition_point(|time| self.at(*time) < *at),
            Bound::Excluded(at) => self.times.partition_point(|time| self.at(*time) <= *at),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(at) => self.times.partition_point(|time| self.at(*time) <= *at),
            Bound::Excluded(at) => self.times.partition_point(|time| self.at(*time) < *at),
            Bound::Unbounded => self.times.len(),
        };
        let range = start.min(end)..end;
        let pairs = self
            .times
            .range(range.clone())
            .zip(self.values.range(range));
        pairs.map(|(time, bits)| unpack(self.at(*time), *bits))
    }

    /// The newest value known, however old it is; see [`Series::in_gap`].
    pub fn last(&self) -> Option<(At, f64)> {
        self.iter(..).rev().find_map(|entry| match entry {
            Entry::Sample { at, value } => Some((at, value)),
            Entry::Gap { .. } | Entry::Reset { .. } => None,
        })
    }

    /// Whether the value is unknown at present.
    pub fn in_gap(&self) -> bool {
        self.values.back() == Some(&GAP)
    }

    /// Growth per second between the two newest samples, for counters. `None` when there is nothing to compare: a gap
    /// or a reset lies between them, no time passed, or the value fell, which for a counter is a reset.
    pub fn rate(&self) -> Option<f64> {
        let mut newest = self.iter(..).rev();
        let last = newest.next()?;
        growth(newest.next()?, last)
    }

    /// The same, between the two newest samples until then.
    pub fn rate_until(&self, until: At) -> Option<f64> {
        let mut newest = self.iter(..=until).rev();
        let last = newest.next()?;
        growth(newest.next()?, last)
    }

    /// The newest entry until then.
    pub fn entry_until(&self, until: At) -> Option<Entry> {
        self.iter(..=until).next_back()
    }

    /// The series of rates, each at the time of its later sample. Where there is no rate, the entry is a gap or a reset.
    pub fn rates(&self, range: impl RangeBounds<At>) -> impl Iterator<Item = Entry> {
        let earlier = self.iter(..).map(Some);
        let pairs = std::iter::once(None).chain(earlier).zip(self.iter(..));
        pairs
            .filter_map(|(before, now)| rate_entry(before, now))
            .filter(move |entry| range.contains(&entry.at()))
    }

    /// The samples within `range` in numbers; `None` when there are none.
    pub fn stats(&self, range: impl RangeBounds<At>) -> Option<Stats> {
        Stats::of(self.iter(range))
    }

    /// How many entries there are: samples, gaps and resets.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether nothing was ever noted.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    fn append(&mut self, at: At, bits: u64) {
        if self.times.len() == self.capacity {
            self.times.pop_front();
            self.values.pop_front();
        } else if self.times.len() == self.times.capacity() {
            // In few steps: what thousands of series leave behind when they move is too small for the next of them.
            let room = match self.times.len() {
                0..4 => 4,
                4..64 => 60,
                _ => 1_024,
            };
            let room = room.min(self.capacity - self.times.len());
            self.times.reserve_exact(room);
            self.values.reserve_exact(room);
        }
        let time = self.tick(at);
        let newest = self.times.back().copied().unwrap_or(0);
        self.times.push_back(time.max(newest));
        self.values.push_back(bits);
    }

    /// The time of an entry.
    fn at(&self, time: u32) -> At {
        Duration::from_micros((self.base + u64::from(time)) * TICK)
    }

    /// `at` in ticks since the base, which is moved when they no longer fit; what is then too old is forgotten.
    fn tick(&mut self, at: At) -> u32 {
        let ticks = at.as_micros() as u64 / TICK;
        if self.times.is_empty() {
            self.base = ticks;
        }
        let since = ticks.saturating_sub(self.base);
        if let Ok(time) = u32::try_from(since) {
            return time;
        }
        let moved = since - u64::from(u32::MAX / 2);
        let old = self.times.partition_point(|time| u64::from(*time) < moved);
        self.times.drain(..old);
        self.values.drain(..old);
        // What is left is at least as new as what the base moves by, which therefore fits.
        let by = u32::try_from(moved).unwrap_or(u32::MAX);
        self.times.iter_mut().for_each(|time| *time -= by);
        self.base += moved;
        u32::MAX / 2
    }
}

impl Entry {
    /// When.
    pub fn at(&self) -> At {
        match *self {
            Self::Sample { at, .. } | Self::Gap { at } | Self::Reset { at } => at,
        }
    }

    /// The value, if this is a sample.
    pub fn value(&self) -> Option<f64> {
        match *self {
            Self::Sample { value, .. } => Some(value),
            Self::Gap { .. } | Self::Reset { .. } => None,
        }
    }
}

impl Stats {
    /// The samples among `entries` in numbers; `None` when there are none.
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Option<Self> {
        let mut values: Vec<f64> = entries
            .into_iter()
            .filter_map(|entry| entry.value())
            .collect();
        let last = *values.last()?;
        values.sort_by(f64::total_cmp);
        let rank = |percent: usize| values[(values.len() * percent).div_ceil(100).max(1) - 1];
        Some(Self {
            count: values.len(),
            min: values[0],
            p50: rank(50),
            p99: rank(99),
            max: values[values.len() - 1],
            last,
        })
    }
}

/// Microseconds of one tick: 32 bits of them are five days.
const TICK: u64 = 100;
/// Gap and reset are NaNs that no value can be.
const GAP: u64 = 0x7ff8_0000_0000_0001;
const RESET: u64 = 0x7ff8_0000_0000_0002;

fn unpack(at: At, bits: u64) -> Entry {
    match bits {
        GAP => Entry::Gap { at },
        RESET => Entry::Reset { at },
        bits => Entry::Sample {
            at,
            value: f64::from_bits(bits),
        },
    }
}

fn growth(before: Entry, now: Entry) -> Option<f64> {
    let seconds = now.at().saturating_sub(before.at()).as_secs_f64();
    let grown = now.value()? - before.value()?;
    (seconds > 0.0 && grown >= 0.0).then(|| grown / seconds)
}

fn rate_entry(before: Option<Entry>, now: Entry) -> Option<Entry> {
    let before = before?;
    match (growth(before, now), now) {
        (Some(value), Entry::Sample { at, .. }) => Some(Entry::Sample { at, value }),
        (None, Entry::Sample { at, .. }) if before.value().is_some() => Some(Entry::Reset { at }),
        (_, Entry::Sample { .. }) => None,
        (_, other) => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> At {
        Duration::from_secs(seconds)
    }

    fn series(capacity: usize, values: &[f64]) -> Series {
        let mut series = Series::new(capacity);
        for (second, value) in values.iter().enumerate() {
            series.push(s(second as u64), *value);
        }
        series
    }

    #[test]
    fn keeps_the_newest_and_no_more() {
        let mut long = series(100, &(0..1_000).map(f64::from).collect::<Vec<_>>());
        assert_eq!(long.len(), 100);
        assert!(long.times.capacity() <= 128, "{}", long.times.capacity());
        assert_eq!(
            long.iter(..).next(),
            Some(Entry::Sample {
                at: s(900),
                value: 900.0
            })
        );
        long.gap(s(1_000));
        assert_eq!(long.len(), 100);
        assert_eq!(long.last(), Some((s(999), 999.0)));
    }

    #[test]
    fn ranges_are_cut_by_time() {
        let series = series(10, &[0.0, 1.0, 2.0, 3.0, 4.0]);
        let values = |range: (Bound<At>, Bound<At>)| {
            series
                .iter(range)
                .filter_map(|e| e.value())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            values((Bound::Included(s(1)), Bound::Excluded(s(3)))),
            [1.0, 2.0]
        );
        assert_eq!(
            values((Bound::Excluded(s(1)), Bound::Included(s(3)))),
            [2.0, 3.0]
        );
        assert_eq!(values((Bound::Included(s(9)), Bound::Unbounded)), [0.0; 0]);
        assert_eq!(
            values((Bound::Included(s(3)), Bound::Excluded(s(1)))),
            [0.0; 0]
        );
    }

    #[test]
    fn rate_is_growth_per_second() {
        let mut requests = Series::new(10);
        assert_eq!(requests.rate(), None);
        requests.push(s(1), 10.0);
        assert_eq!(requests.rate(), None);
        requests.push(s(3), 30.0);
        assert_eq!(requests.rate(), Some(10.0));
        requests.push(s(3), 40.0);
        assert_eq!(requests.rate(), None, "no time passed");
    }

    #[test]
    fn no_rate_across_gap_reset_or_fall() {
        for interrupt in [Series::gap, Series::reset] {
            let mut series = series(10, &[10.0, 20.0]);
            interrupt(&mut series, s(2));
            assert_eq!(series.rate(), None);
            series.push(s(3), 25.0);
            assert_eq!(series.rate(), None);
            series.push(s(4), 26.0);
            assert_eq!(series.rate(), Some(1.0));
        }
        assert_eq!(series(10, &[10.0, 3.0]).rate(), None);
    }

    #[test]
    fn rates_show_where_there_is_none() {
        let mut series = series(10, &[0.0, 5.0, 1.0]);
        series.gap(s(3));
        series.gap(s(4));
        series.push(s(5), 2.0);
        series.push(s(6), 4.0);
        let rates: Vec<Entry> = series.rates(..).collect();
        assert_eq!(
            rates,
            [
                Entry::Sample {
                    at: s(1),
                    value: 5.0
                },
                Entry::Reset { at: s(2) },
                Entry::Gap { at: s(3) },
                Entry::Sample {
                    at: s(6),
                    value: 2.0
                },
            ]
        );
        assert_eq!(series.rates(s(6)..).count(), 1);
    }

    #[test]
    fn stats_are_nearest_rank() {
        let series = series(200, &(1..=100).map(f64::from).collect::<Vec<_>>());
        let stats = series.stats(..).expect("there are samples");
        assert_eq!(
            (
                stats.count,
                stats.min,
                stats.p50,
                stats.p99,
                stats.max,
                stats.last
            ),
            (100, 1.0, 50.0, 99.0, 100.0, 100.0)
        );
        assert_eq!(series.stats(s(500)..), None);
        assert_eq!(series.stats(..s(1)).map(|stats| stats.p99), Some(1.0));
    }

    #[test]
    fn time_goes_on_for_weeks() {
        let mut series = Series::new(1_000);
        for hour in 0..700 {
            series.push(s(hour * 3_600), hour as f64);
        }
        assert_eq!(series.last(), Some((s(699 * 3_600), 699.0)));
        let hours: Vec<f64> = series.iter(..).filter_map(|entry| entry.value()).collect();
        assert!(hours.len() > 24 && hours.is_sorted(), "{}", hours.len());
        assert!(
            series
                .iter(..)
                .all(|entry| entry.value() == Some(entry.at().as_secs() as f64 / 3_600.0))
        );
        // A very long silence leaves nothing to compare with.
        series.push(s(100_000_000), 7.0);
        assert_eq!(
            (series.len(), series.last()),
            (1, Some((s(100_000_000), 7.0)))
        );
    }

    #[test]
    fn nan_is_a_gap_and_time_does_not_run_backwards() {
        let mut series = series(10, &[1.0]);
        series.push(s(5), f64::NAN);
        assert!(series.in_gap());
        series.push(s(4), f64::INFINITY);
        assert_eq!(series.last(), Some((s(5), f64::INFINITY)));
        assert_eq!(series.rate(), None);
    }
}
