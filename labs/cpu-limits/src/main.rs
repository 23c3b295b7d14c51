//! CPU limits are time, not cores: the same work with more and more workers under a quota.
//!
//! A limit of one CPU does not give a program one core. It gives it 100 ms of CPU time in every 100 ms, on as many cores as it
//! has threads for. Two workers use that up in 50 ms, and then the kernel lets the whole program stand still until the next
//! period begins: throughput is the same, and whatever was under way waits.
//!
//! # What to run
//!
//! ```sh
//! cargo run -p cpu-limits                             # one CPU, two workers
//! cargo run -p cpu-limits -- --workers 1              # as many workers as the quota has CPUs: never throttled
//! cargo run -p cpu-limits -- --quota 150 --workers 2  # one and a half: the second worker pays, and costs
//! cargo run -p cpu-limits -- --quota 50 --burst 20    # on average below its limit, and throttled
//! ```
//!
//! # What to look at
//!
//! - The picture: five periods of 100 ms. All workers stop at the same moment, when the CPU time used in the period
//!   reaches the quota, and go on together when the next one begins.
//! - The table: items per second do not rise with the workers; the p99 does, from the time of one item to that plus the pause.
//! - The notes: whether the quota was a real one, of a cgroup that this lab may make, or comes from a model of it.

mod job;
mod model;
mod picture;
mod worker;

use std::process::ExitCode;
use std::time::Duration;

use job::{Job, Seen, quantile};
use lab_kit::anyhow::Result;
use lab_kit::{Cell, Column, Context, Knob, LabInfo, Report, Unit, quota};
use worker::Answer;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match quota::asked() {
        Some(job) => quota::answer(&job, |job: Job| worker::run(&job)),
        None => lab_kit::run(&lab_kit::lab!(about()), story),
    }
}

fn about() -> LabInfo {
    LabInfo::new(
        "cpu-limits",
        "CPU limits are time",
        "Workers do the same items under a CPU quota. See when the kernel lets all of them stand still, and what that does to the slowest items.",
    )
    .knob(
        Knob::new("quota", 20..=400)
            .default(100)
            .step(10)
            .unit("ms")
            .help("CPU time in each period of 100 ms; 150 is what Kubernetes calls 1500m"),
    )
    .knob(Knob::new("workers", 1..=16).default(2).unit("threads").help("How many threads work"))
    .knob(Knob::new("work", 1..=20).default(5).unit("ms").help("The CPU time that one item needs"))
    .knob(
        Knob::new("burst", 0..=50)
            .unit("items")
            .help("How many items come together every 250 ms; with 0 there is always one more"),
    )
    .knob(Knob::new("model", 0..=1).help("1 computes it with the model even where a real quota can be had"))
    .figure("two-workers", &[])
    .figure("eight-workers", &[("workers", 8)])
    .figure("one-and-a-half", &[("quota", 150)])
    .figure("bursts", &[("quota", 50), ("burst", 20)])
}

/// The same work with one worker, two, four, eight, and as many as the reader says.
async fn story(lab: Context) -> Result<Report> {
    let asked: usize = lab.knob("workers");
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let mut report = columns();
    let mut whose = Whose::default();
    for workers in workers(&lab, asked) {
        let job = job(&lab, workers);
        lab.progress(&format!("workers: {workers}"));
        let modelled = model::run(&job, cpus);
        let answer = if lab.knob::<u8>("model") == 1 {
            Answer::Refused("the model was asked for".to_owned())
        } else {
            real(job.clone()).await?
        };
        let seen = whose.choose(answer, &modelled);
        let item = lab.latency("item");
        for took in seen.latencies(&job) {
            item.record(Duration::from_micros(took));
        }
        report.row(row(&job, &seen, &modelled));
        if workers == asked {
            report.highlight = Some(report.rows.len() - 1);
            lab.show(picture::timeline(&job, &seen));
            whose.judge(&job, &seen, cpus);
        }
    }
    for note in whose.notes(&lab, cpus) {
        report.note(note);
    }
    if whose.hidden {
        report.too_busy("the group got much less CPU time than its quota allows (`--model 1` computes what it should get)");
    }
    Ok(report)
}

