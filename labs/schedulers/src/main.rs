//! CPU-bound and I/O-bound work on the same workers: who waits for whom, and what helps.
//!
//! The shop takes stock: a long computation. Meanwhile customers ask at the desks, each a little work, a short wait for
//! the warehouse, and a little work again. Both are tasks of one runtime. A desk that could go on stands in a run queue
//! until a worker has time for it, and a worker that takes stock has no time before it comes to an await.
//!
//! # What to run
//!
//! ```sh
//! cargo run -p schedulers                    # two stocktakings without an await, two workers
//! cargo run -p schedulers -- --slice 200     # an await every 200 µs
//! cargo run -p schedulers -- --workers 4     # more workers than stocktakings
//! cargo run -p schedulers -- --stock 0       # no stocktaking
//! cargo run -p schedulers -- --hold          # go on, and look inside with `cutaway 4100`
//! ```
//!
//! # What to look at
//!
//! - Two workers, no await: each worker's lane is one long stocktaking. The desks wait until one of them ends, however
//!   little they need.
//! - `--slice 200`: the same lanes, cut into pieces, and the desks in between.
//! - The table: *queue* is how long a question waits until a desk runs; *answer* is all of it. The stocktakings take
//!   about as long in each row. The last rows change only where or how they run.

mod day;

use std::process::ExitCode;
use std::time::Duration;

use day::{Day, Place, Took};
use lab_kit::anyhow::{Context as _, Result};
use lab_kit::{Cell, Column, Context, Knob, LabInfo, Report, Unit};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How many days a row of the table is made of.
const DAYS: usize = 4;
/// The distance between awaits in the row that yields.
const OFTEN: Duration = Duration::from_micros(200);

fn main() -> ExitCode {
    lab_kit::run(&lab_kit::lab!(about()), story)
}

fn about() -> LabInfo {
    LabInfo::new(
        "schedulers",
        "Schedulers: a CPU-bound neighbour",
        "Long computations and short questions share a runtime's workers. See how long a question waits in the run queue, \
         and what shortens that.",
    )
    .knob(Knob::new("workers", 1..=8).default(2).unit("threads").help("How many threads run the tasks"))
    .knob(Knob::new("stock", 0..=8).default(2).unit("tasks").help("How many tasks take stock, 50 ms of work each"))
    .knob(
        Knob::new("slice", 0..=20_000)
            .step(100)
            .unit("µs")
            .help("How much of that a stocktaking does between two awaits; 0 has no await at all"),
    )
    .knob(Knob::new("requests", 50..=1000).default(400).step(50).unit("per s").help("How many questions are asked at the desks"))
    .figure("greedy", &[])
    .figure("yielding", &[("slice", 200)])
}

/// Runtimes of its own are needed, and none can be started on a worker of another.
async fn story(lab: Context) -> Result<Report> {
    let told = tokio::task::spawn_blocking(move || tell(&lab));
    told.await.context("the story did not end well")?
}

fn tell(lab: &Context) -> Result<Report> {
    let own = Day::new(lab);
    let mut report = columns();
    if lab.is_held() {
        report.row(row(lab, "held", &own)?);
        return Ok(report);
    }
    let quiet = Day {
        stock: 0,
        ..own.clone()
    };
    report.row(row(lab, "no stocktaking", &quiet)?);
    for workers in with(&[1, 2, 4], own.workers) {
        let name = if workers == 1 {
            "1 worker".to_owned()
        } else {
            format!("{workers} workers")
        };
        report.row(row(
            lab,
            &name,
            &Day {
                workers,
                ..own.clone()
            },
        )?);
        if workers == own.workers {
            report.highlight = Some(report.rows.len() - 1);
            lab.progress("the day that is drawn");
            lab.show(own.watch(lab)?);
        }
    }
    report.row(row(
        lab,
        "with awaits",
        &Day {
            slice: OFTEN,
            ..own.clone()
        },
    )?);
    report.row(row(
        lab,
        "in the pool",
        &Day {
            place: Place::Pool,
            ..own.clone()
        },
    )?);
    report.note(format!(
        "queue: from a question until a desk runs; answer: until it is answered. Each row is {DAYS} days; a day ends with the \
         last stocktaking. with awaits: one every {} µs. in the pool: stocktakings on threads of the blocking pool. Both with {} \
         workers. preempted: how often the kernel took a processor away from one of the threads.",
        OFTEN.as_micros(),
        own.workers
    ));
    if report.cell(0, ANSWER).and_then(Cell::number) > Some(20e6) {
        report.too_busy("even without a stocktaking answers are late");
    }
    Ok(report)
}

const ANSWER: &str = "answer p99";

/// These numbers and one more, in order.
fn with(numbers: &[usize], own: usize) -> Vec<usize> {
    let mut all = numbers.to_vec();
    all.push(own);
    all.sort_unstable();
    all.dedup();
    all
}

fn row(lab: &Context, name: &str, day: &Day) -> Result<[Cell; 8]> {
    lab.progress(&format!("{name}: {DAYS} days"));
    let (queue, answer) = (lab.latency("queue"), lab.latency("answer"));
    let all = (0..DAYS).map(|_| day.run(&queue, &answer));
    let all = all.collect::<Result<Vec<Took>>>()?;
    let took: Duration = all.iter().map(|took| took.stock).sum();
    let preempted: Option<u64> = all.iter().map(|took| took.preempted).sum();
    Ok([
        Cell::from(name),
        queue.quantile(0.5).into(),
        queue.quantile(0.99).into(),
        answer.quantile(0.5).into(),
        answer.quantile(0.99).into(),
        Cell::from(took.as_nanos() as f64 / DAYS as f64),
        Cell::from(answer.count()),
        preempted.map_or(Cell::Nothing, Cell::from),
    ])
}

fn columns() -> Report {
    Report::new([
        Column::new("", Unit::None),
        Column::new("queue p50", Unit::Nanoseconds),
        Column::new("queue p99", Unit::Nanoseconds),
        Column::new("answer p50", Unit::Nanoseconds),
        Column::new(ANSWER, Unit::Nanoseconds),
        Column::new("stock took", Unit::Nanoseconds),
        Column::new("questions", Unit::Count),
        Column::new("preempted", Unit::Count),
    ])
}
