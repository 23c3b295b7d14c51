//! Tasks and threads: what each costs, and what one blocking call does to the tasks beside it.
//!
//! A runtime runs many tasks on few threads, its workers. That makes a task cheap, and it makes tasks depend on each
//! other: a worker runs one of them at a time, and nobody can take it away. In the shop this is a morning of parcels, a
//! bell at the door, and somebody who looks something up in the archive and stands there until it is found.
//!
//! # What to run
//!
//! ```sh
//! cargo run -p tasks                    # one call blocks one of two workers
//! cargo run -p tasks -- --blocking 2    # two calls block both
//! cargo run -p tasks -- --blocking 0    # nobody blocks
//! cargo run -p tasks -- --workers 1     # N:1, all tasks on one thread
//! cargo run -p tasks -- --hold          # go on, and look inside with `cutaway 4100`
//! ```
//!
//! # What to look at
//!
//! - The workers' lanes. The clerk starts all parcels, so they all stand in the queue of the clerk's worker; the other
//!   worker steals some of them. Whose parcel runs where is different each time.
//! - The lane of a lookup (▒, blocked): meanwhile its worker runs nothing else. With one call, the other worker does all
//!   the work. With as many calls as workers, everything stands still, the bell too.
//! - The last rows of the table: the same calls on threads of the blocking pool hold nobody up.
//! - The first rows: what it costs to start, keep and switch a task, and a thread.

mod cores;
mod crowd;
mod morning;
mod switch;

use std::process::ExitCode;
use std::time::Duration;

use lab_kit::anyhow::{Context as _, Result};
use lab_kit::{Cell, Column, Context, Knob, LabInfo, Report, Unit};
use morning::{Calls, Morning, Took};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// More threads than this are not started: where they are allowed, they are still a burden.
const MOST_THREADS: usize = 10_000;
/// How many mornings a row of the table is made of.
const MORNINGS: usize = 5;

fn main() -> ExitCode {
    lab_kit::run(&lab_kit::lab!(about()), story)
}

fn about() -> LabInfo {
    LabInfo::new(
        "tasks",
        "Tasks and threads",
        "Many tasks share few workers. See them stolen from one worker by another, and starved by a call that blocks; \
         and what tasks and threads cost.",
    )
    .knob(
        Knob::new("tasks", 1_000..=100_000)
            .default(100_000)
            .step(1_000)
            .unit("tasks")
            .help("How many tasks are started and kept, to see what one costs; and threads, up to 10,000"),
    )
    .knob(Knob::new("workers", 1..=8).default(2).unit("threads").help("How many threads run the morning's tasks"))
    .knob(
        Knob::new("blocking", 0..=8)
            .default(1)
            .unit("calls")
            .help("How many lookups of 20 ms block the worker that they run on"),
    )
    .knob(
        Knob::new("work", 50..=2000)
            .default(500)
            .step(50)
            .unit("µs")
            .help("How long each of the four steps of packing a parcel keeps a free processor busy"),
    )
    .figure("starved", &[])
    .figure("stopped", &[("blocking", 2)])
}

/// Runtimes of its own are needed, and none can be started on a worker of another.
async fn story(lab: Context) -> Result<Report> {
    let told = tokio::task::spawn_blocking(move || tell(&lab));
    told.await.context("the story did not end well")?
}

fn tell(lab: &Context) -> Result<Report> {
    let mut report = columns();
    // What is only there for the table is left out while the lab is held.
    if !lab.is_held() {
        costs(lab, &mut report)?;
    }
    mornings(lab, &mut report)?;
    Ok(report)
}

/// What a task costs, and a thread.
fn costs(lab: &Context, report: &mut Report) -> Result<()> {
    let count = lab.knob("tasks");
    lab.progress(&format!("starting and keeping {count} tasks"));
    let tasks = crowd::tasks(count)?;
    let wanted = count.min(MOST_THREADS);
    lab.progress(&format!("starting and keeping {wanted} threads"));
    let threads = crowd::threads(wanted)?;
    lab.progress("switching between two tasks, and between two threads");
    let two = cores::two();
    report.row(crowd_row("a task", &tasks, &switch::tasks(&two)?));
    report.row(crowd_row("a thread", &threads, &switch::threads(&two)?));
    if threads.count < wanted {
        let why = threads.refused.as_ref().map_or(
            "its address space is limited (ulimit -v), or the system has few to spare".to_owned(),
            ToString::to_string,
        );
        report.note(format!(
            "This program had to do with {} threads: {why}. A system has limits on threads (ulimit -u, the pids cgroup, \
             memory maps); tasks are only memory.",
            threads.count
        ));
    }
    if two.len() < 2 {
        report.note("This program may use one core only: there is no switch between two.");
    }
    Ok(())
}

