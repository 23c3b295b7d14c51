//! What recording costs: the same work by turns without and with it, in CPU time of the thread that does it.
//!
//! ```sh
//! cargo run -p lab-kit --example recorder
//! ```
//!
//! An event is one call of the recorder, the clock that is read for it included; how many there are in a piece of work is
//! counted while it is done once. `make bench BENCH=recorder` runs this many times and holds it against its limits.

use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use lab_kit::anyhow::{Context as _, Result};
use lab_kit::{Cell, Column, Context, Knob, LabInfo, Report, Unit, channel, spawn, thread};
use rustix::time::{ClockId, clock_gettime};

fn main() -> ExitCode {
    let about = LabInfo::new(
        "recorder",
        "What recording costs",
        "The same work by turns without and with recording.",
    )
    .knob(
        Knob::new("rounds", 1_000..=100_000)
            .step(1_000)
            .default(50_000)
            .help("How often each piece of work is done in a measurement"),
    )
    .knob(
        Knob::new("pairs", 1..=100)
            .default(5)
            .help("How many measurements there are of each"),
    );
    lab_kit::run(&lab_kit::lab!(about), story)
}

/// What does something so many times.
type Work = fn(&Context, u64);

/// Each piece of work: a name, how many events the lab itself says in it, and what does it so many times in a thread of
/// its own.
const WORK: [(&str, u64, Work); 6] = [
    ("a value sent and received", 0, values),
    ("a lock taken and released", 0, locks),
    ("a wait, and a hand-over", 0, rendezvous),
    ("a mark", 1, marks),
    ("a span", 2, spans),
    ("a counter set", 1, counts),
];

async fn story(lab: Context) -> Result<Report> {
    let (rounds, pairs) = (lab.knob("rounds"), lab.knob::<u64>("pairs"));
    let mut report = Report::new([
        Column::new("", Unit::None),
        Column::new("events", Unit::None),
        Column::new("without", Unit::Nanoseconds),
        Column::new("recorded", Unit::Nanoseconds),
        Column::new("per event", Unit::Nanoseconds),
    ]);
    for (name, said, work) in WORK {
        let told = told(&lab, work, rounds).await? as f64 / rounds as f64;
        // What happens once, such as the beginning of a task, is no part of a round.
        let events = told.round() + said as f64;
        // The first passes pay for what only happens once.
        pass(&lab, work, rounds).await?;
        lab.watch(pass(&lab, work, rounds)).await.0?;
        for pair in 0..pairs {
            let (mut without, mut recorded) = (0.0, 0.0);
            for arm in 0..2 {
                if (pair + arm) % 2 == 0 {
                    without = pass(&lab, work, rounds).await?;
                } else {
                    recorded = lab.watch(pass(&lab, work, rounds)).await.0?;
                }
            }
            let each = (recorded - without) / events;
            report.row([
                Cell::from(name),
                events.into(),
                without.into(),
                recorded.into(),
                each.into(),
            ]);
        }
    }
    Ok(report)
}

/// CPU time of one round, in nanoseconds.
async fn pass(lab: &Context, work: Work, rounds: u64) -> Result<f64> {
    let teller = lab.clone();
    let worker = thread(lab, "worker", move || {
        let before = cpu();
        work(&teller, rounds);
        cpu().saturating_sub(before).as_nanos() as f64 / rounds as f64
    });
    let joined = tokio::task::spawn_blocking(move || worker.join()).await?;
    joined.ok().context("the work panicked")
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// How many events the work tells the hook of.
async fn told(lab: &Context, work: Work, rounds: u64) -> Result<u64> {
    struct Counting(AtomicU64);
    impl sync::Observer for Counting {
        fn event(&self, _at: Instant, _event: &sync::Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let counting = Arc::new(Counting(AtomicU64::new(0)));
    let hook = sync::observe(Arc::clone(&counting) as Arc<dyn sync::Observer>);
    pass(lab, work, rounds).await?;
    drop(hook);
    Ok(counting.0.load(Ordering::Relaxed))
}

fn values(_lab: &Context, rounds: u64) {
    let (sender, receiver) = channel("numbers", 1);
    for number in 0..rounds {
        at_once(sender.send(number)).expect("there is a receiver");
        at_once(receiver.recv());
    }
}

fn locks(_lab: &Context, rounds: u64) {
    let lock = sync::Mutex::new("number", 0);
    for _ in 0..rounds {
        *lock.lock() += 1;
    }
}

/// Two tasks that wait for each other at every value.
fn rendezvous(_lab: &Context, rounds: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime
        .expect("the system has a thread's means")
        .block_on(async {
            let (sender, receiver) = channel("numbers", 0);
            let sending = spawn("sender", async move {
                for number in 0..rounds {
                    sender.send(number).await.expect("there is a receiver");
                }
            });
            while receiver.recv().await.is_some() {}
            sending.await.expect("it does not panic");
        });
}

fn marks(lab: &Context, rounds: u64) {
    for _ in 0..rounds {
        lab.mark("here");
    }
}

fn spans(lab: &Context, rounds: u64) {
    for _ in 0..rounds {
        drop(lab.span("work"));
    }
}

fn counts(lab: &Context, rounds: u64) {
    let counter = lab.counter("number");
    for number in 0..rounds {
        counter.set(number as f64);
    }
}

/// The output of a future that need not wait.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut std::task::Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("there is room, and there is a value"),
    }
}
