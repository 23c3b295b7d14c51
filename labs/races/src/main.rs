//! The last piece, sold twice: a race condition in safe Rust, and how to find the order of steps that makes it.
//!
//! A buyer looks whether something is left, and if so takes it. Both are done under a lock, so no data race is
//! possible. But the lock is let go in between, and another buyer may come just then.
//!
//! # What to run
//!
//! ```sh
//! cargo run -p races                       # look, pause, take: oversold again and again
//! cargo run -p races -- --pause 0          # no pause: now it happens seldom, or never that you see
//! cargo run -p races -- --locks 1          # look and take under one lock
//! cargo run -p races -- --stock 4          # enough for everybody: nothing to race for
//! cargo run -p races -- --hold             # go on, and look inside with `cutaway 4100`
//! ```
//!
//! # What to look at
//!
//! - `oversold` is a count of real runs, on threads. It depends on where a buyer pauses, on the machine, and on luck: with
//!   a pause between looking and taking it is almost every run; without one it may be none.
//! - `orders` are all orders in which the same code's steps can happen, tried one by one by a model checker; `fail` says
//!   how many of them sell too much. These numbers depend on nothing but the code: a pause changes neither. A race that no
//!   test has ever shown is there, or isn't.
//! - The picture is the simplest of the orders that fail.
//! - With one lock the pause in the middle does no harm. It only makes others wait.

mod model;
mod real;

use std::process::ExitCode;

use lab_kit::anyhow::Result;
use lab_kit::{Cell, Column, Context, Knob, LabInfo, Report, Unit};
use real::shop::Code;
use tokio::task::block_in_place;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    lab_kit::run(&lab_kit::lab!(about()), story)
}

fn about() -> LabInfo {
    LabInfo::new(
        "races",
        "Races: the last piece, sold twice",
        "Buyers look whether something is left, then take it. See how often that goes wrong, and in which orders of steps it can.",
    )
    .knob(Knob::new("buyers", 2..=6).default(4).unit("tasks").help("How many want one piece each"))
    .knob(Knob::new("stock", 1..=6).default(1).unit("pieces").help("How many pieces there are"))
    .knob(
        Knob::new("locks", 1..=2)
            .default(2)
            .help("How often a buyer takes the lock: 2, to look and then to take, or 1 for both together"),
    )
    .knob(
        Knob::new("pause", 0..=3)
            .default(2)
            .help("Where a buyer lets others go first: 0 nowhere, 1 before it looks, 2 between looking and taking, 3 after"),
    )
    .knob(Knob::new("runs", 100..=5000).default(1000).step(100).unit("runs").help("How many real runs are counted"))
    .figure("oversold", &[])
    .figure("one-lock", &[("buyers", 2), ("locks", 1)])
}

/// The same sale with the pause in every place, and under one lock: counted, and explored.
async fn story(lab: Context) -> Result<Report> {
    let sale = Sale::new(&lab);
    let (mut report, mut complete) = (columns(), true);
    for code in sale.codes(&lab) {
        lab.progress(&format!(
            "{}: {} runs, then every order",
            name(code),
            sale.runs
        ));
        let latency = lab.latency("buy");
        let seen = real::run(sale.runs, sale.buyers, sale.stock, code, &latency).await?;
        if lab.is_held() {
            continue; // nobody reads the table again
        }
        let explored =
            block_in_place(|| model::explore(sale.buyers, sale.stock, (code.locks, code.pause)));
        report.row([
            Cell::from(name(code).as_str()),
            seen.oversold.into(),
            (seen.oversold as f64 / sale.runs as f64).into(),
            seen.most.into(),
            explored.orders.into(),
            explored.failing.into(),
        ]);
        if code == sale.code {
            report.highlight = Some(report.rows.len() - 1);
            report.note(match &explored.fault {
                Some(fault) => format!("The picture: the simplest order that fails. {fault}."),
                None => {
                    "The picture: one of the orders in which buyers wait most often. None fails."
                        .to_owned()
                }
            });
            lab.show(explored.drawn);
        }
        complete &= explored.complete;
    }
    if !complete {
        report.note(format!(
            "orders: no more than {} are tried; where that many stand, there are more.",
            model::MOST
        ));
    }
    report.note(format!(
        "oversold: of {} real runs, those that sold more than there was. orders: all in which the steps can happen; fail: those of \
         them that sell more than there is.",
        sale.runs
    ));
    Ok(report)
}

/// The knobs.
struct Sale {
    buyers: usize,
    stock: i64,
    code: Code,
    runs: u64,
}

impl Sale {
    fn new(lab: &Context) -> Self {
        Self {
            buyers: lab.knob("buyers"),
            stock: lab.knob("stock"),
            code: Code {
                locks: lab.knob("locks"),
                pause: lab.knob("pause"),
            },
            runs: lab.knob("runs"),
        }
    }

    /// The reader's own among others that teach. Held open, there is only the reader's.
    fn codes(&self, lab: &Context) -> Vec<Code> {
        if lab.is_held() {
            return vec![self.code];
        }
        let two = (0..=3).map(|pause| Code { locks: 2, pause });
        let mut codes: Vec<Code> = two.chain([Code { locks: 1, pause: 2 }]).collect();
        if !codes.contains(&self.code) {
            codes.push(self.code);
        }
        codes
    }
}

fn name(code: Code) -> String {
    let locks = if code.locks == 1 { "1 lock" } else { "2 locks" };
    let pause = match code.pause {
        0 => "no pause",
        1 => "pause before",
        2 => "pause between",
        _ => "pause after",
    };
    format!("{locks}, {pause}")
}

fn columns() -> Report {
    Report::new([
        Column::new("code", Unit::None),
        Column::new("oversold", Unit::Count),
        Column::new("of runs", Unit::Share),
        Column::new("most sold", Unit::Count),
        Column::new("orders", Unit::Count),
        Column::new("fail", Unit::Count),
    ])
}
