//! What one variable costs whoever writes it.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use expvar::{Counter, Registry};

use super::hot::per_round;
use super::{Bench, Found};
use crate::context::Context;
use crate::record::{Limit, Row, Unit};

pub(crate) const BENCH: Bench = Bench {
    name: "counters",
    what: "CPU time of one change of one variable, by one thread and by two that change the same one at once.",
    run: |context| Box::pin(async move { run(context) }),
};

/// "A few nanoseconds", whether other threads do the same or not.
const LIMIT: f64 = 10.0;

/// A change, its name, and whether it is a counter's, which the limit is for.
type Change<'a> = (&'static str, bool, Box<dyn Fn() + Sync + 'a>);

fn run(context: &Context) -> anyhow::Result<Found> {
    let registry = Registry::new();
    let plain = AtomicU64::new(0);
    let (counter, gauge) = (registry.counter("counter")?, registry.gauge("gauge")?);
    let (float, histogram) = (
        registry.float("float")?,
        registry.histogram("histogram_ns")?,
    );
    let family = registry.counters("family", &["method", "route", "status"])?;
    let labels = ["GET", "/v1/orders/{id}", "2xx"];
    let series = family.with(&labels);
    let changes: [Change<'_>; 7] = [
        (
            "AtomicU64 of the standard library, for comparison",
            false,
            Box::new(|| _ = plain.fetch_add(1, Ordering::Relaxed)),
        ),
        ("Counter", true, Box::new(|| counter.inc())),
        ("Gauge", false, Box::new(|| gauge.inc())),
        ("Float", false, Box::new(|| float.add(black_box(1.0)))),
        (
            "Histogram",
            false,
            Box::new(|| histogram.record(black_box(1_234_567))),
        ),
        ("Counter of a family, kept", true, Box::new(|| series.inc())),
        (
            "Counter of a family, found by its labels",
            false,
            Box::new(|| family.update(black_box(&labels), Counter::inc)),
        ),
    ];
    let rounds = if context.quick { 10_000 } else { 300_000 };
    let mut costs = vec![[const { Vec::new() }; 2]; changes.len()];
    for _ in 0..context.times(30) {
        for ((_, _, change), costs) in changes.iter().zip(&mut costs) {
            for threads in [1, 2] {
                let cost = per_round(context, threads, rounds, |_| black_box(change)())?;
                costs[threads - 1].push(cost);
            }
        }
    }
    let mut rows = Vec::new();
    for ((name, limited, _), [one, two]) in changes.iter().zip(costs) {
        let limit = limited.then_some(Limit::AtMost(LIMIT));
        let mut row = |what: String, costs| {
            rows.push(Row::repeated(&what, Unit::Nanoseconds, costs, limit));
        };
        row((*name).to_owned(), one);
        row(format!("{name}, two threads at once"), two);
    }
    Ok(Found {
        rows,
        notes: vec!["The loop and an indirect call are in every number.".to_owned()],
    })
}
