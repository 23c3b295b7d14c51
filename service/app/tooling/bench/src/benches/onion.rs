//! What everything around the handlers costs.

use std::net::SocketAddr;
use std::time::Duration;

use tempfile::TempDir;

use super::disk::{file_system, on_disk};
use super::sales::{PRODUCTS, order};
use super::turns::{LOG_NOTE, start_sales, turn};
use super::{Bench, Found};
use crate::context::Context;
use crate::load::Prepared;
use crate::paired::{Arm, Window, alternate, each};
use crate::record::{Limit, Row, Unit};
use crate::sales::Parts;
use crate::server::Server;

pub(crate) const BENCH: Bench = Bench {
    name: "onion",
    what: "The sales service with timeouts, limits and the capture of panics only (A), and with everything: variables, one log \
           line a request, request ids, trace context, the policy who may do what (B). Then each part's cost: without it (A) \
           and with everything (B).",
    run: |context| Box::pin(run(context)),
};

/// Of orders, whose time the disk decides: many and short, because a disk is now fast and now slow, for longer than that.
const DISK_PAIRS: usize = 1_000;
const DISK_WINDOW: Duration = Duration::from_millis(50);
const PAIRS: usize = 150;
/// Of a part's cost.
const FEWER_PAIRS: usize = 30;
const WINDOW: Duration = Duration::from_millis(80);

const NOTE: &str = "Throughput of orders is requests per second with the database on a disk, where each commit waits for a \
     sync, as in a service that is used. Throughput of what is read is requests per CPU-second of the service: what a core \
     answers that does nothing else. For that and for CPU times the database is in memory (/dev/shm, where there is one), \
     which leaves out the disk's part of an order and makes everything else a larger share. One process serves the same \
     handlers on the same store through a pipeline per arm, each on a port of its own; 32 closed connections load one of them \
     at a time. What handlers and store count themselves, and nothing sampled, is in both arms: see `variables` and \
     `heap-sampling`.";

/// What is asked, and how much of the throughput may be lost, in per cent.
struct Route {
    name: &'static str,
    requests: Vec<Prepared>,
    most_lost: f64,
}

async fn run(context: &Context) -> anyhow::Result<Found> {
    let orders = Route {
        name: "POST /v1/orders",
        requests: (1..=PRODUCTS).map(order).collect::<Result<_, _>>()?,
        most_lost: 3.0,
    };
    let product = Route {
        name: "GET /v1/products/{id}",
        requests: (1..=PRODUCTS)
            .map(|id| Prepared::get(&format!("/v1/products/{id}")))
            .collect::<Result<_, _>>()?,
        most_lost: 10.0,
    };
    let (disk, memory) = (on_disk()?, Context::scratch()?);
    let mut rows = on_a_disk(context, &disk, &orders).await?;
    let server = start(context, &memory)?;
    rows.extend(in_memory(context, &server, &product, true).await?);
    rows.extend(in_memory(context, &server, &orders, false).await?);
    for route in [&orders, &product] {
        for (word, without) in Parts::WORDS.iter().zip(&server.others[1..]) {
            rows.push(part(context, &server, route, word, *without).await?);
        }
    }
    server.stop()?;
    let disk = format!("The disk: {}.", file_system(disk.path()));
    Ok(Found {
        rows,
        notes: vec![NOTE.to_owned(), LOG_NOTE.to_owned(), disk],
    })
}

/// The service with its database in that folder: everything, nothing, and all but one part after the other.
fn start(context: &Context, folder: &TempDir) -> anyhow::Result<Server> {
    let database = folder.path().join("sales.db").display().to_string();
    let mut pipelines = vec![Parts::ALL, Parts::NONE];
    pipelines.extend(Parts::WORDS.map(Parts::without));
    let pipelines: Vec<String> = pipelines.iter().map(Parts::to_string).collect();
    let mut flags = vec!["--database", &database];
    for parts in &pipelines {
        flags.extend(["--pipeline", parts]);
    }
    start_sales(context, &flags)
}

async fn on_a_disk(context: &Context, disk: &TempDir, orders: &Route) -> anyhow::Result<Vec<Row>> {
    let server = start(context, disk)?;
    let (pairs, window) = (DISK_PAIRS, DISK_WINDOW);
    let windows = compare(
        context,
        &server,
        orders,
        ("disk", server.others[0]),
        pairs,
        window,
    );
    let windows = windows.await?;
    server.stop()?;
    let what = format!("{}, throughput", orders.name);
    let pairs = each(&windows, |window| window.rate);
    let limit = Some(Limit::AtLeast(-orders.most_lost));
    Ok(vec![Row::ratio(&what, Unit::Rate, pairs, limit)])
}

/// With a limit where throughput is what a core can do.
async fn in_memory(
    context: &Context,
    server: &Server,
    route: &Route,
    is_limited: bool,
) -> anyhow::Result<Vec<Row>> {
    let other = ("all", server.others[0]);
    let windows = compare(context, server, route, other, PAIRS, WINDOW).await?;
    let row = |what, unit, of: fn(&Window) -> f64, limit| {
        let what = format!("{}, {what}", route.name);
        Row::ratio(&what, unit, each(&windows, of), limit)
    };
    let cpu = row(
        "CPU per request",
        Unit::Nanoseconds,
        |window| window.cpu,
        None,
    );
    if !is_limited {
        return Ok(vec![cpu]);
    }
    let limit = Some(Limit::AtLeast(-route.most_lost));
    let throughput = row("throughput", Unit::Rate, |window| 1e9 / window.cpu, limit);
    Ok(vec![throughput, cpu])
}

async fn part(
    context: &Context,
    server: &Server,
    route: &Route,
    word: &str,
    without: SocketAddr,
) -> anyhow::Result<Row> {
    let windows = compare(context, server, route, (word, without), FEWER_PAIRS, WINDOW).await?;
    let what = format!("{}, {word}, CPU per request", route.name);
    let pairs = each(&windows, |window| window.cpu);
    Ok(Row::difference(&what, Unit::Nanoseconds, pairs, None))
}

/// The pipeline at this address, and the whole one.
async fn compare(
    context: &Context,
    server: &Server,
    route: &Route,
    (word, other): (&str, SocketAddr),
    pairs: usize,
    window: Duration,
) -> anyhow::Result<Vec<[Window; 2]>> {
    let name = format!("{}, {}, {word}", BENCH.name, route.name);
    let window = context.window(window);
    alternate(
        &name,
        context.times(pairs),
        |window: &Window| window.cpu,
        async |arm| {
            let addr = if arm == Arm::A { other } else { server.api };
            turn(context, server, addr, &route.requests, window).await
        },
    )
    .await
}
