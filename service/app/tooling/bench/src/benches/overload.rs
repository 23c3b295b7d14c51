//! What is left of a service of which more is asked than it can do.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http::StatusCode;
use tempfile::TempDir;

use super::sales::anywhere;
use super::turns::start_logged;
use super::{Bench, Found};
use crate::context::Context;
use crate::load::{Load, Pace, Plan, Prepared};
use crate::record::{Limit, Row, Unit};
use crate::server::Server;

pub(crate) const BENCH: Bench = Bench {
    name: "process-overload",
    what: "/v1/process with 8 tickets of 5 ms, offered 80 % of what it can do and 1, 2, 5 and 10 times as much, on a clock that \
           does not wait for answers. Goodput is answers with 200, per second. Then a route that keeps the CPU busy for 1 ms, \
           with 5 and 10 times as much as it can do.",
    run: |context| Box::pin(run(context)),
};

const ROUNDS: usize = 30;
/// Of what needs no pairs.
const FEWER_ROUNDS: usize = 10;
const WINDOW: Duration = Duration::from_millis(600);
/// How long a load goes on before it is measured: longer than it takes to notice an overload.
const SETTLE: Duration = Duration::from_millis(300);
/// More than are ever under way, so that requests are sent when they are due.
const CONNECTIONS: usize = 400;
/// More than 8 tickets of 5 ms could do, per second.
const PLENTY: f64 = 3_200.0;
/// Times what it can do, and how much less goodput that may be than the most of the round, in per cent.
const OFFERED: [(f64, f64); 4] = [(1.0, 5.0), (2.0, 5.0), (5.0, 5.0), (10.0, 10.0)];
/// Below what it can do.
const CALM: f64 = 0.8;
/// What the process may grow from the first round to the last: nothing that counts.
const GROWTH: f64 = (8 << 20) as f64;

const PROCESS_NOTE: &str = "What it can do is its goodput when 3,200 a second are offered, measured first. Peak is the most of a \
     round. Latencies count from when a request was due, waits for a connection included; the process is sales-api itself \
     with everything on, its log in a file in memory.";
const CPU_NOTE: &str = "The route that keeps the CPU busy is GET /v1/products/{id} under --chaos, let in 4 at a time with \
     16 that wait. What an answer costs is the CPU time of the process per answer when 4 closed connections ask and nobody is \
     refused; what else it uses at 5 and 10 times the load, per refusal, is what a refusal costs there. What refusing leaves \
     at 10 times the load is what the CPU time of that window would have answered, had each of its refusals cost what one \
     costs at 5 times the load in the same round. As fast as it goes, with 64 closed connections and work that sleeps for \
     20 ms, a refusal costs less: many share a wake-up.";

async fn run(context: &Context) -> anyhow::Result<Found> {
    let mut rows = process(context).await?;
    rows.extend(cpu_bound(context).await?);
    Ok(Found {
        rows,
        notes: vec![PROCESS_NOTE.to_owned(), CPU_NOTE.to_owned()],
    })
}

/// A load's window.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Answers as expected, per second.
    good: f64,
    /// Refusals per second.
    refused: f64,
    /// 99 of 100 of what was answered as expected took so long at most, in nanoseconds.
    p99: f64,
    /// CPU seconds per second.
    cpu: f64,
    /// Resident memory, in bytes.
    memory: f64,
}

async fn process(context: &Context) -> anyhow::Result<Vec<Row>> {
    let files = Context::scratch()?;
    let server = start(context, &files, &[])?;
    let request = Prepared::post("/v1/process", "")?.expecting(StatusCode::OK);
    let load = |pace| offer(context, &server, &request, pace);
    let most = load(Open(PLENTY)).await?.good;
    let mut calm = Vec::new();
    let mut offered = [const { Vec::new() }; OFFERED.len()];
    for round in 0..context.times(ROUNDS) {
        calm.push(load(Open(most * CALM)).await?);
        // Up and down again: what drifts, drifts for all.
        let mut order: Vec<usize> = (0..OFFERED.len()).collect();
        if !round.is_multiple_of(2) {
            order.reverse();
        }
        for at in order {
            offered[at].push(load(Open(most * OFFERED[at].0)).await?);
        }
        eprintln!(
            "  {}: round {}, goodput {:?} of {most:.0}/s, p99 {:.1} and {:.1?} ms",
            BENCH.name,
            round + 1,
            offered.each_ref().map(|seen| seen[round].good.round()),
            calm[round].p99 / 1e6,
            offered.each_ref().map(|seen| seen[round].p99 / 1e6),
        );
    }
    server.stop()?;
    let mut rows = vec![Row::counted("what it can do", Unit::Rate, most, None)];
    rows.extend(goodput(&offered));
    rows.extend(latencies(&calm, &offered));
    rows.extend(memory(&offered[OFFERED.len() - 1]));
    Ok(rows)
}

