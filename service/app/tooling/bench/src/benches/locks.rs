//! What instrumented locks cost while somebody listens.

use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as Polled, Poll, Waker};
use std::time::Instant;

use collect::contention::{set_block_rate, set_mutex_fraction};
use sync::{Event, Observer, observe};

use super::hot::per_round;
use super::switch::{BLOCK_RATE, MUTEX_FRACTION};
use super::{Bench, Found};
use crate::context::Context;
use crate::paired::{Arm, alternate};
use crate::record::{Limit, Row, Unit};

pub(crate) const BENCH: Bench = Bench {
    name: "locks",
    what: "CPU time of taking and releasing what nobody else holds, while nobody listens (A), and while block and mutex \
           profiles are collected or an observer is told everything (B).",
    run: |context| Box::pin(run(context)),
};

/// "Nothing measurable" for who need not wait: below what a single cycle or two make.
const UNCONTENDED: f64 = 1.0;
/// Of an event told, the clock that is read for it included.
const EVENT: f64 = 100.0;
/// Events of a lock that is taken and released: one each.
const EVENTS: f64 = 2.0;
const PAIRS: usize = 40;

type Use<'a> = (&'static str, Box<dyn Fn() + Sync + 'a>);

async fn run(context: &Context) -> anyhow::Result<Found> {
    let mutex = sync::Mutex::new("mutex", 0);
    let rwlock = sync::RwLock::new("rwlock", 0);
    let async_mutex = sync::AsyncMutex::new("async mutex", 0);
    let semaphore = sync::Semaphore::new("semaphore", 1);
    let uses: [Use<'_>; 4] = [
        ("Mutex", Box::new(|| *black_box(&mutex).lock() += 1)),
        ("RwLock, read", Box::new(|| _ = black_box(*rwlock.read()))),
        ("AsyncMutex", Box::new(|| *at_once(async_mutex.lock()) += 1)),
        ("Semaphore", Box::new(|| drop(at_once(semaphore.acquire())))),
    ];
    let mut rows = Vec::new();
    for (name, work) in &uses {
        let pairs = pairs(context, name, work, |on| {
            set_block_rate(if on { BLOCK_RATE } else { 0 });
            set_mutex_fraction(if on { MUTEX_FRACTION } else { 0 });
        });
        let pairs = pairs.await;
        set_block_rate(0);
        set_mutex_fraction(0);
        rows.push(Row::difference(
            &format!("{name}, contention collected"),
            Unit::Nanoseconds,
            pairs?,
            Some(Limit::AtMost(UNCONTENDED)),
        ));
    }
    for (name, work) in &uses {
        let mut guard = None;
        let pairs = pairs(context, name, work, |on| {
            guard = on.then(|| observe(Arc::new(Listener)));
        })
        .await?;
        let each = pairs.iter().map(|[a, b]| (b - a) / EVENTS).collect();
        rows.push(Row::repeated(
            &format!("{name}, an event told"),
            Unit::Nanoseconds,
            each,
            Some(Limit::AtMost(EVENT)),
        ));
    }
    Ok(Found {
        rows,
        notes: vec![format!(
            "Collected are one sample in {BLOCK_RATE} ns of waiting and one contention in {MUTEX_FRACTION}. The observer does \
             nothing with what it hears; a lock that is taken and released is {EVENTS} events, for each of which the clock \
             is read."
        )],
    })
}

async fn pairs(
    context: &Context,
    name: &str,
    work: &(dyn Fn() + Sync),
    mut switch: impl FnMut(bool),
) -> anyhow::Result<Vec<[f64; 2]>> {
    let rounds = if context.quick { 10_000 } else { 300_000 };
    let cost = |cost: &f64| *cost;
    alternate(name, context.times(PAIRS), cost, async |arm| {
        switch(arm == Arm::B);
        per_round(context, 1, rounds, |_| black_box(work)())
    })
    .await
}

/// The output of a future that need not wait.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Polled::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nobody else holds it"),
    }
}

/// Hears everything.
struct Listener;

impl Observer for Listener {
    fn event(&self, at: Instant, event: &Event<'_>) {
        black_box((at, event));
    }
}
