//! A service that is profiled without a break, while everything that could break it happens.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use http::StatusCode;
use profile::Profile;
use serde_json::Value;

use super::LOAD;
use crate::benches::{Bench, Found};
use crate::context::Context;
use crate::get::{Answer, Connection, get};
use crate::load::{Counts, Load, Pace, Plan, Prepared};
use crate::record::{Limit, Row, Unit};
use crate::server::Server;
use crate::subject;

pub(crate) const PLAIN: Bench = Bench {
    name: "soak-profile",
    what: "A service under full load whose CPU is profiled at 1000 Hz without a break, while requests and threads of its \
           own allocate, panic, map memory and start threads.",
    run: |context| Box::pin(run(context, false)),
};

pub(crate) const HEAP: Bench = Bench {
    name: "soak-profile-heap",
    what: "The same with heap sampling every 512 KiB, and a heap profile every few seconds.",
    run: |context| Box::pin(run(context, true)),
};

/// Go's rate: one allocation in so many bytes.
const HEAP_RATE: u32 = 512 << 10;
/// The longest capture that is asked for, in seconds.
const CAPTURE: u64 = 600;
/// Without an answer to any request for so long, the service is taken for dead.
const STANDSTILL: Duration = Duration::from_secs(15);
/// Time between two heap profiles.
const HEAP_EVERY: Duration = Duration::from_secs(5);

async fn run(context: &Context, heap: bool) -> anyhow::Result<Found> {
    let mut server = subject::start(context, &["--trouble", "--workers", "4"], &[])?;
    if heap {
        let mut connection = Connection::open(server.debug).await?;
        let path = format!("/debug/pprof/heap?rate={HEAP_RATE}");
        connection.post(&path, STANDSTILL).await?.good()?;
    }
    let load = Load::start(server.api, plan()?, &context.cores)?;
    let seconds = if context.quick {
        5.0
    } else {
        context.seconds.unwrap_or(LOAD)
    };
    let length = Duration::from_secs_f64(seconds.max(2.0));
    let debug = server.debug;
    let captures = tokio::spawn(captures(debug, length));
    let heaps = tokio::spawn(async move {
        if heap {
            heaps(debug, length).await
        } else {
            Ok(0)
        }
    });
    watch(&mut server, &load, length).await?;
    let captures = captures.await??;
    let heaps = heaps.await??;
    // What is under way when the captures end is answered before the counts are compared.
    let counts = load.stop()?;
    let variables = variables(&server).await?;
    server.stop().context("at its end")?;
    Ok(Found {
        rows: rows(&counts, &captures, heap.then_some(heaps), &variables)?,
        notes: vec![format!(
            "Load: 32 connections, closed, for {:.0} s; of ten requests six compute and allocate, two wait as well, one \
             panics and one starts a thread. Five threads besides start threads and child processes, panic, map memory and \
             free what others allocated, all the time. Captures of up to {CAPTURE} s follow each other. No crash and no deadlock: the \
             service answered throughout and ended with code 0 when it was told to.",
            length.as_secs_f64()
        )],
    })
}

fn plan() -> anyhow::Result<Plan> {
    let failing = Prepared::get("/panic")?.expecting(StatusCode::INTERNAL_SERVER_ERROR);
    let (work, wait, thread) = (
        Prepared::get("/work")?,
        Prepared::get("/wait")?,
        Prepared::get("/thread")?,
    );
    let requests = [
        &work, &wait, &work, &thread, &work, &failing, &work, &wait, &work, &work,
    ];
    Ok(Plan {
        requests: requests.into_iter().cloned().collect(),
        connections: 32,
        pace: Pace::Closed,
    })
}

/// Fails if the service ends, or answers nothing any more.
async fn watch(server: &mut Server, load: &Load, length: Duration) -> anyhow::Result<()> {
    let started = Instant::now();
    let (mut answered, mut last, mut shown) = (0, started, started);
    while started.elapsed() < length {
        tokio::time::sleep(Duration::from_millis(250)).await;
        if let Some(status) = server.ended()? {
            bail!("it crashed after {:?}: {status}", started.elapsed());
        }
        let now = load.meter.answered();
        if now > answered {
            (answered, last) = (now, Instant::now());
        }
        if last.elapsed() > STANDSTILL {
            bail!(
                "no request was answered for {STANDSTILL:?}: a deadlock? Its threads:\n{}",
                server.threads()
            );
        }
        if shown.elapsed() > Duration::from_secs(10) {
            shown = Instant::now();
            eprintln!(
                "  soak: {:.0} of {:.0} s, {answered} requests answered",
                started.elapsed().as_secs_f64(),
                length.as_secs_f64()
            );
        }
    }
    Ok(())
}

