//! Rolling restarts under load: not one accepted request fails.
//!
//! Three instances of the program stand behind a balancer that obeys readiness and tries nothing twice. One after the other
//! is told to end (SIGTERM), goes on serving for its drain delay, closes, finishes what is under way and ends; then a new one
//! takes its place. Some requests last longer than the delay, so that one that closes has requests under way. In the end the
//! orders in the stores are exactly those that were acknowledged.
//!
//! On SQLite each instance has a file of its own, which its successor takes over. Several processes may open one file, but
//! only one of them writes at a time and the others wait for its lock: a store is made for one writer, and what is restarted
//! here shows the program's end and not how long SQLite's lock keeps somebody waiting. On PostgreSQL all share one database.

mod balancer;
mod fleet;
mod shoppers;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use balancer::{Balancer, Passes};
use fleet::{Fleet, INSTANCES};
use shoppers::{Order, Shoppers, Sold};

/// As many as a test can wait for; `ROLLING_RESTARTS=100` for more, `ROLLING_SECONDS` for an end before.
const RESTARTS: usize = 5;
/// Answers between a restart and the next.
const BETWEEN: u64 = 100;
/// How long an instance goes on serving: many times the balancer's interval, which may be late on a busy machine.
const DELAY: &str = "1s";
/// Longer than anything takes.
const DEADLINE: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_balancer_of_requests_none_fails() {
    none_fails(Fleet::of_files(DELAY), Passes::Requests).await;
}

/// Clients keep their connections, so an instance that ends must ask them to leave.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_balancer_of_connections_none_fails() {
    none_fails(Fleet::of_files(DELAY), Passes::Connections).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_one_database_for_all_none_fails() {
    let store = crate::server::new_database();
    none_fails(Fleet::of_one(&store, DELAY), Passes::Requests).await;
}

/// The same, seen to fail: the balancer hears too late of an instance that closes at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_delay_some_fail() {
    let mut rolling = Rolling::start(Fleet::of_files("0s"), Passes::Requests).await;
    let failing = async {
        while rolling.shoppers.progress().failed == 0 {
            rolling.restart().await;
        }
    };
    within(failing).await;
}

async fn none_fails(fleet: Fleet, passes: Passes) {
    let set = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let restarts = set("ROLLING_RESTARTS").unwrap_or(RESTARTS);
    let seconds = set("ROLLING_SECONDS").map(|seconds| Duration::from_secs(seconds as u64));
    let started = Instant::now();
    let mut rolling = Rolling::start(fleet, passes).await;
    while rolling.restarts < restarts && seconds.is_none_or(|seconds| started.elapsed() < seconds) {
        rolling.restart().await;
    }
    let restarts = rolling.restarts;
    let (fleet, sold) = rolling.stop().await;
    let (orders, failures) = (sold.orders.len(), &sold.failures);
    let (requests, failed) = (sold.requests, failures.len());
    println!("found: restarts={restarts} requests={requests} orders={orders} failed={failed}");
    assert_eq!(failures.first(), None, "{failed} of {requests} failed");
    let stored = within(fleet.orders()).await;
    assert_eq!(stored.len(), orders, "as many as acknowledged");
    let same = count(&stored) == count(&sold.orders);
    assert!(same, "other orders than those acknowledged");
}

struct Rolling {
    fleet: Fleet,
    balancer: Balancer,
    shoppers: Shoppers,
    restarts: usize,
}

impl Rolling {
    async fn start(fleet: Fleet, passes: Passes) -> Rolling {
        let balancer = Balancer::start(passes, fleet.addresses()).await;
        for number in 0..INSTANCES {
            within(balancer.ready(number)).await;
        }
        Rolling {
            fleet,
            shoppers: Shoppers::start(balancer.addr),
            balancer,
            restarts: 0,
        }
    }

    /// Restarts the next one, once there have been answers since the last restart.
    async fn restart(&mut self) {
        within(self.shoppers.answered(BETWEEN)).await;
        let number = self.restarts % INSTANCES;
        let addr = within(self.fleet.replace(number)).await;
        self.balancer.moved(number, addr);
        within(self.balancer.ready(number)).await;
        self.restarts += 1;
    }

    async fn stop(self) -> (Fleet, Sold) {
        let sold = within(self.shoppers.stop()).await;
        (self.fleet, sold)
    }
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
