//! The ring: the newest short CPU profiles of a target, each with its time, so that a range selected in a chart leads to
//! the profile of then.
//!
//! # Bounds
//! A ring keeps [`RingOptions::keep`] profiles at most, and all rings together [`MAX_BYTES`]: each has its share. What
//! profiles have in common is kept once.

mod absence;
mod known;
mod moving;
mod pool;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{At, Missed, Profile, RingNews, RingPace};

pub(crate) use absence::Absence;
use pool::{Kept, Pool};

/// How rings are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingOptions {
    /// Whether there is one from the start, of every target.
    pub on: bool,
    /// How profiles are taken.
    pub pace: RingPace,
    /// How many are kept of a target.
    pub keep: usize,
}

impl Default for RingOptions {
    /// Off. Five seconds each, at 50 Hz, fifteen minutes of them.
    fn default() -> Self {
        Self {
            on: false,
            pace: RingPace { seconds: 5, hz: 50 },
            keep: 180,
        }
    }
}

/// The most bytes that all rings together keep.
pub const MAX_BYTES: usize = 32 << 20;
/// The most targets that have a ring at a time.
pub const MAX_RINGS: usize = 16;
/// Remembered of when it was switched on and off.
const MAX_SWITCHES: usize = 64;

/// The profiles of one target.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ring {
    /// Whether it shall be on; nobody has said so far.
    pub(crate) wanted: Option<bool>,
    /// Whether scraping was told to keep it.
    pub(crate) asked: bool,
    /// How profiles are taken, while they are.
    pub(crate) pace: Option<RingPace>,
    pool: Pool,
    /// When it was switched on or off.
    switches: VecDeque<(At, bool)>,
    /// The time for which there is none, and why.
    misses: VecDeque<(At, At, Missed)>,
    /// When the newest profile that was dropped ended.
    dropped: Option<At>,
    pub(crate) counts: Counts,
}

/// What became of the profiles asked for.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// They were given up because somebody else took one, this console's user included.
    pub(crate) yielded: usize,
    /// Somebody else was there first.
    pub(crate) refused: usize,
    pub(crate) failed: usize,
    /// CPU time that the target needed for them, as far as it said so, and the time that those cover.
    cost: (Duration, Duration),
    /// Whether the target lets others in at once, as the newest of them said.
    pub(crate) gives_way: Option<bool>,
}

/// Profiles that follow one another, added up.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    pub(crate) profile: Arc<Profile>,
    /// How many.
    pub(crate) count: usize,
    /// When the last of them ended.
    pub(crate) until: At,
}

impl Ring {
    /// Takes in what happened. [`Self::shrink`] keeps it small.
    pub(crate) fn take(&mut self, at: At, news: &RingNews) {
        match news {
            RingNews::On(pace) => {
                if self.pace.is_none() {
                    self.switched(at, true);
                }
                self.pace = Some(*pace);
            }
            RingNews::Off => {
                self.pace = None;
                self.switched(at, false);
            }
            RingNews::Taken {
                since,
                profile,
                cost,
                gives_way,
            } => {
                self.counts.gives_way = Some(*gives_way);
                let length = Duration::from_nanos(profile.duration_nanos.max(0).unsigned_abs());
                if let Some(cost) = cost {
                    self.counts.cost.0 += *cost;
                    self.counts.cost.1 += length;
                }
                // A profile of no length covers the time until it was in.
                let until = if length.is_zero() {
                    at
                } else {
                    (*since + length).min(at)
                };
                let last = self.span().map(|(_, last)| last);
                if !self.pool.push(*since, until, profile) {
                    self.dropped = last;
                }
            }
            RingNews::Missed { since, why } => {
                match why {
                    Missed::Yielded(_) | Missed::StoodBack => self.counts.yielded += 1,
                    Missed::Refused(_) => self.counts.refused += 1,
                    Missed::Failed(_) => self.counts.failed += 1,
                }
                self.misses.push_back((*since, at, why.clone()));
            }
        }
    }

    fn switched(&mut self, at: At, on: bool) {
        self.switches.push_back((at, on));
        while self.switches.len() > MAX_SWITCHES {
            self.switches.pop_front();
        }
    }