fn goodput(offered: &[Vec<Seen>; OFFERED.len()]) -> Vec<Row> {
    let peak = |round: usize| {
        offered
            .iter()
            .map(|seen| seen[round].good)
            .fold(0.0, f64::max)
    };
    let row = |((times, lost), seen): ((f64, f64), &Vec<Seen>)| {
        let what = format!("goodput, {times} × offered, of the peak");
        let pairs = seen.iter().enumerate();
        let pairs = pairs
            .map(|(round, seen)| [peak(round), seen.good])
            .collect();
        Row::ratio(&what, Unit::Rate, pairs, Some(Limit::AtLeast(-lost)))
    };
    OFFERED.into_iter().zip(offered).map(row).collect()
}

fn latencies(calm: &[Seen], offered: &[Vec<Seen>; OFFERED.len()]) -> Vec<Row> {
    let row = |((times, _), seen): ((f64, f64), &Vec<Seen>)| {
        let what = format!("p99 of those admitted, {times} × offered, against 80 %");
        let pairs = calm.iter().zip(seen);
        let pairs = pairs.map(|(calm, seen)| [calm.p99, seen.p99]).collect();
        Row::times(&what, Unit::Nanoseconds, pairs, Some(Limit::AtMost(2.0)))
    };
    OFFERED.into_iter().zip(offered).map(row).collect()
}

fn memory(most: &[Seen]) -> Vec<Row> {
    let all = most.iter().map(|seen| seen.memory);
    let (first, last) = (most.first(), most.last());
    let grown = first
        .zip(last)
        .map(|(first, last)| last.memory - first.memory);
    vec![
        Row::counted("memory at most", Unit::Bytes, all.fold(0.0, f64::max), None),
        Row::counted(
            "memory, growth from the first round of 10 × to the last",
            Unit::Bytes,
            grown.unwrap_or(f64::NAN),
            Some(Limit::AtMost(GROWTH)),
        ),
    ]
}

/// Connections that keep the CPU busy with refusals alone: far more than may be inside and wait.
const REFUSED: usize = 64;
/// How much less the goodput may be than what refusing leaves, in per cent: nothing else is lost.
const CPU_LOST: f64 = 0.0;

