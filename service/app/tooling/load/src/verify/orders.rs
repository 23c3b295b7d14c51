//! Every acknowledged order is there, once, as it was ordered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sales_client::{Order, OrderStatus};
use tokio::task::JoinSet;

use super::Check;
use crate::api::Failure;
use crate::ledger::{self, Entries, Pieces, Receipt, Return};
use crate::shop::Shop;

/// Orders fetched at once.
const AT_ONCE: usize = 32;
/// Faults that are told one by one.
const TOLD: usize = 10;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    there: u64,
    /// Not fetched, for the time was up or the service did not answer.
    unknown: u64,
    /// Not there.
    lost: Vec<i64>,
    /// There, but not as they were ordered.
    wrong: Vec<String>,
    /// Pieces of orders that others have given back.
    pub undone: Pieces,
}

/// Fetches them all.
pub(super) async fn fetch(shop: &Arc<Shop>, entries: &Arc<Entries>, deadline: Instant) -> Found {
    let found = Arc::new(Mutex::new(Found::default()));
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (shop, entries) = (Arc::clone(shop), Arc::clone(entries));
        let (found, next) = (Arc::clone(&found), Arc::clone(&next));
        workers.spawn(async move {
            while let Some(receipt) = entries.receipts.get(next.fetch_add(1, Ordering::Relaxed)) {
                let answer = if Instant::now() < deadline {
                    let ask = || shop.api.look_up(receipt.id);
                    shop.retry.insist(deadline, ask).await
                } else {
                    Err(Failure::TimedOut)
                };
                let back = entries.given_back.get(&receipt.id).copied();
                lock(&found).note(receipt, answer, back);
            }
        });
    }
    while workers.join_next().await.is_some() {}
    let mut found = std::mem::take(&mut *lock(&found));
    found.twice(entries);
    found
}

fn lock(found: &Mutex<Found>) -> MutexGuard<'_, Found> {
    found.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Found {
    fn note(&mut self, receipt: &Receipt, answer: Result<Order, Failure>, back: Option<Return>) {
        let id = receipt.id;
        let order = match answer {
            Ok(order) => order,
            Err(Failure::Problem(problem)) if problem.status == 404 => {
                self.lost.push(id);
                return;
            }
            Err(Failure::Answer(what)) => {
                self.wrong.push(format!("order {id}: {what}"));
                return;
            }
            Err(_) => {
                self.unknown += 1;
                return;
            }
        };
        self.there += 1;
        let items = order
            .items
            .iter()
            .map(|item| (item.product_id, item.quantity));
        if ledger::digest(items) != receipt.digest {
            self.wrong
                .push(format!("order {id} holds other items than were ordered"));
        }
        match (order.status, back) {
            (OrderStatus::Placed, Some(Return::Done)) => {
                self.wrong.push(format!(
                    "order {id} stands although its return was acknowledged"
                ));
            }
            (OrderStatus::Reversed, None) => {
                for item in &order.items {
                    *self.undone.entry(item.product_id).or_default() += i64::from(item.quantity);
                }
            }
            _ => {}
        }
    }

    /// The same order for two keys is one order too few.
    fn twice(&mut self, entries: &Entries) {
        let mut ids: Vec<i64> = entries.receipts.iter().map(|receipt| receipt.id).collect();
        ids.sort_unstable();
        let twice = ids.windows(2).filter(|pair| pair[0] == pair[1]);
        let twice = twice.map(|pair| format!("order {} was acknowledged for two orders", pair[0]));
        self.wrong.extend(twice);
    }

    pub(super) fn check(&self, entries: &Entries) -> Check {
        let (there, placed) = (self.there, entries.placed);
        let mut said = vec![format!("{there} of {placed} acknowledged orders are there")];
        let older = placed.saturating_sub(entries.receipts.len() as u64);
        if older > 0 {
            said.push(format!("the oldest {older} were not kept and not fetched"));
        }
        if !self.lost.is_empty() {
            let lost: Vec<String> = self.lost.iter().take(TOLD).map(i64::to_string).collect();
            let more = if self.lost.len() > TOLD { ", …" } else { "" };
            let count = self.lost.len();
            said.push(format!("LOST {count}: {}{more}", lost.join(", ")));
        }
        said.extend(self.wrong.iter().take(TOLD).cloned());
        if self.wrong.len() > TOLD {
            said.push(format!("and {} more", self.wrong.len() - TOLD));
        }
        if self.unknown > 0 {
            said.push(format!("{} could not be fetched in time", self.unknown));
        }
        Check {
            name: "orders",
            held: self.lost.is_empty() && self.wrong.is_empty() && self.unknown == 0,
            detail: said.join("; "),
        }
    }
}
