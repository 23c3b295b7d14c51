//! The same work under a real quota, in a process of its own: the lab itself stays outside, so that it can look.
//!
//! The process joins a cgroup, works, leaves, and prints what it saw as one JSON document. When its standard input
//! ends, the lab is gone, and it leaves at once.

use std::hint::black_box;
use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lab_kit::anyhow::{self, Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::group::Limited;
use crate::job::{Group, Interval, Item, Job, Seen, Worker};

/// The argument that makes this program the process under quota.
const ASKED: &str = "--under-quota";
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

/// Does the job in a process of its own.
pub(crate) fn run(job: &Job) -> anyhow::Result<Answer> {
    let program = std::env::current_exe().context("where this program lies")?;
    let mut child = Command::new(program)
        .arg(ASKED)
        .arg(serde_json::to_string(job)?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Ctrl-C is for the lab, which then lets go of the input.
        .process_group(0)
        .spawn()
        .context("starting the process under quota")?;
    // Held until the answer is there.
    let input = child.stdin.take();
    let mut text = String::new();
    if let Some(output) = &mut child.stdout {
        output.read_to_string(&mut text)?;
    }
    let status = child.wait()?;
    drop(input);
    if !status.success() {
        bail!("the process under quota failed: {status}");
    }
    serde_json::from_str(&text).context("reading what the process under quota says")
}

/// The job, if this process is the one that is to do it.
pub(crate) fn asked() -> Option<String> {
    let mut arguments = std::env::args().skip(1);
    arguments.next().filter(|first| first == ASKED)?;
    arguments.next()
}

/// Does the job under a quota, and says what was seen.
pub(crate) fn main(job: &str) -> ExitCode {
    let answer = serde_json::from_str(job)
        .map_err(anyhow::Error::from)
        .and_then(|job| work(&job));
    let printed = answer.and_then(|answer| Ok(serde_json::to_writer(io::stdout(), &answer)?));
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cpu-limits: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn work(job: &Job) -> anyhow::Result<Answer> {
    // Measured while there is no quota.
    let rounds = rounds_per_chunk();
    let group = match Limited::join(job) {
        Ok(group) => Arc::new(Mutex::new(Some(group))),
        Err(refused) => return Ok(Answer::Refused(refused.to_string())),
    };
    leave_with_the_lab(Arc::clone(&group));
    let version = look(&group, |group| Ok(group.version().to_string()))?;
    let began = Instant::now();
    let taken = AtomicU64::new(0);
    let mut before = Group::default();
    let workers = std::thread::scope(|scope| {
        let start = |_| scope.spawn(|| one(job, rounds, began, &taken));
        let threads: Vec<_> = (0..job.workers).map(start).collect();
        std::thread::sleep(Duration::from_micros(job.warm_up));
        before = look(&group, |group| Ok(group.counts()?))?;
        let ended = threads.into_iter().map(|thread| thread.join());
        let workers: Result<Vec<Worker>, _> = ended.collect();
        workers.map_err(|_| anyhow::anyhow!("a worker panicked"))
    })?;
    let after = look(&group, |group| Ok(group.counts()?))?;
    let end = micros(began.elapsed());
    // Leaves the group.
    drop(lock(&group).take());
    let group = Group {
        periods: after.periods - before.periods,
        throttled_periods: after.throttled_periods - before.throttled_periods,
        throttled_time: after.throttled_time - before.throttled_time,
    };
    Ok(Answer::Seen {
        version,
        seen: Seen {
            workers,
            group,
            end,
        },
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

/// When nobody holds the other end of the input any more, this process leaves its group and ends.
fn leave_with_the_lab(group: Arc<Mutex<Option<Limited>>>) {
    std::thread::spawn(move || {
        // An error is an end, too.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        drop(lock(&group).take());
        std::process::exit(1);
    });
}

fn look<T>(
    group: &Mutex<Option<Limited>>,
    ask: impl FnOnce(&Limited) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    lock(group)
        .as_ref()
        .map_or_else(|| bail!("the lab is gone"), ask)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
