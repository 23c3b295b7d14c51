//! What committing together brings.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use hdrhistogram::Histogram;
use order::{Line, NewOrder, Purchase, Store as _};
use stores::{Batch, Options, Sqlite, Watch};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use types::{ProductId, Quantity};

use super::disk::{file_system, on_disk};
use super::sales::PRODUCTS;
use super::{Bench, Found};
use crate::context::Context;
use crate::paired::{Arm, alternate};
use crate::record::{Limit, Row, Unit};

pub(crate) const BENCH: Bench = Bench {
    name: "group-commit",
    what: "The store's own interface on SQLite with synchronous=FULL, on a disk, 50 callers who place one order after the \
           other: one commit per order (A), and what waits in one commit (B).",
    run: |context| Box::pin(run(context)),
};

const CALLERS: usize = 50;
const PAIRS: usize = 40;
const WINDOW: Duration = Duration::from_secs(1);
/// What the store's documentation says of the time an order takes at most: so many batches, and with the sync of a usual
/// disk so long.
const BATCHES: f64 = 10.0;
const BOUND: f64 = 75e6;

/// What 50 callers got done.
struct Done {
    rate: f64,
    /// 99 of 100 orders took so long at most, in nanoseconds.
    p99: f64,
    /// The same of a batch.
    batch_p99: f64,
    /// Orders in a commit.
    orders: f64,
}

async fn run(context: &Context) -> anyhow::Result<Found> {
    let folder = on_disk()?;
    let (alone, together) = (Arm::A, Arm::B);
    let subjects = [(alone, 1), (together, Options::default().batch)];
    // The store's threads and the callers use every core, as in a service that is not measured.
    context.cores.roam()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let stores = subjects.map(|(arm, batch)| Subject::open(folder.path(), arm, batch));
    context.cores.stay_off()?;
    let [alone, together] = stores;
    let (alone, together) = (alone?, together?);
    let window = context.window(WINDOW);
    let measured = alternate(
        BENCH.name,
        context.times(PAIRS),
        |done: &Done| done.rate,
        async |arm| match arm {
            Arm::A => alone.measure(&runtime, window).await,
            Arm::B => together.measure(&runtime, window).await,
        },
    )
    .await?;
    for subject in [alone, together] {
        runtime
            .spawn(async move { subject.store.close().await })
            .await?;
    }
    runtime.shutdown_background();
    let pairs = |of: fn(&Done) -> f64| measured.iter().map(|[a, b]| [of(a), of(b)]).collect();
    let grouped = |of: fn(&Done) -> f64| measured.iter().map(|[_, b]| of(b)).collect();
    Ok(Found {
        rows: vec![
            Row::times(
                "orders per second",
                Unit::Rate,
                pairs(|done| done.rate),
                Some(Limit::AtLeast(5.0)),
            ),
            Row::repeated(
                "p99 of an order, together",
                Unit::Nanoseconds,
                grouped(|done| done.p99),
                Some(Limit::AtMost(BOUND)),
            ),
            Row::repeated(
                "the same, in times the p99 of a batch",
                Unit::Times,
                grouped(|done| done.p99 / done.batch_p99),
                Some(Limit::AtMost(BATCHES)),
            ),
            Row::times(
                "p99 of an order",
                Unit::Nanoseconds,
                pairs(|done| done.p99),
                None,
            ),
            Row::times(
                "orders in a commit",
                Unit::Count,
                pairs(|done| done.orders),
                None,
            ),
        ],
        notes: vec![format!(
            "Orders of one piece each, of products by turns. Both databases are on {}.",
            file_system(folder.path())
        )],
    })
}

struct Subject {
    store: Sqlite,
    batches: Batches,
}

/// How long batches took, and how many writes were in them.
#[derive(Clone, Default)]
struct Batches(Arc<Mutex<(Vec<Duration>, usize)>>);

impl Watch for Batches {
    fn batch(&self, batch: &Batch) {
        let mut batches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        batches.0.push(batch.took);
        batches.1 += batch.writes;
    }
}

impl Batches {
    fn take(&self) -> (Vec<Duration>, usize) {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Subject {
    fn open(folder: &Path, arm: Arm, batch: usize) -> anyhow::Result<Subject> {
        let options = Options {
            batch,
            ..Options::default()
        };
        let batches = Batches::default();
        let file = folder.join(format!("{arm:?}.db"));
        let store = Sqlite::open(&file, &options, batches.clone())?;
        Ok(Subject { store, batches })
    }

    async fn measure(&self, runtime: &Runtime, window: Duration) -> anyhow::Result<Done> {
        self.batches.take();
        let started = Instant::now();
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let calling = call(self.store.clone(), caller, started + window);
            callers.spawn_on(calling, runtime.handle());
        }
        let mut latencies = Histogram::<u64>::new_with_bounds(1_000, 60_000_000_000, 3)?;
        while let Some(caller) = callers.join_next().await {
            for latency in caller?? {
                latencies.saturating_record(latency.as_nanos() as u64);
            }
        }
        let took = started.elapsed();
        let (batches, writes) = self.batches.take();
        let mut times = Histogram::<u64>::new_with_bounds(1_000, 60_000_000_000, 3)?;
        for batch in &batches {
            times.saturating_record(batch.as_nanos() as u64);
        }
        Ok(Done {
            rate: latencies.len() as f64 / took.as_secs_f64(),
            p99: latencies.value_at_quantile(0.99) as f64,
            batch_p99: times.value_at_quantile(0.99) as f64,
            orders: writes as f64 / batches.len() as f64,
        })
    }
}

/// Places one order after the other until then; how long each took.
async fn call(store: Sqlite, caller: usize, until: Instant) -> anyhow::Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    for number in caller.. {
        let began = Instant::now();
        if began >= until {
            break;
        }
        let line = Line {
            product: ProductId::new((1 + number % PRODUCTS) as i64)?,
            quantity: Quantity::new(1)?,
        };
        let order = NewOrder::new(vec![line])?;
        store
            .place(Purchase::anonymous(order, SystemTime::now()))
            .await?;
        latencies.push(began.elapsed());
    }
    Ok(latencies)
}
