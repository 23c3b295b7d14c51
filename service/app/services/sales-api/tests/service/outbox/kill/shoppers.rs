//! Those who order until the program is gone.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::REFUSED;
use crate::support::Client;

/// Each with a connection.
const SHOPPERS: i64 = 8;

/// What the program said it had done.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    pub(super) placed: Vec<i64>,
    pub(super) reversed: Vec<i64>,
}

impl Acknowledged {
    pub(super) fn extend(&mut self, other: Acknowledged) {
        self.placed.extend(other.placed);
        self.reversed.extend(other.reversed);
    }
}

pub(super) struct Shoppers {
    /// Orders and reversals so far.
    count: watch::Receiver<u64>,
    tasks: JoinSet<Acknowledged>,
}

impl Shoppers {
    /// They order, and take every third order back, until they are not answered any more.
    pub(super) fn start(addr: SocketAddr) -> Shoppers {
        let (counting, count) = watch::channel(0);
        let counting = Arc::new(counting);
        let mut tasks = JoinSet::new();
        for number in 0..SHOPPERS {
            let client = Client::that_never_retries(addr);
            tasks.spawn(shop(number, client, Arc::clone(&counting)));
        }
        Shoppers { count, tasks }
    }

    /// Waits until there are so many orders and reversals.
    pub(super) async fn until(&self, enough: u64) {
        let mut count = self.count.clone();
        let there = count.wait_for(|count| *count >= enough).await;
        there.expect("the program answers");
    }

    /// Waits until each has noticed that nobody answers.
    pub(super) async fn end(self) -> Acknowledged {
        let mut all = Acknowledged::default();
        for one in self.tasks.join_all().await {
            all.extend(one);
        }
        all
    }
}

async fn shop(number: i64, client: Client, count: Arc<watch::Sender<u64>>) -> Acknowledged {
    let mut told = Acknowledged::default();
    for turn in number.. {
        let Ok(id) = client.try_order(1 + turn % 12, 1).await else {
            break;
        };
        // Too many at once: it said so, and placed none.
        let Some(id) = id else { continue };
        told.placed.push(id);
        count.send_modify(|count| *count += 1);
        if turn % 3 != 0 || REFUSED.contains(&&*format!("order/{id}")) {
            continue;
        }
        let reversal = format!("/v1/orders/{id}/reversal");
        let Ok(answer) = client.try_post(&reversal, &json!({})).await else {
            break;
        };
        if answer.status == 200 {
            told.reversed.push(id);
            count.send_modify(|count| *count += 1);
        }
    }
    told
}
