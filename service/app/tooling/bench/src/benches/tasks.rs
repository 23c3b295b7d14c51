//! Ten thousand tasks, and what they do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use profile::Profile;

use super::{Bench, Found};
use crate::context::Context;
use crate::get::{Answer, Connection};
use crate::load::{Load, Pace, Plan, Prepared};
use crate::paired::{Arm, Window, alternate, each};
use crate::record::{Limit, Row, Unit};
use crate::subject;

pub(crate) const BENCH: Bench = Bench {
    name: "task-dump",
    what: "A dump of 10,000 tasks that wait, as a profile: how long the answer takes, and what five a second (B) do to the \
           latency of requests, against none (A).",
    run: |context| Box::pin(run(context)),
};

const TASKS: usize = 10_000;
const PATH: &str = "/debug/pprof/goroutine";
const PATIENCE: Duration = Duration::from_secs(30);
/// Of time for an answer, in nanoseconds.
const LIMIT: f64 = 100e6;
/// What "without moving the p99" means: less than so many per cent.
const MOVED: f64 = 10.0;
/// Time between two dumps.
const EVERY: Duration = Duration::from_millis(200);
/// Requests per second: about a third of what one core can do.
const RATE: f64 = 3_000.0;

async fn run(context: &Context) -> anyhow::Result<Found> {
    let server = subject::start(context, &["--tasks", &TASKS.to_string()], &[])?;
    let mut rows = alone(context, server.debug).await?;
    let plan = Plan {
        requests: vec![Prepared::get("/wait")?],
        connections: 64,
        pace: Pace::Open(RATE),
    };
    let load = Load::start(server.api, plan, &context.cores)?;
    let dumps = Dumps::start(server.debug);
    let window = context.window(Duration::from_millis(1_500));
    let windows = alternate(
        BENCH.name,
        context.times(30),
        |window: &Window| window.p99,
        async |arm| {
            dumps.wanted.store(arm == Arm::B, Ordering::SeqCst);
            // One under way belongs to the arm before.
            tokio::time::sleep(EVERY * 2).await;
            let before = dumps.done.load(Ordering::SeqCst);
            let measured = Window::measure(&server, &load.meter, window).await?;
            let rate =
                (dumps.done.load(Ordering::SeqCst) - before) as f64 / (window.as_secs_f64() * 1.2);
            ensure!(
                (arm == Arm::A && rate == 0.0) || rate >= 3.0,
                "{rate:.1} dumps a second where there should be {}",
                if arm == Arm::A { 0 } else { 5 }
            );
            Ok(measured)
        },
    )
    .await?;
    dumps.end().await?;
    let counts = load.stop()?;
    ensure!(
        counts.lost() == 0 && counts.wrong == 0,
        "requests went wrong: {:?}",
        counts.first_fault
    );
    server.stop()?;
    rows.push(Row::ratio(
        "p99 of requests, five dumps a second",
        Unit::Nanoseconds,
        each(&windows, |window| window.p99),
        Some(Limit::AtMost(MOVED)),
    ));
    rows.push(Row::ratio(
        "CPU per request, five dumps a second",
        Unit::Nanoseconds,
        each(&windows, |window| window.cpu),
        None,
    ));
    Ok(Found {
        rows,
        notes: vec![format!(
            "Load: {RATE:.0} requests a second on a clock, whatever the answers do (latency counts from when a request was \
             due); each waits 5 ms and computes for some tens of microseconds. Everything of the program, the dump \
             included, is on one core."
        )],
    })
}

/// Without load.
async fn alone(context: &Context, debug: SocketAddr) -> anyhow::Result<Vec<Row>> {
    let mut connection = Connection::open(debug).await?;
    let started = Instant::now();
    let answer = dump(&mut connection).await?;
    let first = started.elapsed().as_nanos() as f64;
    let tasks = tasks_in(&answer)?;
    let mut times = Vec::new();
    for _ in 0..context.times(40) {
        let started = Instant::now();
        dump(&mut connection).await?;
        times.push(started.elapsed().as_nanos() as f64);
    }
    Ok(vec![
        Row::repeated(
            "time of a dump, answer included",
            Unit::Nanoseconds,
            times,
            Some(Limit::AtMost(LIMIT)),
        ),
        Row::counted("time of the first one", Unit::Nanoseconds, first, None),
        Row::counted(
            "tasks in it",
            Unit::Count,
            tasks,
            Some(Limit::AtLeast(TASKS as f64)),
        ),
    ])
}

async fn dump(connection: &mut Connection) -> anyhow::Result<Answer> {
    connection.get(PATH, PATIENCE).await?.good()
}

fn tasks_in(answer: &Answer) -> anyhow::Result<f64> {
    let profile = Profile::decode(&answer.body).context("a dump that was served")?;
    Ok(profile.total(profile.default_index()) as f64)
}

/// Someone who asks for dumps, when they are wanted.
struct Dumps {
    wanted: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    asking: tokio::task::JoinHandle<anyhow::Result<()>>,
    ended: Arc<AtomicBool>,
}

impl Dumps {
    fn start(debug: SocketAddr) -> Dumps {
        let (wanted, ended) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicBool::new(false)),
        );
        let done = Arc::new(AtomicU64::new(0));
        let (asked, over, counted) = (Arc::clone(&wanted), Arc::clone(&ended), Arc::clone(&done));
        let asking = tokio::spawn(async move {
            let mut connection = Connection::open(debug).await?;
            let mut every = tokio::time::interval(EVERY);
            every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            while !over.load(Ordering::SeqCst) {
                every.tick().await;
                if asked.load(Ordering::SeqCst) {
                    let answer = dump(&mut connection).await?;
                    let tasks = tasks_in(&answer)?;
                    ensure!(tasks >= TASKS as f64, "a dump has {tasks} tasks only");
                    counted.fetch_add(1, Ordering::SeqCst);
                } else if counted.load(Ordering::SeqCst) > 0 {
                    // An idle connection would be closed.
                    connection.get("/debug/pprof/cmdline", PATIENCE).await?;
                }
            }
            Ok(())
        });
        Dumps {
            wanted,
            done,
            asking,
            ended,
        }
    }

    async fn end(self) -> anyhow::Result<()> {
        self.ended.store(true, Ordering::SeqCst);
        self.asking.await?
    }
}
