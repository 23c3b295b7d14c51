//! One map for many threads: who waits for whom, and which lock is worth its price.
//!
//! The shop's stock is a map from product to pieces. Threads look products up and change them. The same two operations
//! run on a map under one lock, under a lock for readers, on many small maps with a lock each, and on a crate that does the
//! latter for you.
//!
//! # What to run
//!
//! ```sh
//! cargo run -p maps                          # nine looks for one change
//! cargo run -p maps -- --reads 0             # changes only
//! cargo run -p maps -- --work 5              # each holds its lock for five microseconds
//! cargo run -p maps -- --work 5 --hot 100    # and all want the same product: shards are of no use
//! cargo run -p maps -- --impl 3 --work 5     # the picture of the sharded map
//! cargo run -p maps -- --hold                # go on, and look inside with `cutaway 4100`
//! ```
//!
//! # What to look at
//!
//! - `alone`: one thread. What a kind of lock costs when nobody is in the way.
//! - `no reads`, `half`, `all reads`, `yours`: all operations of all threads together, by the share of looks. A kind of map that is
//!   worth its price gets more done with more threads than `alone`. Many get less: the lock and its line of memory travel
//!   between processors.
//! - `p99` and `max`: of single operations. Threads that wait for a lock are put to sleep and woken, and with more threads
//!   than processors the one that has the lock may be the one that does not run.
//! - The picture: who waits for whom.

mod stock;
mod traffic;

use std::process::ExitCode;
use std::time::Duration;

use lab_kit::anyhow::Result;
use lab_kit::{Cell, Column, Context, Knob, LabInfo, Report, Room, Unit};
use stock::{Kind, SHARDS};
use tokio::task::block_in_place;
use traffic::Traffic;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How long each number is measured.
const MEASURED: Duration = Duration::from_millis(150);

fn main() -> ExitCode {
    lab_kit::run(&lab_kit::lab!(about()), story)
}

fn about() -> LabInfo {
    LabInfo::new(
        "maps",
        "Maps: one for many threads",
        "Threads look products up in a shared map and change them. See what one lock, a lock for readers and many locks cost.",
    )
    .knob(
        Knob::new("impl", 0..=4)
            .help("Which map the picture is of: 0 mutex, 1 rwlock, 2 shards side by side in memory, 3 shards apart, 4 dashmap"),
    )
    .knob(Knob::new("threads", 1..=16).default(2).unit("threads").help("How many use the map at once"))
    .knob(Knob::new("reads", 0..=100).default(90).unit("%").help("Which share of the operations only looks"))
    .knob(Knob::new("keys", 1..=100_000).default(1_000).unit("products").help("How many products there are"))
    .knob(Knob::new("hot", 0..=100).unit("%").help("Which share of the operations is on one and the same product"))
    .knob(
        Knob::new("work", 0..=50)
            .unit("µs")
            .help("How long each operation computes before it lets go of its lock"),
    )
    .figure("mutex", &[])
    .figure("long-sections", &[("work", 5)])
    .figure("one-product", &[("impl", 3), ("hot", 100), ("work", 5)])
}

/// Every kind of map under the same traffic, by the share of looks.
async fn story(lab: Context) -> Result<Report> {
    let chosen = Kind::ALL[lab.knob::<usize>("impl")];
    let traffic = Traffic {
        threads: lab.knob("threads"),
        reads: lab.knob("reads"),
        keys: lab.knob("keys"),
        hot: lab.knob("hot"),
        work: Duration::from_micros(lab.knob("work")),
        named: lab.is_held(),
    };
    let mut report = columns();
    let mut room = Room::new(traffic.threads);
    for kind in Kind::ALL {
        if lab.is_held() && kind != chosen {
            continue;
        }
        lab.progress(&format!("{}: {} threads", kind.name(), traffic.threads));
        report.row(block_in_place(|| row(&lab, kind, traffic)));
        if kind == chosen {
            report.highlight = Some(report.rows.len() - 1);
            lab.show(traffic.seen(&lab, kind).await?);
        }
        room.look();
    }
    remarks(&mut report, chosen, traffic, &room);
    Ok(report)
}

fn row(lab: &Context, kind: Kind, traffic: Traffic) -> Vec<Cell> {
    let latency = lab.latency("operation");
    let of = |reads| Traffic { reads, ..traffic }.rate(kind, MEASURED);
    let alone = Traffic {
        threads: 1,
        ..traffic
    };
    let rates = [
        alone.rate(kind, MEASURED),
        of(0),
        of(50),
        of(100),
        of(traffic.reads),
    ];
    traffic.timed(kind, MEASURED, &latency);
    let name = [Cell::from(kind.name())].into_iter();
    let tail = [latency.quantile(0.99), latency.max()];
    let numbers = rates
        .map(Cell::from)
        .into_iter()
        .chain(tail.map(Cell::from));
    name.chain(numbers).collect()
}

fn remarks(report: &mut Report, chosen: Kind, traffic: Traffic, room: &Room) {
    report.note(format!(
        "alone: one thread, {reads} % looks. The rest: {threads} threads together, on {SHARDS} shards where there are shards. p99 and \
         max: of single operations, {reads} % of them looks.",
        threads = traffic.threads,
        reads = traffic.reads,
    ));
    room.tell(report);
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if traffic.threads > processors {
        report.note(format!(
            "{} threads share {processors} processors: no more than {processors} of them run at any moment, and one that has a lock \
             may be waiting for its turn.",
            traffic.threads
        ));
    }
    report.note(match chosen {
        Kind::DashMap => "No picture: the locks inside dashmap tell nobody who waits for them.",
        _ => "The picture: 40 operations of each thread, made at least 20 µs long so that they can be seen.",
    });
}

fn columns() -> Report {
    Report::new([
        Column::new("map", Unit::None),
        Column::new("alone", Unit::PerSecond),
        Column::new("no reads", Unit::PerSecond),
        Column::new("half", Unit::PerSecond),
        Column::new("all reads", Unit::PerSecond),
        Column::new("yours", Unit::PerSecond),
        Column::new("p99", Unit::Nanoseconds),
        Column::new("max", Unit::Nanoseconds),
    ])
}
