//! A task without an owner outlives whoever started it, or dies with the process; nobody knows which.
//!
//! The shop confirms orders. For each it starts a task that sends a letter, and does not wait for it: the customer
//! should have an answer now. The mail server is slow, and sometimes it never answers.
//!
//! # What to run
//!
//! ```sh
//! cargo run -p ownership                 # nobody owns the letters
//! cargo run -p ownership -- --owner 1    # a tracker does, and closing time waits for them
//! cargo run -p ownership -- --owner 2    # and no letter may take for ever
//! cargo run -p ownership -- --hold       # watch the tasks climb with `cutaway 4100`
//! ```
//!
//! # What to look at
//!
//! - The strip "letters under way": without a deadline it climbs, because those that the server never answers stay for ever.
//! - The table: *lost* is what nobody knows of. It was confirmed, not sent, and no error was seen anywhere. An owner turns
//!   that into *given up*, which is written down and can be sent again.
//! - Held, the console's profile of tasks shows where the leaked ones were started.

use std::future::pending;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use lab_kit::anyhow::{Context as _, Result};
use lab_kit::{Cell, Column, Context, Counter, Knob, LabInfo, Report, Unit, spawn};
use lifecycle::Tracker;
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// From one order to the next.
const PACE: Duration = Duration::from_millis(3);
/// A letter that has an owner with patience is given up after this.
const DEADLINE: Duration = Duration::from_millis(100);
/// Closing time waits so long for letters.
const CLOSING: Duration = Duration::from_millis(500);
/// Orders of the day that is drawn.
const DRAWN: u64 = 12;

fn main() -> ExitCode {
    lab_kit::run(&lab_kit::lab!(about()), story)
}

fn about() -> LabInfo {
    LabInfo::new(
        "ownership",
        "Ownership of tasks",
        "Each order starts a letter that nobody waits for. See what is left of the letters when the shop closes, with an owner and without.",
    )
    .knob(Knob::new("owner", 0..=2).help("0: nobody; 1: a tracker that closing time waits for; 2: and each letter has a deadline"))
    .knob(Knob::new("orders", 20..=400).default(100).step(10).unit("orders").help("How many orders are confirmed before the shop closes"))
    .knob(Knob::new("answer", 1..=80).default(20).unit("ms").help("How long the mail server takes for a letter"))
    .knob(
        Knob::new("stuck", 0..=50)
            .default(10)
            .unit("letters")
            .help("Of so many letters one is never answered; 0: all are"),
    )
    .figure("nobody", &[])
    .figure("deadlines", &[("owner", 2)])
}

/// The same day with each kind of owner. Held open, the shop has the reader's only, and never closes.
async fn story(lab: Context) -> Result<Report> {
    let asked: u64 = lab.knob("owner");
    if lab.is_held() {
        Day::new(&lab, asked, lab.knob("orders")).open().await;
        return Ok(columns());
    }
    let mut report = columns();
    for owner in 0..=2 {
        lab.progress(OWNERS[owner as usize]);
        let day = Day::new(&lab, owner, lab.knob("orders"));
        let took = until_closed(&day)?;
        report.row(day.row(took));
        if owner == asked {
            report.highlight = Some(report.rows.len() - 1);
            let drawn = Day::new(&lab, owner, DRAWN);
            lab.record(async { until_closed(&drawn) }).await?;
        }
    }
    report.note("lost: confirmed, not sent, and nobody was told. given up: not sent either, but its owner knows, and can try again.");
    report.note(format!("The picture shows the same with {DRAWN} orders."));
    Ok(report)
}

const OWNERS: [&str; 3] = ["nobody", "a tracker", "a tracker, with deadlines"];

/// Opens the shop in a runtime of its own and closes it, as a process that ends does: with the runtime, whatever still runs
/// in it is dropped. Says how long closing took.
fn until_closed(day: &Day) -> Result<Duration> {
    tokio::task::block_in_place(|| {
        let process = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("starting the shop's runtime")?;
        process.block_on(day.open());
        let closing = Instant::now();
        process.block_on(day.close());
        process.shutdown_timeout(CLOSING);
        Ok(closing.elapsed())
    })
}

/// One day in the shop, and what became of its letters.
struct Day {
    lab: Context,
    owner: u64,
    orders: u64,
    answer: Duration,
    stuck: u64,
    tracker: Tracker,
    letters: Arc<Letters>,
}

