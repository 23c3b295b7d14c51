//! What the variables of a request cost.

use std::hint::black_box;
use std::time::Instant;

use expvar::{Counter, Family, Histogram, Registry};
use http::{Method, StatusCode};

use super::hot::per_round;
use super::{Bench, Found};
use crate::context::Context;
use crate::paired::{Arm, alternate};
use crate::record::{Limit, Row, Unit};

pub(crate) const BENCH: Bench = Bench {
    name: "variables",
    what: "The CPU time of everything that an order publishes about itself, in a loop without (A) and with (B) it: the \
           pipeline's two clock readings, counters, latencies and routes, the order's own counters, and those of a group \
           commit, as if the order were alone in its group. (Those are each thread's own: a store has one thread that writes.)",
    run: |context| Box::pin(run(context)),
};

/// Of CPU per request, in nanoseconds.
const LIMIT: f64 = 400.0;

async fn run(context: &Context) -> anyhow::Result<Found> {
    let mut rows = Vec::new();
    for threads in [1, 2] {
        let published = Published::new()?;
        let rounds = if context.quick { 20_000 } else { 200_000 };
        let pairs = alternate(
            &format!("{} on {threads} thread(s)", BENCH.name),
            context.times(40),
            |cost: &f64| *cost,
            async |arm| per_request(context, &published, arm, threads, rounds),
        )
        .await?;
        let what = match threads {
            1 => "CPU per request, one thread".to_owned(),
            _ => format!("CPU per request, {threads} threads at once"),
        };
        rows.push(Row::difference(
            &what,
            Unit::Nanoseconds,
            pairs,
            Some(Limit::AtMost(LIMIT)),
        ));
    }
    Ok(Found {
        rows,
        notes: Vec::new(),
    })
}

/// CPU time of one round, in nanoseconds, the mean over all threads.
fn per_request(
    context: &Context,
    published: &Published,
    arm: Arm,
    threads: usize,
    rounds: u32,
) -> anyhow::Result<f64> {
    per_round(context, threads, rounds, |thread| {
        let request = black_box((Method::POST, "/v1/orders", StatusCode::CREATED));
        if arm == Arm::B {
            published.request(thread, &request.0, request.1, request.2);
        }
    })
}

/// The variables of the pipeline, and of the kinds and with the labels that the sales service adds.
struct Published {
    pipeline: web::Metrics,
    placed: Counter,
    pieces: Counter,
    revenue: Family<Counter>,
    stores: [Store; 2],
}

/// What a store's writer publishes.
struct Store {
    commits: Counter,
    times: [Histogram; 4],
}

impl Published {
    fn new() -> anyhow::Result<Published> {
        let registry = Registry::new();
        let pipeline = web::Metrics::new(&registry)?;
        Ok(Published {
            pipeline,
            placed: registry.counter("orders_placed")?,
            pieces: registry.counter("pieces_sold")?,
            revenue: registry.counters("revenue", &["currency"])?,
            stores: [
                Store::new(&registry, "store")?,
                Store::new(&registry, "other")?,
            ],
        })
    }

    fn request(&self, thread: usize, method: &Method, route: &str, status: StatusCode) {
        self.pipeline.started();
        let started = Instant::now();
        self.placed.inc();
        self.pieces.add(black_box(2));
        self.revenue.with(&[black_box("EUR")]).add(black_box(24_90));
        let store = &self.stores[thread];
        store.commits.inc();
        for histogram in &store.times {
            histogram.record(black_box(1_234_567));
        }
        self.pipeline
            .ended(method, route, Some(status), started.elapsed());
    }
}

impl Store {
    fn new(registry: &Registry, name: &str) -> anyhow::Result<Store> {
        let store = registry.map(name)?;
        Ok(Store {
            commits: store.counter("commits")?,
            times: [
                store.histogram("batch")?,
                store.histogram("commit_ns")?,
                store.histogram("batch_ns")?,
                store.histogram("wait_ns")?,
            ],
        })
    }
}
