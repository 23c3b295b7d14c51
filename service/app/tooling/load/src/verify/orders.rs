//! Every acknowledged order is there, once, as it was ordered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use sales_client::{Order, OrderStatus};
use tokio::time::Instant;

use super::{Check, persist};
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
pub(super) async fn fetch(shop: &Shop, entries: &Entries, deadline: Instant) -> Found {
    let found = Mutex::new(Found::default());
    let next = AtomicUsize::new(0);
    let worker = async || {
        while let Some(receipt) = entries.receipts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let answer = if Instant::now() < deadline {
                persist(shop, deadline, || shop.api.look_up(receipt.id)).await
            } else {
                Err(Failure::TimedOut)
            };
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.note(
                receipt,
                answer,
                entries.given_back.get(&receipt.id).copied(),
            );
        }
    };
    join(std::array::from_fn::<_, AT_ONCE, _>(|_| worker())).await;
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.twice(entries);
    found
}

/// All of them at the same time, in this task.
async fn join<F: Future<Output = ()>>(workers: [F; AT_ONCE]) {
    let mut workers = workers.map(|worker| Some(Box::pin(worker)));
    std::future::poll_fn(|context| {
        for worker in &mut workers {
            if let Some(running) = worker
                && running.as_mut().poll(context).is_ready()
            {
                *worker = None;
            }
        }
        if workers.iter().all(Option::is_none) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
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
        let mut detail = format!(
            "{} of {} acknowledged orders are there",
            self.there, entries.placed
        );
        let older = entries.placed.saturating_sub(entries.receipts.len() as u64);
        if older > 0 {
            detail += &format!("; the oldest {older} were not kept and not fetched");
        }
        if !self.lost.is_empty() {
            let lost: Vec<String> = self.lost.iter().take(TOLD).map(i64::to_string).collect();
            detail += &format!("; LOST {}: {}", self.lost.len(), lost.join(", "));
            if self.lost.len() > TOLD {
                detail += ", …";
            }
        }
        for wrong in self.wrong.iter().take(TOLD) {
            detail += &format!("; {wrong}");
        }
        if self.wrong.len() > TOLD {
            detail += &format!("; and {} more", self.wrong.len() - TOLD);
        }
        if self.unknown > 0 {
            detail += &format!("; {} could not be fetched in time", self.unknown);
        }
        Check {
            name: "orders",
            held: self.lost.is_empty() && self.wrong.is_empty() && self.unknown == 0,
            detail,
        }
    }
}
