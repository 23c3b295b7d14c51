//! The same work under a real quota.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lab_kit::anyhow;
use lab_kit::quota::{Counts, Quota};
use serde::{Deserialize, Serialize};

use crate::job::{Interval, Item, Job, Seen, Worker};

/// The clock is read this often, in CPU time.
const CHUNK: Duration = Duration::from_micros(50);
/// A worker that sees its clock jump by so much more has not run.
const GAP: u64 = 300;

/// What the process under quota says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// It worked under a quota of cgroup v1 or v2.
    Seen { version: String, seen: Seen },
    /// It may not make a group, and why.
    Refused(String),
}

/// Does the job under a quota, and says what was seen.
pub(crate) fn run(job: &Job) -> anyhow::Result<Answer> {
    // Measured while there is no quota.
    let rounds = rounds_per_chunk();
    let quota = Quota {
        quota_us: job.quota,
        period_us: job.period,
    };
    let limited = match quota.join() {
        Ok(limited) => limited,
        Err(refused) => return Ok(Answer::Refused(refused.to_string())),
    };
    let began = Instant::now();
    let taken = AtomicU64::new(0);
    let mut before = Counts::default();
    let workers = std::thread::scope(|scope| {
        let start = |_| scope.spawn(|| one(job, rounds, began, &taken));
        let threads: Vec<_> = (0..job.workers).map(start).collect();
        std::thread::sleep(Duration::from_micros(job.warm_up));
        before = limited.counts()?;
        let ended = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        let workers: Result<Vec<Worker>, _> = ended.collect();
        workers.map_err(|_| anyhow::anyhow!("a worker panicked"))
    })?;
    let group = limited.counts()? - before;
    let end = micros(began.elapsed());
    let seen = Seen {
        workers,
        group,
        end,
    };
    Ok(Answer::Seen {
        version: limited.version(),
        seen,
    })
}

/// Takes items until the time is over.
fn one(job: &Job, rounds: u64, began: Instant, taken: &AtomicU64) -> Worker {
    let mut worker = Worker::default();
    let chunks = job.work / micros(CHUNK);
    let end = job.warm_up + job.time;
    loop {
        let now = micros(began.elapsed());
        let arrived = job.arrival(taken.fetch_add(1, Ordering::Relaxed), now);
        if now.max(arrived) >= end {
            return worker;
        }
        if let Some(early) = arrived.checked_sub(now) {
            std::thread::sleep(Duration::from_micros(early));
        }
        let begun = micros(began.elapsed());
        let mut seen = begun;
        for _ in 0..chunks {
            compute(rounds);
            let now = micros(began.elapsed());
            if now - seen > micros(CHUNK) + GAP {
                worker.gaps.push(Interval(seen, now));
            }
            seen = now;
        }
        let worked = Interval(begun, seen);
        worker.items.push(Item { arrived, worked });
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// How much an undisturbed core computes in a chunk's time: the best of many tries.
fn rounds_per_chunk() -> u64 {
    const ROUNDS: u64 = 40_000;
    let attempt = |_| {
        let began = Instant::now();
        compute(ROUNDS);
        began.elapsed().as_nanos().max(1)
    };
    let best = (0..60).map(attempt).min().unwrap_or(1);
    let rounds = u128::from(ROUNDS) * CHUNK.as_nanos() / best;
    u64::try_from(rounds).unwrap_or(u64::MAX)
}

/// A chain of multiplications and shifts in which each needs the one before.
#[inline(never)]
fn compute(rounds: u64) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..rounds {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state);
}