impl Day {
    fn new(lab: &Context, owner: u64, orders: u64) -> Self {
        Self {
            lab: lab.clone(),
            owner,
            orders,
            answer: Duration::from_millis(lab.knob("answer")),
            stuck: lab.knob("stuck"),
            tracker: Tracker::new(),
            letters: Arc::new(Letters::new(lab)),
        }
    }

    /// Confirms orders. Each starts a letter, and nobody waits for that here.
    async fn open(&self) {
        for number in 1..=self.orders {
            let letter = self.letter(number);
            let name = format!("letter {number}");
            // ANCHOR: owners
            match self.owner {
                0 => drop(spawn(name, letter.send())), // the handle is dropped: nobody
                1 => self.tracker.spawn(name, letter.send()), // the shop's tracker
                _ => self.tracker.spawn(name, letter.send_in_time()), // and it has a deadline
            }
            // ANCHOR_END: owners
            sleep(PACE).await;
        }
    }

    /// Whoever owns letters waits for them; but not for ever.
    async fn close(&self) {
        // ANCHOR: drain
        let report = self.tracker.drain(CLOSING).await;
        // These are known by name, and can be written down for tomorrow.
        self.letters.give_up(report.cut_off.len() as u64);
        // ANCHOR_END: drain
    }

    fn letter(&self, number: u64) -> Letter {
        self.letters.begin();
        Letter {
            lab: self.lab.clone(),
            letters: Arc::clone(&self.letters),
            answer: number
                .checked_rem(self.stuck)
                .is_none_or(|rest| rest > 0)
                .then_some(self.answer),
        }
    }

    fn row(&self, closing: Duration) -> [Cell; 8] {
        let letters = &self.letters;
        let (sent, given_up) = (letters.sent.load(Relaxed), letters.given_up.load(Relaxed));
        [
            Cell::from(self.owner),
            OWNERS[self.owner as usize].into(),
            self.orders.into(),
            sent.into(),
            given_up.into(),
            (self.orders - sent - given_up).into(),
            letters.most.load(Relaxed).into(),
            (closing.as_nanos() as u64).into(),
        ]
    }
}

/// A letter under way.
struct Letter {
    lab: Context,
    letters: Arc<Letters>,
    /// When the mail server answers, if it does.
    answer: Option<Duration>,
}

impl Letter {
    async fn send(self) {
        let answer = async {
            match self.answer {
                Some(time) => sleep(time).await,
                None => pending().await,
            }
        };
        self.lab.waiting("be answered", answer).await;
        self.letters.sent.fetch_add(1, Relaxed);
    }

    // ANCHOR: deadline
    async fn send_in_time(self) {
        let letters = Arc::clone(&self.letters);
        if timeout(DEADLINE, self.send()).await.is_err() {
            letters.give_up(1);
        }
    }
    // ANCHOR_END: deadline
}

impl Drop for Letter {
    /// Sent or not, it is not under way any more.
    fn drop(&mut self) {
        self.letters.end();
    }
}

/// What became of all letters of a day.
struct Letters {
    sent: AtomicU64,
    given_up: AtomicU64,
    under_way: AtomicU64,
    most: AtomicU64,
    strip: Counter,
}

impl Letters {
    fn new(lab: &Context) -> Self {
        let [sent, given_up, under_way, most] = Default::default();
        Self {
            sent,
            given_up,
            under_way,
            most,
            strip: lab.counter("letters under way"),
        }
    }

    fn begin(&self) {
        let now = self.under_way.fetch_add(1, Relaxed) + 1;
        self.most.fetch_max(now, Relaxed);
        self.strip.set(now as f64);
    }

    fn end(&self) {
        let before = self.under_way.fetch_sub(1, Relaxed);
        self.strip.set((before - 1) as f64);
    }

    fn give_up(&self, letters: u64) {
        self.given_up.fetch_add(letters, Relaxed);
    }
}

fn columns() -> Report {
    Report::new([
        Column::new("owner", Unit::Count),
        Column::new("of letters", Unit::None),
        Column::new("orders", Unit::Count),
        Column::new("sent", Unit::Count),
        Column::new("given up", Unit::Count),
        Column::new("lost", Unit::Count),
        Column::new("most under way", Unit::Count),
        Column::new("closing took", Unit::Nanoseconds),
    ])
}
