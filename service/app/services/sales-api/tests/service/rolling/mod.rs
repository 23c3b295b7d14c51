//! Rolling restarts under load: not one accepted request fails.
//!
//! Three instances of the program stand behind a balancer that obeys readiness and tries nothing twice. One after the other
//! is told to end (SIGTERM), goes on serving for its drain delay, closes, finishes what is under way and ends; then a new one
//! takes its place. Some requests last longer than the delay, so that every closing finds a few under way. In the end the
//! orders in the stores are exactly those that were acknowledged.
//!
//! On SQLite each instance has a file of its own, which its successor takes over. Several processes may open one file, but
//! only one of them writes at a time and the others wait for its lock: a store is made for one writer, and what is restarted
//! here shows the program's end and not how long SQLite's lock keeps somebody waiting. On PostgreSQL all share one database.

mod balancer;
mod shoppers;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use balancer::{Balancer, Passes};
use serde_json::Value;
use shoppers::{Order, Shoppers};
use tempfile::TempDir;

use crate::support::{Client, Process, Service};

/// Behind the balancer.
const INSTANCES: usize = 3;
/// As many as a test can wait for; `ROLLING_RESTARTS=100` for more, `ROLLING_SECONDS` for an end before.
const RESTARTS: usize = 5;
/// Answers between a restart and the next.
const BETWEEN: u64 = 100;
/// Many times the balancer's interval: it may be late on a busy machine.
const DRAIN_DELAY: &str = "1s";
/// What befalls the slow requests: they begin before an instance is told to end and are answered after it has closed.
const SLOW: &str = "/v1/shop latency=1100ms..1900ms";
/// Longer than anything takes.
const DEADLINE: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_balancer_of_requests_none_fails() {
    let fleet = Fleet::of_files();
    restart(fleet, Passes::Requests).await;
}

/// Clients keep their connections, so an instance that ends must ask them to leave.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_balancer_of_connections_none_fails() {
    let fleet = Fleet::of_files();
    restart(fleet, Passes::Connections).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_one_database_for_all_none_fails() {
    let server = crate::server::new_database();
    let fleet = Fleet::new(vec![server; INSTANCES], None);
    restart(fleet, Passes::Requests).await;
}

async fn restart(mut fleet: Fleet, passes: Passes) {
    let set = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let restarts = set("ROLLING_RESTARTS").unwrap_or(RESTARTS);
    let seconds = set("ROLLING_SECONDS").map(|seconds| Duration::from_secs(seconds as u64));
    let balancer = Balancer::start(passes, fleet.addresses()).await;
    for number in 0..INSTANCES {
        within(balancer.ready(number)).await;
    }
    let shoppers = Shoppers::start(balancer.addr);
    let (started, mut done) = (Instant::now(), 0);
    while done < restarts && seconds.is_none_or(|seconds| started.elapsed() < seconds) {
        within(shoppers.answered(BETWEEN)).await;
        let number = done % INSTANCES;
        balancer.moved(number, within(fleet.replace(number)).await);
        within(balancer.ready(number)).await;
        done += 1;
    }
    let sold = within(shoppers.stop()).await;
    println!(
        "found: restarts={done} requests={} orders={} failed={}",
        sold.requests,
        sold.orders.len(),
        sold.failures.len()
    );
    assert!(
        sold.failures.is_empty(),
        "{} of {} requests failed, the first: {}",
        sold.failures.len(),
        sold.requests,
        sold.failures[0]
    );
    let stored = within(fleet.orders()).await;
    assert_eq!(stored.len(), sold.orders.len(), "as many as acknowledged");
    let same = count(&stored) == count(&sold.orders);
    assert!(same, "other orders than those acknowledged");
}

/// How often each is there: instances with stores of their own give the same numbers.
fn count(orders: &[Order]) -> BTreeMap<Order, usize> {
    let mut count = BTreeMap::new();
    for order in orders {
        *count.entry(*order).or_default() += 1;
    }
    count
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    let ended = tokio::time::timeout(DEADLINE, what).await;
    ended.expect("it takes no longer")
}

/// The instances.
struct Fleet {
    running: Vec<Option<Process>>,
    stores: Vec<String>,
    _directory: Option<TempDir>,
}

impl Fleet {
    /// Each with a file of its own.
    fn of_files() -> Fleet {
        let directory = tempfile::tempdir().expect("a directory");
        let file = |number| directory.path().join(format!("{number}.db"));
        let stores = (0..INSTANCES).map(|number| format!("sqlite:{}", file(number).display()));
        Fleet::new(stores.collect(), Some(directory))
    }

    fn new(stores: Vec<String>, directory: Option<TempDir>) -> Fleet {
        let running = stores.iter().map(|store| Some(start(store)));
        Fleet {
            running: running.collect(),
            stores,
            _directory: directory,
        }
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        self.running.iter().flatten().map(|one| one.api).collect()
    }

    /// Ends one as it should end, and starts another with its store; where that one is.
    async fn replace(&mut self, number: usize) -> SocketAddr {
        let old = self.running[number].take().expect("it runs");
        let (status, log) = old.stop().await;
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains("\"cut_off\":0"), "{log}");
        let new = tokio::task::block_in_place(|| start(&self.stores[number]));
        self.running[number].insert(new).api
    }

    /// Those in the stores: number, product, pieces.
    async fn orders(&self) -> Vec<Order> {
        let mut all = Vec::new();
        let mut read = Vec::new();
        for (process, store) in self.running.iter().flatten().zip(&self.stores) {
            if !read.contains(&store) {
                read.push(store);
                orders(&Client::new(process.api), &mut all).await;
            }
        }
        all
    }
}

fn start(store: &str) -> Process {
    let mut service = Service::bare();
    service
        .flags(&["--api", "127.0.0.1:0", "--debug", "127.0.0.1:0"])
        // Nobody reads the log while it runs: no request lines.
        .flags(&["--log", "json", "--log-level", "warn,sales_api=info"])
        .flags(&["--store", store, "--drain-delay", DRAIN_DELAY])
        .flags(&["--chaos", SLOW]);
    service.start()
}

async fn orders(client: &Client, all: &mut Vec<Order>) {
    let mut after = String::new();
    loop {
        let path = format!("/v1/orders?limit=100{after}");
        let page = client.get(&path).await.json();
        let items = page["items"].as_array().expect("items").iter();
        all.extend(items.map(shoppers::read));
        match &page["next"] {
            Value::Null => return,
            next => after = format!("&after={next}"),
        }
    }
}