fn crowd_row(name: &str, crowd: &crowd::Crowd, switch: &switch::Switch) -> [Cell; 10] {
    let measured = |value: Option<u64>| value.map_or(Cell::Nothing, Cell::from);
    [
        Cell::from(name),
        Cell::from(crowd.count as u64),
        Cell::from(crowd.start_ns),
        measured(crowd.memory),
        measured(crowd.kernel),
        measured(switch.one_core),
        measured(switch.two_cores),
        Cell::Nothing,
        Cell::Nothing,
        Cell::Nothing,
    ]
}

/// The same morning with different numbers of blocking calls: the reader's own, and others to compare.
fn mornings(lab: &Context, report: &mut Report) -> Result<()> {
    let own: usize = lab.knob("blocking");
    let workers: usize = lab.knob("workers");
    let mut others = if lab.is_held() {
        vec![]
    } else {
        vec![0, workers]
    };
    others.push(own);
    others.sort_unstable();
    others.dedup();
    let mut quiet = None;
    for calls in others {
        let morning = Morning::new(lab, calls, Calls::OnTheWorker);
        lab.progress(&format!(
            "{}: {MORNINGS} mornings and one that is drawn",
            morning.name()
        ));
        report.row(morning_row(lab, &morning, calls == own)?);
        if calls == own {
            report.highlight = Some(report.rows.len() - 1);
        }
        if calls == 0 {
            quiet = report
                .cell(report.rows.len() - 1, BELL)
                .and_then(Cell::number);
        }
    }
    if lab.is_held() {
        return Ok(());
    }
    let morning = Morning::new(lab, own.max(workers), Calls::InThePool);
    report.row(morning_row(lab, &morning, false)?);
    report.note(format!(
        "all done, bell, moved: the median of {MORNINGS} mornings. bell: the longest time from a ring until its task ran. \
         moved: tasks that ran on another worker than the one that started them."
    ));
    if quiet.is_some_and(|quiet| quiet > morning::CALL.as_nanos() as f64 / 2.0) {
        report.too_busy("even without a blocking call the bell had to wait");
    }
    Ok(())
}

const BELL: &str = "bell waited";

fn morning_row(lab: &Context, morning: &Morning, drawn: bool) -> Result<[Cell; 10]> {
    // Recording costs a little at each poll, so mornings are measured without it, and another one is drawn.
    let all = (0..MORNINGS).map(|_| morning.run());
    let all = all.collect::<Result<Vec<Took>>>()?;
    if drawn {
        lab.show(morning.watch(lab)?);
    }
    let [done, bell, moved] = [
        |took: &Took| nanos(took.done),
        |took: &Took| nanos(took.bell),
        |took: &Took| took.moved,
    ]
    .map(|part| median(all.iter().map(part).collect()));
    let mut row = [const { Cell::Nothing }; 10];
    row[0] = Cell::from(morning.name().as_str());
    row[7] = Cell::from(done);
    row[8] = Cell::from(bell);
    row[9] = Cell::from(moved);
    Ok(row)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

fn columns() -> Report {
    Report::new([
        Column::new("", Unit::None),
        Column::new("how many", Unit::Count),
        Column::new("start", Unit::Nanoseconds),
        Column::new("memory", Unit::Bytes),
        Column::new("in the kernel", Unit::Bytes),
        Column::new("switch, one core", Unit::Nanoseconds),
        Column::new("switch, two cores", Unit::Nanoseconds),
        Column::new("all done", Unit::Nanoseconds),
        Column::new(BELL, Unit::Nanoseconds),
        Column::new("moved", Unit::Count),
    ])
}
