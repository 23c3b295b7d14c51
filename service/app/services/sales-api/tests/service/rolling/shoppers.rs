//! The load: shoppers who browse and order, and some who wait for slow answers. All remember what they were told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::support::{Answer, Client, order};

/// Each with a connection.
const SHOPPERS: i64 = 16;
/// Besides those, so many whose requests are slow.
const SLOW: i64 = 12;
/// How long a shopper thinks before the next request: the instances should be busy, not short of CPU.
const PAUSE: Duration = Duration::from_millis(10);

/// Number, product, pieces.
pub(super) type Order = (i64, i64, i64);

/// The order in an answer.
pub(super) fn read(order: &Value) -> Order {
    let number = |value: &Value| value.as_i64().expect("a number");
    let line = &order["items"][0];
    (
        number(&order["id"]),
        number(&line["product_id"]),
        number(&line["quantity"]),
    )
}

/// What the shoppers know.
#[derive(Default)]
pub(super) struct Sold {
    pub(super) requests: u64,
    pub(super) orders: Vec<Order>,
    pub(super) failures: Vec<String>,
}

pub(super) struct Shoppers {
    shared: Arc<Shared>,
    tasks: JoinSet<Sold>,
}

#[derive(Default)]
struct Shared {
    progress: watch::Sender<Progress>,
    stopped: AtomicBool,
}

/// How far they are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// Failures included.
    pub(super) answers: u64,
    pub(super) failed: u64,
}

impl Shoppers {
    pub(super) fn start(addr: SocketAddr) -> Shoppers {
        let shared = Arc::new(Shared::default());
        let mut tasks = JoinSet::new();
        for number in 0..SHOPPERS + SLOW {
            let client = Client::that_never_retries(addr);
            tasks.spawn(shop(number, client, Arc::clone(&shared)));
        }
        Shoppers { shared, tasks }
    }

    /// Waits for so many more answers.
    pub(super) async fn answered(&self, more: u64) {
        let mut progress = self.shared.progress.subscribe();
        let enough = progress.borrow().answers + more;
        let answered = progress.wait_for(|progress| progress.answers >= enough);
        answered.await.expect("they shop");
    }

    pub(super) fn progress(&self) -> Progress {
        *self.shared.progress.borrow()
    }

    /// Lets everyone finish.
    pub(super) async fn stop(self) -> Sold {
        self.shared.stopped.store(true, Ordering::Relaxed);
        let mut all = Sold::default();
        for sold in self.tasks.join_all().await {
            all.requests += sold.requests;
            all.orders.extend(sold.orders);
            all.failures.extend(sold.failures);
        }
        all
    }
}

async fn shop(number: i64, client: Client, shared: Arc<Shared>) -> Sold {
    let mut sold = Sold::default();
    let mut turn = number;
    while !shared.stopped.load(Ordering::Relaxed) {
        let (what, answer, expected) = if number >= SHOPPERS {
            ("a slow one", client.try_get("/v1/shop").await, 200)
        } else if turn % 2 == 0 {
            let products = client.try_get("/v1/products?limit=12").await;
            ("browsing", products, 200)
        } else {
            let body = order(&[(1 + turn % 12, 1 + turn % 3)]);
            ("an order", client.try_post("/v1/orders", &body).await, 201)
        };
        turn += 1;
        sold.requests += 1;
        let before = sold.failures.len() as u64;
        match answer {
            Ok(answer) if answer.status == expected => {
                if expected == 201 {
                    sold.orders.push(read(&answer.json()));
                }
            }
            Ok(Answer { status, body, .. }) => {
                sold.failures.push(format!("{what}: {status} {body:?}"));
            }
            Err(error) => sold.failures.push(format!("{what}: {error}")),
        }
        let failed = sold.failures.len() as u64 - before;
        shared.progress.send_modify(|progress| {
            progress.answers += 1;
            progress.failed += failed;
        });
        tokio::time::sleep(PAUSE).await;
    }
    sold
}
