//! What is to be done under a quota, and what was seen. All times are microseconds.

use lab_kit::quota::Counts;
use serde::{Deserialize, Serialize};

/// How often a burst of items comes, if they come in bursts.
pub(crate) const EVERY: u64 = 250_000;

/// Work for a group of workers under a quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// CPU time that the group may use in each period.
    pub(crate) quota: u64,
    /// Linux' default: 100 ms.
    pub(crate) period: u64,
    /// How many threads work.
    pub(crate) workers: usize,
    /// CPU time that one item needs.
    pub(crate) work: u64,
    /// How many items come together, each [`EVERY`]; with 0 there is always one more.
    pub(crate) burst: u64,
    /// Not counted, so that the group has settled.
    pub(crate) warm_up: u64,
    /// Counted.
    pub(crate) time: u64,
}

impl Job {
    /// When item `number` is there to be taken, asked at `now`.
    pub(crate) fn arrival(&self, number: u64, now: u64) -> u64 {
        number
            .checked_div(self.burst)
            .map_or(now, |burst| burst * EVERY)
    }
}

/// What was seen of a job.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Of each worker.
    pub(crate) workers: Vec<Worker>,
    /// Of all together, after the warm-up.
    pub(crate) group: Counts,
    /// When it ended.
    pub(crate) end: u64,
}

/// What one worker did.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Worker {
    /// What it has done.
    pub(crate) items: Vec<Item>,
    /// When it had an item and no CPU.
    pub(crate) gaps: Vec<Interval>,
}

/// One item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    /// When it was there to be taken.
    pub(crate) arrived: u64,
    /// When a worker began with it, and when that was done.
    pub(crate) worked: Interval,
}

/// From, to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interval(pub(crate) u64, pub(crate) u64);

impl Interval {
    pub(crate) fn length(self) -> u64 {
        self.1.saturating_sub(self.0)
    }
}

impl Seen {
    /// How long the items took that ended after the warm-up, sorted.
    pub(crate) fn latencies(&self, job: &Job) -> Vec<u64> {
        let items = self.workers.iter().flat_map(|worker| &worker.items);
        let counted = items.filter(|item| item.worked.1 >= job.warm_up);
        let mut latencies: Vec<u64> = counted.map(|item| item.worked.1 - item.arrived).collect();
        latencies.sort_unstable();
        latencies
    }

    /// When somebody had an item and nobody had a CPU: the group stood still. Less than 2 ms is somebody else's turn.
    pub(crate) fn still(&self) -> Vec<Interval> {
        let gaps = union(self.workers.iter().flat_map(|worker| worker.gaps.clone()));
        let running = union(self.workers.iter().flat_map(Worker::running));
        let still = without(&gaps, &running);
        still
            .into_iter()
            .filter(|gap| gap.length() >= 2_000)
            .collect()
    }
}

impl Worker {
    /// When it had a CPU.
    pub(crate) fn running(&self) -> Vec<Interval> {
        let worked: Vec<Interval> = self.items.iter().map(|item| item.worked).collect();
        without(&worked, &self.gaps)
    }
}

/// The intervals in order, those that touch made one.
fn union(intervals: impl IntoIterator<Item = Interval>) -> Vec<Interval> {
    let mut sorted: Vec<Interval> = intervals.into_iter().collect();
    sorted.sort_unstable_by_key(|interval| interval.0);
    let mut all: Vec<Interval> = Vec::new();
    for next in sorted {
        match all.last_mut() {
            Some(last) if next.0 <= last.1 => last.1 = last.1.max(next.1),
            _ => all.push(next),
        }
    }
    all
}

/// `all` without what lies in `taken`; both sorted, and no two of one overlap.
fn without(all: &[Interval], taken: &[Interval]) -> Vec<Interval> {
    let mut left = Vec::new();
    let mut taken = taken.iter().peekable();
    for &Interval(mut from, to) in all {
        while taken.next_if(|next| next.1 <= from).is_some() {}
        let mut ahead = taken.clone();
        while let Some(next) = ahead.next_if(|next| next.0 < to) {
            if from < next.0 {
                left.push(Interval(from, next.0));
            }
            from = next.1;
        }
        if from < to {
            left.push(Interval(from, to));
        }
    }
    left
}

/// The smallest of `sorted` that a share of them does not exceed; 0 if there are none.
pub(crate) fn quantile(sorted: &[u64], share: f64) -> u64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intervals(text: &str) -> Vec<Interval> {
        let one = |text: &str| {
            let (from, to) = text.split_once('-').expect("from-to");
            Interval(
                from.parse().expect("a number"),
                to.parse().expect("a number"),
            )
        };
        text.split_whitespace().map(one).collect()
    }

    #[track_caller]
    fn check(all: &str, taken: &str, left: &str) {
        let found = without(&intervals(all), &intervals(taken));
        assert_eq!(found, intervals(left), "{all} without {taken}");
    }

    #[test]
    fn what_is_taken_away_is_gone_and_nothing_else() {
        check("0-10", "", "0-10");
        check("0-10", "2-3 5-6", "0-2 3-5 6-10");
        check("0-10 20-30", "5-25", "0-5 25-30");
        check("0-10 20-30 40-50", "5-45", "0-5 45-50");
        check("0-10", "0-10", "");
        check("5-10 10-20", "1-2 7-12 30-40", "5-7 12-20");
    }

    #[test]
    fn intervals_that_touch_are_one() {
        assert_eq!(union(intervals("5-7 0-2 2-3 6-9")), intervals("0-3 5-9"));
    }

    #[test]
    fn the_group_stands_still_when_somebody_has_work_and_nobody_runs() {
        let worker = |worked: &str, gaps: &str| Worker {
            items: intervals(worked)
                .into_iter()
                .map(|worked| Item {
                    arrived: worked.0,
                    worked,
                })
                .collect(),
            gaps: intervals(gaps),
        };
        let seen = Seen {
            workers: vec![
                worker("0-50000", "10000-20000 30000-31000"),
                worker("0-15000 25000-50000", "12000-14000 30500-40000"),
                // Has nothing to do.
                worker("", ""),
            ],
            ..Seen::default()
        };
        // The second had no item from 15 ms on, and both had a CPU in between: 12 to 14 is common to both.
        assert_eq!(seen.still(), intervals("12000-14000 15000-20000"));
    }

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let sorted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        assert_eq!((quantile(&sorted, 0.5), quantile(&sorted, 0.99)), (5, 10));
        assert_eq!((quantile(&sorted, 0.0), quantile(&[], 0.5)), (1, 0));
    }
}