/// What the captures gave.
#[derive(Debug, Default)]
struct Captures {
    finished: u64,
    deliverable: f64,
    kept: f64,
    stacks: usize,
}

/// One capture after another.
async fn captures(debug: std::net::SocketAddr, length: Duration) -> anyhow::Result<Captures> {
    let end = Instant::now() + length;
    let mut captures = Captures::default();
    while let left @ 1.. = end.saturating_duration_since(Instant::now()).as_secs() {
        let path = format!("/debug/pprof/profile?seconds={}&hz=1000", left.min(CAPTURE));
        let answer = ask(debug, &path).await?;
        captures.finished += 1;
        captures.deliverable += answer.number("x-profile-deliverable");
        captures.kept += answer.number("x-profile-kept");
        let profile = Profile::decode(&answer.body).context("a profile that was served")?;
        ensure!(
            !profile.samples.is_empty(),
            "a profile of a busy service has no samples"
        );
        captures.stacks += profile.samples.len();
    }
    Ok(captures)
}

/// How many heap profiles there were.
async fn heaps(debug: std::net::SocketAddr, length: Duration) -> anyhow::Result<u64> {
    let end = Instant::now() + length;
    let mut finished = 0;
    while Instant::now() < end {
        let answer = ask(debug, "/debug/pprof/heap").await?;
        let profile = Profile::decode(&answer.body).context("a heap profile that was served")?;
        ensure!(
            !profile.samples.is_empty(),
            "a heap profile of a busy service has no samples"
        );
        finished += 1;
        tokio::time::sleep(HEAP_EVERY).await;
    }
    Ok(finished)
}

async fn ask(debug: std::net::SocketAddr, path: &str) -> anyhow::Result<Answer> {
    let limit = Duration::from_secs(CAPTURE + 60);
    let answer = get(debug, path, limit).await.and_then(Answer::good);
    answer.with_context(|| format!("GET {path}"))
}

async fn variables(server: &Server) -> anyhow::Result<Value> {
    let answer = ask(server.debug, "/debug/vars").await?;
    Ok(serde_json::from_slice(&answer.body)?)
}

fn rows(
    counts: &Counts,
    captures: &Captures,
    heaps: Option<u64>,
    variables: &Value,
) -> anyhow::Result<Vec<Row>> {
    if let Some(fault) = &counts.first_fault {
        eprintln!("  soak: {fault}");
    }
    let number = |name: &str| {
        variables[name]
            .as_f64()
            .with_context(|| format!("the variable {name}"))
    };
    let none = Some(Limit::AtMost(0.0));
    let count = |what, value, limit| Row::counted(what, Unit::Count, value, limit);
    let mut rows = vec![
        count(
            "requests sent",
            counts.sent as f64,
            Some(Limit::AtLeast(1.0)),
        ),
        count("requests without an answer", counts.lost() as f64, none),
        count(
            "requests answered otherwise than they should",
            counts.wrong as f64,
            none,
        ),
        count(
            "difference between the service's count of requests and the client's",
            (number("requests")? - counts.answered as f64).abs(),
            none,
        ),
        count(
            "requests still under way in the end",
            number("in_flight")?,
            none,
        ),
        count(
            "panics caught in requests",
            number("panics")?,
            Some(Limit::AtLeast(1.0)),
        ),
        count(
            "CPU profiles",
            captures.finished as f64,
            Some(Limit::AtLeast(1.0)),
        ),
        count("different stacks in them", captures.stacks as f64, None),
        Row::counted(
            "samples kept of those deliverable",
            Unit::Percent,
            captures.kept / captures.deliverable.max(1.0) * 100.0,
            // The limit is cpu-profile's; here threads live for less than a tick.
            None,
        ),
    ];
    rows.extend(heaps.map(|heaps| count("heap profiles", heaps as f64, Some(Limit::AtLeast(1.0)))));
    Ok(rows)
}