/// Without standing in the way of other tasks.
async fn real(job: Job) -> Result<Answer> {
    tokio::task::spawn_blocking(move || quota::ask(&job)).await?
}

fn job(lab: &Context, workers: usize) -> Job {
    Job {
        quota: lab.knob::<u64>("quota") * 1_000,
        period: 100_000,
        workers,
        work: lab.knob::<u64>("work") * 1_000,
        burst: lab.knob("burst"),
        warm_up: 200_000,
        time: 1_500_000,
    }
}

/// The reader's number of workers among others that teach. Held open, there is only the reader's.
fn workers(lab: &Context, asked: usize) -> Vec<usize> {
    let mut workers = if lab.is_held() {
        vec![]
    } else {
        vec![1, 2, 4, 8]
    };
    workers.push(asked);
    workers.sort_unstable();
    workers.dedup();
    workers
}

fn row(job: &Job, seen: &Seen, modelled: &Seen) -> [Cell; 8] {
    let latencies = seen.latencies(job);
    let nanos = |quantile: u64| Cell::from(quantile * 1_000);
    let seconds = seen.end.saturating_sub(job.warm_up) as f64 / 1e6;
    let group = seen.group;
    let throttled = group.throttled_periods as f64 / group.periods.max(1) as f64;
    let still: u64 = seen.still().iter().map(|gap| gap.length()).sum();
    [
        Cell::from(job.workers as u64),
        (latencies.len() as f64 / seconds).into(),
        nanos(quantile(&latencies, 0.5)),
        nanos(quantile(&latencies, 0.99)),
        nanos(quantile(&modelled.latencies(job), 0.99)),
        group.throttled_periods.into(),
        throttled.into(),
        (still as f64 / seen.end.max(1) as f64).into(),
    ]
}

fn columns() -> Report {
    Report::new([
        Column::new("workers", Unit::Count),
        Column::new("items", Unit::PerSecond),
        Column::new("p50", Unit::Nanoseconds),
        Column::new("p99", Unit::Nanoseconds),
        Column::new("p99 of the model", Unit::Nanoseconds),
        Column::new("throttled periods", Unit::Count),
        Column::new("of all periods", Unit::Share),
        Column::new("standing still", Unit::Share),
    ])
}

/// Where the numbers come from, which a reader must be told.
#[derive(Default)]
struct Whose {
    version: Option<String>,
    refused: Option<String>,
    hidden: bool,
}

impl Whose {
    fn choose(&mut self, answer: Answer, modelled: &Seen) -> Seen {
        match answer {
            Answer::Seen { version, seen } => {
                self.version = Some(version);
                seen
            }
            Answer::Refused(why) => {
                self.refused = Some(why);
                modelled.clone()
            }
        }
    }

    /// A group that wants more than its quota and gets less is not held back by the quota, but by its neighbours.
    fn judge(&mut self, job: &Job, seen: &Seen, cpus: usize) {
        let used: u64 = seen
            .workers
            .iter()
            .flat_map(job::Worker::running)
            .map(job::Interval::length)
            .sum();
        let most = job.quota.min(job.workers.min(cpus) as u64 * job.period);
        let got = used as f64 / seen.end.max(1) as f64 * job.period as f64;
        self.hidden = job.burst == 0 && got < 0.8 * most as f64;
    }

    fn notes(&self, lab: &Context, cpus: usize) -> Vec<String> {
        let quota: u64 = lab.knob("quota");
        let mut notes = Vec::new();
        match (&self.version, &self.refused) {
            (Some(version), _) => notes.push(format!(
                "a real quota: a cgroup {version} of its own with {quota} ms in each 100 ms, on {cpus} CPUs"
            )),
            (None, why) => notes.push(format!(
                "a model of the kernel's CFS bandwidth control with {quota} ms in each 100 ms, on {cpus} CPUs, because no real \
                 quota could be had: {}",
                why.as_deref().unwrap_or("nobody was asked")
            )),
        }
        notes.push(
            "p50, p99: from taking an item (or from its arrival, with bursts) to its end."
                .to_owned(),
        );
        notes
    }
}