    /// Drops the oldest profiles until at most `keep` are left, in at most `bytes`.
    pub(crate) fn shrink(&mut self, keep: usize, bytes: usize) {
        let over = self.pool.kept().len().saturating_sub(keep);
        self.drop_oldest(over);
        self.misses.drain(..self.misses.len().saturating_sub(keep));
        while self.pool.bytes() > bytes && !self.pool.kept().is_empty() {
            // By and by: what a profile takes shows when nothing else refers to what it referred to.
            self.drop_oldest(self.pool.kept().len().div_ceil(8));
            self.pool.give_up_unused();
        }
    }

    fn drop_oldest(&mut self, count: usize) {
        if let Some(last) = count.checked_sub(1).and_then(|at| self.pool.kept().get(at)) {
            self.dropped = Some(last.until);
            self.pool.drop_oldest(count);
        }
    }

    /// Whether nothing ever came of it.
    pub(crate) fn is_idle(&self) -> bool {
        self.switches.is_empty() && self.pool.kept().is_empty() && self.misses.is_empty()
    }

    /// How many profiles there are.
    pub(crate) fn len(&self) -> usize {
        self.pool.kept().len()
    }

    /// How many bytes they take, rather more than that.
    pub(crate) fn bytes(&self) -> usize {
        if self.len() == 0 {
            0
        } else {
            self.pool.bytes()
        }
    }

    /// The time from the oldest to the newest.
    pub(crate) fn span(&self) -> Option<(At, At)> {
        let kept = self.pool.kept();
        Some((kept.front()?.since, kept.back()?.until))
    }

    /// How often a second of CPU time is sampled, as the newest profile says it; none before there is one.
    pub(crate) fn hz(&self) -> Option<i64> {
        let period = self.pool.kept().back()?.period;
        (period > 0).then(|| 1_000_000_000 / period)
    }

    /// Which share of a core the target needs for its profiles, where it says so.
    pub(crate) fn cost(&self) -> Option<f64> {
        let (cost, covered) = self.counts.cost;
        (!covered.is_zero()).then(|| cost.as_secs_f64() / covered.as_secs_f64())
    }

    /// How many profiles lie, at least in part, between `from` and `to`.
    pub(crate) fn overlapping(&self, from: At, to: At) -> usize {
        self.places(from, to).len()
    }

    fn places(&self, from: At, to: At) -> std::ops::Range<usize> {
        let kept = self.pool.kept();
        let first = kept.partition_point(|kept| kept.until < from);
        let end = kept.partition_point(|kept| kept.since <= to);
        first..end.max(first)
    }

    /// The profiles between `from` and `to`, added up.
    ///
    /// # Errors
    /// Why there are none.
    pub(crate) fn then(&self, from: At, to: At, now: At) -> Result<Stretch, Absence> {
        match self.places(from, to) {
            places if places.is_empty() => Err(self.absence(from, to, now)),
            places => Ok(self.stretch(places)),
        }
    }

    /// The profiles just before those: as many as make up the same time, if there are so many.
    pub(crate) fn before(&self, from: At, to: At) -> Option<Stretch> {
        let then = self.places(from, to);
        let length = |kept: &Kept| kept.until.saturating_sub(kept.since);
        let wanted: Duration = self.pool.kept().range(then.clone()).map(length).sum();
        let mut first = then.start;
        let mut covered = Duration::ZERO;
        // To half a profile: they are never of the very same length.
        while first > 0 && covered + length(&self.pool.kept()[first - 1]) / 2 < wanted {
            first -= 1;
            covered += length(&self.pool.kept()[first]);
        }
        (first < then.start).then(|| self.stretch(first..then.start))
    }

    fn stretch(&self, places: std::ops::Range<usize>) -> Stretch {
        let kept = self.pool.kept();
        Stretch {
            count: places.len(),
            until: kept[places.end - 1].until,
            profile: Arc::new(self.pool.merged(places)),
        }
    }
}

impl Stretch {
    /// The time that its profiles cover together.
    pub(crate) fn covered(&self) -> Duration {
        Duration::from_nanos(self.profile.duration_nanos.max(0).unsigned_abs())
    }
}
