//! What everything around the handlers costs.

use std::net::SocketAddr;
use std::time::Duration;

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

const PAIRS: usize = 200;
/// Of a part's cost.
const FEWER_PAIRS: usize = 40;
const WINDOW: Duration = Duration::from_millis(100);

const NOTE: &str = "Throughput is requests per CPU-second of the service: what a core that does nothing else answers. One \
     process serves the same handlers on the same store (SQLite in /dev/shm, where there is one) through a pipeline per \
     arm, each on a port of its own; 32 closed connections load one of them at a time. What handlers and store count \
     themselves, and nothing sampled, is in both arms: see `variables` and `heap-sampling`.";

/// What is asked, and how much of the throughput must be left.
struct Route {
    name: &'static str,
    requests: Vec<Prepared>,
    most_lost: f64,
}

async fn run(context: &Context) -> anyhow::Result<Found> {
    let routes = [
        Route {
            name: "POST /v1/orders",
            requests: (1..=PRODUCTS).map(order).collect::<Result<_, _>>()?,
            most_lost: 3.0,
        },
        Route {
            name: "GET /v1/products/{id}",
            requests: (1..=PRODUCTS)
                .map(|id| Prepared::get(&format!("/v1/products/{id}")))
                .collect::<Result<_, _>>()?,
            most_lost: 10.0,
        },
    ];
    let files = Context::scratch()?;
    let database = files.path().join("sales.db").display().to_string();
    let mut pipelines = vec![Parts::ALL, Parts::NONE];
    pipelines.extend(Parts::WORDS.map(Parts::without));
    let pipelines: Vec<String> = pipelines.iter().map(Parts::to_string).collect();
    let mut flags = vec!["--database", &database];
    for parts in &pipelines {
        flags.extend(["--pipeline", parts]);
    }
    let server = start_sales(context, &flags, &files)?;
    let mut rows = Vec::new();
    for route in &routes {
        rows.extend(whole(context, &server, route).await?);
    }
    for route in &routes {
        for (word, without) in Parts::WORDS.iter().zip(&server.others[1..]) {
            rows.push(part(context, &server, route, word, *without).await?);
        }
    }
    server.stop()?;
    Ok(Found {
        rows,
        notes: vec![NOTE.to_owned(), LOG_NOTE.to_owned()],
    })
}

async fn whole(context: &Context, server: &Server, route: &Route) -> anyhow::Result<Vec<Row>> {
    let windows = compare(context, server, route, "all", server.others[0], PAIRS).await?;
    let row = |what, unit, of: fn(&Window) -> f64, limit| {
        let what = format!("{}, {what}", route.name);
        Row::ratio(&what, unit, each(&windows, of), limit)
    };
    let limit = Some(Limit::AtLeast(-route.most_lost));
    Ok(vec![
        row("throughput", Unit::Rate, |window| 1e9 / window.cpu, limit),
        row(
            "CPU per request",
            Unit::Nanoseconds,
            |window| window.cpu,
            None,
        ),
        row(
            "requests per second",
            Unit::Rate,
            |window| window.rate,
            None,
        ),
    ])
}

async fn part(
    context: &Context,
    server: &Server,
    route: &Route,
    word: &str,
    without: SocketAddr,
) -> anyhow::Result<Row> {
    let windows = compare(context, server, route, word, without, FEWER_PAIRS).await?;
    let what = format!("{}, {word}, CPU per request", route.name);
    let pairs = each(&windows, |window| window.cpu);
    Ok(Row::difference(&what, Unit::Nanoseconds, pairs, None))
}

/// The pipeline at this address, and the whole one.
async fn compare(
    context: &Context,
    server: &Server,
    route: &Route,
    word: &str,
    other: SocketAddr,
    pairs: usize,
) -> anyhow::Result<Vec<[Window; 2]>> {
    let name = format!("{}, {}, {word}", BENCH.name, route.name);
    let window = context.window(WINDOW);
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