async fn cpu_bound(context: &Context) -> anyhow::Result<Vec<Row>> {
    let alone = refusal(context).await?;
    let (_files, server) = busy(context, "/v1/products cpu=1ms")?;
    let request = Prepared::get("/v1/products/1")?;
    let (mut five, mut ten, mut kept, mut pairs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..context.times(ROUNDS) {
        let load = |pace| offer(context, &server, &request, pace);
        // As many as are let in: nobody is refused.
        let calm = load(Closed(4)).await?;
        let [some, many] = [
            load(Open(calm.good * 5.0)).await?,
            load(Open(calm.good * 10.0)).await?,
        ];
        let answer = calm.cpu / calm.good;
        let refusal = |seen: &Seen| (seen.cpu - seen.good * answer) / seen.refused;
        let left = (many.cpu - many.refused * refusal(&some)) / answer;
        eprintln!(
            "  {}: CPU, round {}, goodput {:.0}, {:.0}, {:.0}/s, refusing leaves {left:.0}/s, a refusal {:.1}, {:.1} us",
            BENCH.name,
            round + 1,
            calm.good,
            some.good,
            many.good,
            refusal(&some) * 1e6,
            refusal(&many) * 1e6,
        );
        five.push(refusal(&some) * 1e9);
        ten.push(refusal(&many) * 1e9);
        kept.push([calm.good, many.good]);
        pairs.push([left, many.good]);
    }
    server.stop()?;
    let cost = |how: &str, values| {
        let what = format!("CPU of a refusal, {how}");
        Row::repeated(&what, Unit::Nanoseconds, values, None)
    };
    let goodput = |of: &str, pairs, limit| {
        let what = format!("CPU-bound route, goodput at 10 × offered, of {of}");
        Row::ratio(&what, Unit::Rate, pairs, limit)
    };
    Ok(vec![
        cost("as fast as it goes", alone),
        cost("CPU-bound route at 5 × offered", five),
        cost("CPU-bound route at 10 × offered", ten),
        goodput("that without overload", kept, None),
        goodput(
            "what refusing leaves",
            pairs,
            Some(Limit::AtLeast(CPU_LOST)),
        ),
    ])
}

/// What a refusal costs that is one of many at once, in nanoseconds, over and over.
async fn refusal(context: &Context) -> anyhow::Result<Vec<f64>> {
    let (_files, server) = busy(context, "/v1/products latency=20ms")?;
    let request = Prepared::get("/v1/products/1")?;
    let mut costs = Vec::new();
    for _ in 0..context.times(FEWER_ROUNDS) {
        let seen = offer(context, &server, &request, Closed(REFUSED)).await?;
        costs.push(seen.cpu * 1e9 / (seen.refused + seen.good));
    }
    server.stop()?;
    Ok(costs)
}

/// The service, with a route that things befall and a gate for work that needs the CPU.
fn busy(context: &Context, chaos: &str) -> anyhow::Result<(TempDir, Server)> {
    let files = Context::scratch()?;
    let flags = ["--chaos", chaos, "--concurrency", "4", "--queue", "16"];
    let server = start(context, &files, &flags)?;
    Ok((files, server))
}

/// How a load comes.
enum Coming {
    /// From so many connections, each as fast as it is answered.
    Closed(usize),
    /// So many a second.
    Open(f64),
}
use Coming::{Closed, Open};

fn start(context: &Context, files: &TempDir, more: &[&str]) -> anyhow::Result<Server> {
    let store = format!("sqlite:{}", files.path().join("sales.db").display());
    let mut flags = anywhere(&store);
    flags.extend(more);
    let program = context.program("sales-api", "sales-api")?;
    start_logged(context, &program, &flags)
}

/// What becomes of the requests of a load, once it has gone on for a while.
async fn offer(
    context: &Context,
    server: &Server,
    request: &Prepared,
    coming: Coming,
) -> anyhow::Result<Seen> {
    let (connections, pace) = match coming {
        Closed(connections) => (connections, Pace::Closed),
        Open(rate) => (CONNECTIONS, Pace::Open(rate)),
    };
    let plan = Plan {
        requests: vec![request.clone().or_refused()],
        connections,
        pace,
    };
    let addr: SocketAddr = server.api;
    let load = Load::start(addr, plan, &context.cores)?;
    tokio::time::sleep(SETTLE).await;
    load.meter.take_latencies();
    let (started, cpu, before) = (Instant::now(), server.cpu()?, load.meter.counts());
    tokio::time::sleep(context.window(WINDOW)).await;
    let (took, cpu_after, after) = (started.elapsed(), server.cpu()?, load.meter.counts());
    let latencies = load.meter.take_latencies();
    let counts = load.stop()?;
    anyhow::ensure!(
        counts.lost() == 0 && counts.wrong == 0,
        "of {} requests {} were lost and {} answered wrongly: {:?}",
        counts.sent,
        counts.lost(),
        counts.wrong,
        counts.first_fault
    );
    server.empty_log()?;
    let seconds = took.as_secs_f64();
    let refused = (after.refused - before.refused) as f64;
    Ok(Seen {
        good: ((after.answered - before.answered) as f64 - refused) / seconds,
        refused: refused / seconds,
        p99: latencies.value_at_quantile(0.99) as f64,
        cpu: cpu_after.saturating_sub(cpu).as_secs_f64() / seconds,
        memory: server.memory().0 as f64,
    })
}
