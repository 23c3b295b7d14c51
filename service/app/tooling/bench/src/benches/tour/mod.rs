//! What a reader of the book's first chapters sees: the service under the load of `make run`, then under three times of it, and
//! what the console costs the service that it looks at.

mod between;
mod shoppers;

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::console::{Console, build_note};
use super::sales::anywhere;
use super::{Bench, Found};
use crate::context::Context;
use crate::get::get;
use crate::record::{Row, Unit};
use crate::server::Server;
use crate::terminal::Where;
use between::Between;
use shoppers::Shoppers;

pub(crate) const BENCH: Bench = Bench {
    name: "tour",
    what: "sales-api under the load of `make run`, 100 visits a second: alone, with the console on it at its default of one \
           reading a second, with the console's CPU view open, with three times the load, and with a CPU profile of 10 s.",
    run: |context| Box::pin(run(context)),
};

/// Visits a second, as `make run` starts them, and those that the reader adds.
const USUAL: u32 = 100;
const MORE: u32 = 200;
/// How often everything is measured.
const ROUNDS: usize = 4;
const WINDOW: Duration = Duration::from_secs(5);
/// How long after a change it is measured.
const SETTLE: Duration = Duration::from_secs(2);
/// How long the profile takes, in seconds.
const PROFILE: u32 = 10;
const PATIENCE: Duration = Duration::from_mins(1);

async fn run(context: &Context) -> anyhow::Result<Found> {
    let console = Console::find(context)?;
    let scratch = Context::scratch()?;
    let store = format!("sqlite:{}", scratch.path().join("sales.db").display());
    let server = Server::start(
        &context.cores,
        &context.program("sales-api", "sales-api")?,
        &anywhere(&store),
        &[],
    )?;
    let between = Between::start(server.debug).await?;
    let usual = Shoppers::start(context, server.api, USUAL)?;
    tokio::time::sleep(2 * SETTLE).await;

    let window = context.window(WINDOW);
    let times = context.times(ROUNDS);
    eprintln!("  tour: under the usual load, and under three times of it");
    let at_100 = Seen::times(times, &server, &between, window).await?;
    let more = Shoppers::start(context, server.api, MORE)?;
    tokio::time::sleep(SETTLE).await;
    let at_300 = Seen::times(times, &server, &between, window).await?;
    drop(more);
    tokio::time::sleep(SETTLE).await;

    let (mut alone, mut watched, mut profiled) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=times {
        eprintln!("  tour: alone, watched, its CPU viewed, {round} of {times}");
        alone.push(Seen::now(&server, &between, window).await?);
        let mut terminal =
            console.start(context, Where::Anywhere, &[between.address.to_string()])?;
        tokio::time::sleep(SETTLE).await;
        watched.push(Seen::now(&server, &between, window).await?);
        let before = between.counts().profiles;
        terminal.press("4")?;
        tokio::time::sleep(SETTLE).await;
        profiled.push(Seen::now(&server, &between, window).await?);
        ensure!(
            between.counts().profiles > before,
            "the CPU view has asked for no profile"
        );
        drop(terminal);
        tokio::time::sleep(SETTLE).await;
    }
    let profile = Profile::take(context, &server).await?;
    drop(usual);
    server.stop()?;

    let mut rows = load("100/s", &at_100);
    rows.extend(load("300/s", &at_300));
    rows.extend(cost("the console", &alone, &watched));
    rows.extend(cost("the CPU view", &alone, &profiled));
    rows.extend(profile.rows(&alone));
    Ok(Found {
        rows,
        notes: notes(),
    })
}

fn notes() -> Vec<String> {
    vec![
        "sales-api with its defaults on SQLite, its database in memory (/dev/shm, where there is one) and its log read by the \
         benchmark; sales-load with its defaults. CPU is that of the service's process, in per cent of one core. Tasks and latency are what \
         the service says of itself."
            .to_owned(),
        "Bytes and requests are those of the debug listener, in both directions, counted by a relay between it and the console."
            .to_owned(),
        build_note(),
    ]
}

/// What was seen of the service in a while.
struct Seen {
    /// In per cent of a core.
    cpu: f64,
    /// Of requests in the last seconds, in nanoseconds.
    p50: f64,
    p99: f64,
    tasks: f64,
    /// Visits and whatever else is a request, a second.
    requests: f64,
    /// What went through the relay, a second.
    bytes: f64,
    asked: f64,
}

