//! What is to be done under a quota, and what was seen. All times are microseconds.

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
    pub(crate) group: Group,
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

/// What the kernel counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    /// Periods in which the group had something to do.
    pub(crate) periods: u64,
    /// Those in which it used up its quota.
    pub(crate) throttled_periods: u64,
    /// How long it stood still, added up over CPUs.
    pub(crate) throttled_time: u64,
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
