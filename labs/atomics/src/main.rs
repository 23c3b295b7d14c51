//! What it costs to count: every thread adds one to a number, again and again.
//!
//! # What to run
//!
//! ```sh
//! cargo run -p atomics                   # two threads
//! cargo run -p atomics -- --threads 8    # more than many machines have processors
//! cargo run -p atomics -- --other 500    # half a microsecond of other work between two additions
//! cargo run -p atomics -- --hold         # go on, and look inside with `cutaway 4100`
//! ```
//!
//! # What to look at
//!
//! - `alone`: an atomic addition costs a few nanoseconds, a lock a few more.
//! - `together`: a number that several threads change costs each of them much more. Its line of memory travels from
//!   processor to processor, once for every addition.
//! - Sharded counters have a number for each thread. *Packed*, the numbers lie in one line, and that travels as it did:
//!   nobody shares a number, and all wait. *Padded*, each has a line of its own, and costs together what it costs alone.
//! - The picture: how long a thousand additions keep a thread, with all threads at work.

mod counter;

use std::process::ExitCode;
use std::time::Duration;

use counter::Kind;
use lab_format::{Lane, LaneId, LaneKind, Span, SpanKind};
use lab_kit::anyhow::{Result, ensure};
use lab_kit::{Cell, Column, Context, Knob, LabInfo, Report, Room, Timeline, Unit, busy, rate};
use tokio::task::block_in_place;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How long each number is measured.
const MEASURED: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    lab_kit::run(&lab_kit::lab!(about()), story)
}

fn about() -> LabInfo {
    LabInfo::new(
        "atomics",
        "Atomics: what counting costs",
        "Threads count in one number, or in one each. See what an addition costs alone and together.",
    )
    .knob(Knob::new("threads", 1..=16).default(2).unit("threads").help("How many count at once"))
    .knob(
        Knob::new("other", 0..=2000)
            .step(100)
            .unit("ns")
            .help("How long a thread computes something else between two additions"),
    )
    .figure("counting", &[])
    .figure("with-work", &[("other", 500)])
}

/// Every kind of counter, alone and together.
async fn story(lab: Context) -> Result<Report> {
    let threads: usize = lab.knob("threads");
    let other = Duration::from_nanos(lab.knob("other"));
    let mut report = columns();
    let mut room = Room::new(threads);
    let mut bars = Bars::default();
    for kind in Kind::ALL {
        lab.progress(&format!("{}: 1 thread, then {threads}", kind.name()));
        let alone = block_in_place(|| Cost::measured(kind, 1, other))?;
        let together = block_in_place(|| Cost::measured(kind, threads, other))?;
        report.row([
            Cell::from(kind.name()),
            alone.nanos.into(),
            together.nanos.into(),
            (together.nanos / alone.nanos).into(),
            alone.rate.into(),
            together.rate.into(),
        ]);
        bars.add(kind.name(), together.nanos);
        room.look();
    }
    lab.show(bars.0);
    remarks(&mut report, threads, &room);
    Ok(report)
}

struct Cost {
    /// How many additions there are per second, by all threads.
    rate: f64,
    /// How long one addition keeps the thread that makes it.
    nanos: f64,
}

impl Cost {
    fn measured(kind: Kind, threads: usize, other: Duration) -> Result<Self> {
        let counter = kind.counter(threads);
        let numbers = (0..threads).map(|number| (number, 0_u64)).collect();
        let (rate, numbers) = rate(MEASURED, numbers, |(number, added)| {
            counter.add(*number);
            *added += 1;
            busy(other);
        });
        let added: u64 = numbers.iter().map(|(_, added)| added).sum();
        let total = counter.total();
        ensure!(
            total == added,
            "{}: {added} added, {total} counted",
            kind.name()
        );
        // More threads than processors take turns: no more than these run at any moment.
        let nanos = 1e9 * threads.min(processors()) as f64 / rate;
        Ok(Self { rate, nanos })
    }
}

/// How many additions a bar stands for.
const DRAWN: f64 = 1000.0;

/// A bar for each kind, as long as its additions keep one thread.
#[derive(Default)]
struct Bars(Timeline);

impl Bars {
    fn add(&mut self, name: &str, nanos: f64) {
        let lane = LaneId(self.0.lanes.len() as u32);
        let end = (nanos * DRAWN) as u64;
        self.0.lanes.push(Lane::new(lane, name, LaneKind::Thread));
        let bar = Span::new(lane, 0, end, SpanKind::Running, "add 1,000");
        self.0.spans.push(bar);
        self.0.end_ns = self.0.end_ns.max(end);
    }
}

fn remarks(report: &mut Report, threads: usize, room: &Room) {
    report.note(
        "alone, together: how long one addition keeps its thread, with the other work between two of them. growth: together over \
         alone. The rates are of all threads. The picture: how long 1,000 additions of each kind keep a thread, together.",
    );
    room.tell(report);
    let processors = processors();
    if threads > processors {
        report.note(format!(
            "{threads} threads share {processors} processors: no more than {processors} of them count at any moment."
        ));
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn columns() -> Report {
    Report::new([
        Column::new("counter", Unit::None),
        Column::new("alone", Unit::Nanoseconds),
        Column::new("together", Unit::Nanoseconds),
        Column::new("growth", Unit::None),
        Column::new("rate alone", Unit::PerSecond),
        Column::new("rate", Unit::PerSecond),
    ])
}