impl Seen {
    async fn times(
        times: usize,
        server: &Server,
        between: &Between,
        length: Duration,
    ) -> anyhow::Result<Vec<Seen>> {
        let mut seen = Vec::new();
        for _ in 0..times {
            seen.push(Seen::now(server, between, length).await?);
        }
        Ok(seen)
    }

    async fn now(server: &Server, between: &Between, length: Duration) -> anyhow::Result<Seen> {
        let before = variables(server).await?;
        let (started, cpu, through) = (Instant::now(), server.cpu()?, between.counts());
        tokio::time::sleep(length).await;
        let cpu = server.cpu()?.saturating_sub(cpu);
        let took = started.elapsed().as_secs_f64();
        let now = between.counts();
        let after = variables(server).await?;
        let number = |document: &Value, path: &str| -> anyhow::Result<f64> {
            let value = document.pointer(path).and_then(Value::as_f64);
            value.with_context(|| format!("the service publishes no number {path}"))
        };
        let requests = (number(&after, "/requests")? - number(&before, "/requests")?) / took;
        ensure!(requests > 0.0, "nobody visits the shop");
        Ok(Seen {
            cpu: cpu.as_secs_f64() / took * 100.0,
            p50: number(&after, "/latency_recent_ns/p50")?,
            p99: number(&after, "/latency_recent_ns/p99")?,
            tasks: number(&after, "/runtime/alive_tasks")?,
            requests,
            bytes: (now.bytes - through.bytes) as f64 / took,
            asked: (now.requests - through.requests) as f64 / took,
        })
    }
}

async fn variables(server: &Server) -> anyhow::Result<Value> {
    let answer = get(server.debug, "/debug/vars", PATIENCE).await?.good()?;
    Ok(serde_json::from_slice(&answer.body)?)
}

/// A profile, and what it took.
struct Profile {
    /// In per cent of a core, the end included, when names are looked up.
    cpu: f64,
    bytes: usize,
}

impl Profile {
    async fn take(context: &Context, server: &Server) -> anyhow::Result<Profile> {
        let seconds = if context.quick { 1 } else { PROFILE };
        let (started, before) = (Instant::now(), server.cpu()?);
        let path = format!("/debug/pprof/profile?seconds={seconds}");
        let answer = get(server.debug, &path, PATIENCE).await?.good()?;
        Ok(Profile {
            cpu: server.cpu()?.saturating_sub(before).as_secs_f64()
                / started.elapsed().as_secs_f64()
                * 100.0,
            bytes: answer.body.len(),
        })
    }

    fn rows(&self, alone: &[Seen]) -> Vec<Row> {
        let pairs = alone.iter().map(|alone| [alone.cpu, self.cpu]).collect();
        vec![
            Row::difference(
                "a profile of 10 s: CPU of the service",
                Unit::Percent,
                pairs,
                None,
            ),
            Row::counted(
                "a profile of 10 s: size",
                Unit::Bytes,
                self.bytes as f64,
                None,
            ),
        ]
    }
}

fn load(name: &str, seen: &[Seen]) -> Vec<Row> {
    let row = |what: &str, unit, of: fn(&Seen) -> f64| {
        Row::repeated(
            &format!("{name}: {what}"),
            unit,
            seen.iter().map(of).collect(),
            None,
        )
    };
    vec![
        row("requests", Unit::Rate, |seen| seen.requests),
        row("CPU of the service", Unit::Percent, |seen| seen.cpu),
        row("median", Unit::Nanoseconds, |seen| seen.p50),
        row("p99", Unit::Nanoseconds, |seen| seen.p99),
        row("tasks", Unit::Count, |seen| seen.tasks),
    ]
}

fn cost(name: &str, alone: &[Seen], watched: &[Seen]) -> Vec<Row> {
    let pairs = alone
        .iter()
        .zip(watched)
        .map(|(alone, watched)| [alone.cpu, watched.cpu]);
    let row = |what: &str, unit, of: fn(&Seen) -> f64| {
        Row::repeated(
            &format!("{name}: {what}"),
            unit,
            watched.iter().map(of).collect(),
            None,
        )
    };
    vec![
        Row::difference(
            &format!("{name}: CPU of the service"),
            Unit::Percent,
            pairs.collect(),
            None,
        ),
        row("requests a second", Unit::Rate, |seen| seen.asked),
        row("bytes a second", Unit::Bytes, |seen| seen.bytes),
    ]
}
