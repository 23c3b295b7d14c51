//! What the service publishes of itself, beside the standard variables and those of its pipeline.
//!
//! [`table`] has all of them, by name, unit and meaning.

pub mod table;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use expvar::{Counter, Error, Family, Gauge, Histogram, Registry};
use lifecycle::Lifecycle;
use order::Order;
use stores::{Any, Batch, Watch};

use crate::logging::Log;

/// How often the CPU limit is read again: a quota can be changed under a running process.
const CPU_CHECK: Duration = Duration::from_secs(5);

/// What the handlers count.
#[derive(Clone, Debug)]
pub struct Sales {
    placed: Counter,
    rejected: Family<Counter>,
    pieces: Counter,
    revenue: Family<Counter>,
    reversed: Counter,
    returned: Counter,
    revenue_reversed: Family<Counter>,
    open: Gauge,
}

impl Sales {
    /// Publishes the variables.
    ///
    /// # Errors
    /// One of the names holds another kind of variable.
    pub fn new(registry: &Registry) -> Result<Sales, Error> {
        Ok(Sales {
            placed: registry.counter("orders_placed")?,
            rejected: registry.counters("orders_rejected", &["code"])?,
            pieces: registry.counter("pieces_sold")?,
            revenue: registry.counters("revenue", &["currency"])?,
            reversed: registry.counter("orders_reversed")?,
            returned: registry.counter("pieces_returned")?,
            revenue_reversed: registry.counters("revenue_reversed", &["currency"])?,
            open: registry.gauge("shop_open")?,
        })
    }

    /// An order has been placed.
    pub fn placed(&self, order: &Order) {
        self.placed.inc();
        self.pieces.add(pieces(order));
        add_total(&self.revenue, order);
        self.shop(true);
    }

    /// An order has been refused with this code.
    pub fn rejected(&self, code: &str) {
        self.rejected.with(&[code]).inc();
        if code == "shop_closed" {
            self.shop(false);
        }
    }

    /// An order has been taken back.
    pub fn reversed(&self, order: &Order) {
        self.reversed.inc();
        self.returned.add(pieces(order));
        add_total(&self.revenue_reversed, order);
    }

    /// The shop has been found open or closed. Another instance may open and close it too, so every order tells.
    pub fn shop(&self, open: bool) {
        let open = i64::from(open);
        // Seldom news: a value that is only read is shared by all CPUs.
        if self.open.value() != open {
            self.open.set(open);
        }
    }
}

fn pieces(order: &Order) -> u64 {
    let pieces = order
        .lines
        .iter()
        .map(|line| u64::from(line.quantity.get()));
    pieces.sum()
}

fn add_total(sums: &Family<Counter>, order: &Order) {
    let sum = sums.with(&[order.total.currency().code()]);
    sum.add(order.total.amount().unsigned_abs());
}

/// What the store's writer tells.
#[derive(Clone, Debug)]
pub struct StoreWork {
    commits: Counter,
    failed: Counter,
    batch: Histogram,
    commit: Histogram,
    whole: Histogram,
    wait: Histogram,
}

impl StoreWork {
    /// Publishes the variables.
    ///
    /// # Errors
    /// One of the names holds another kind of variable.
    pub fn new(registry: &Registry) -> Result<StoreWork, Error> {
        let store = registry.map("store")?;
        Ok(StoreWork {
            commits: store.counter("commits")?,
            failed: store.counter("commits_failed")?,
            batch: store.histogram("batch")?,
            commit: store.histogram("commit_ns")?,
            whole: store.histogram("batch_ns")?,
            wait: store.histogram("wait_ns")?,
        })
    }
}

impl Watch for StoreWork {
    fn batch(&self, batch: &Batch) {
        if !batch.committed {
            self.failed.inc();
            return;
        }
        self.commits.inc();
        self.batch.record(batch.writes as u64);
        self.commit.record_duration(batch.commit);
        self.whole.record_duration(batch.took);
        self.wait.record_duration(batch.waited);
    }
}

/// Publishes how many orders wait to be written, and who waits for the store's connections.
///
/// # Errors
/// One of the names is taken.
pub fn publish_queue(registry: &Registry, store: &Any) -> Result<(), Error> {
    let map = registry.map("store")?;
    let of = |read: fn(&Any) -> u64| {
        let store = store.clone();
        move || read(&store).into()
    };
    map.func("write_queue", of(|store| store.waiting() as u64))?;
    map.func("retries", of(Any::retries))?;
    let pool = map.map("pool")?;
    pool.func("size", of(|store| store.pool().size as u64))?;
    pool.func("in_use", of(|store| store.pool().in_use as u64))?;
    pool.func("idle", of(|store| store.pool().idle as u64))?;
    pool.func("waiting", of(|store| store.pool().waiting as u64))?;
    pool.func("waits", of(|store| store.pool().waits))?;
    let nanos = |store: &Any| u64::try_from(store.pool().waited.as_nanos()).unwrap_or(u64::MAX);
    pool.func("wait_ns", of(nanos))?;
    Ok(())
}

/// Publishes how many lines of the log were lost.
///
/// # Errors
/// The name is taken.
pub fn publish_lost_lines(registry: &Registry, log: &Log) -> Result<(), Error> {
    let lost = log.lost();
    registry.func("log_lines_lost", move || lost().into())
}

/// Publishes the phase of the service's life and its tasks.
///
/// # Errors
/// The name is taken.
pub fn publish_life(registry: &Registry, life: &Lifecycle) -> Result<(), Error> {
    let life = life.clone();
    registry.func("lifecycle", move || {
        serde_json::to_value(life.state()).unwrap_or_default()
    })
}

/// Reads the CPU limit again every few seconds for as long as the runtime lives, so that the variables `cpu` and
/// `cgroup` are up to date and a change is in the log. The number of workers stays: a runtime cannot change it.
pub fn watch_cpu(cpu: Arc<Mutex<cpulimit::Watch>>) {
    sync::spawn("cpu limit", async move {
        let mut every = tokio::time::interval(CPU_CHECK);
        loop {
            every.tick().await;
            let cpu = Arc::clone(&cpu);
            let check = move || cpu.lock().unwrap_or_else(PoisonError::into_inner).check();
            // It reads files. Its end is the runtime's, or a panic, which is counted.
            let Ok(change) = tokio::task::spawn_blocking(check).await else {
                continue;
            };
            if let Some(change) = change {
                tracing::warn!("{change}");
            }
        }
    });
}
