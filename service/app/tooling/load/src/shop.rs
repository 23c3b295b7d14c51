//! What all visits share, and one visit from beginning to end, with its retries.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderValue;
use lifecycle::Shutdown;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::api::{Api, Failure, Ordered};
use crate::ledger::{Ledger, Settled};
use crate::pacer::Schedule;
use crate::retry::{self, Next, Retry};
use crate::shoppers::{Placed, Shoppers, Visit};
use crate::stats::{Operation, Outcome, Stats};
use crate::target::Target;

/// What the visits share.
pub(crate) struct Shop {
    pub target: Target,
    pub api: Api,
    pub token: Option<HeaderValue>,
    pub shoppers: Mutex<Shoppers>,
    /// What has been counted.
    pub stats: Stats,
    /// What was acknowledged.
    pub ledger: Ledger,
    pub retry: Retry,
    pub schedule: Schedule,
    /// A permit for each visit that may be under way.
    pub room: Arc<Semaphore>,
    pub shutdown: Shutdown,
    pub keys: Keys,
}

/// Idempotency keys. They differ from run to run whatever the seed is: the same key in a second run would be answered
/// with the order of the first.
#[derive(Debug)]
pub(crate) struct Keys {
    run: u64,
    next: AtomicU64,
}

impl Default for Keys {
    fn default() -> Keys {
        Keys {
            run: rand::random(),
            next: AtomicU64::new(1),
        }
    }
}

/// How a request went well.
enum Done {
    Fine,
    OutOfStock,
    Placed(i64),
}

impl Shop {
    /// Somebody comes in, unless it is too full.
    pub(crate) fn arrive(self: &Arc<Shop>, runtime: &tokio::runtime::Handle, due: Instant) {
        let phase = self.schedule.phase(due).0;
        self.stats.offer(phase);
        match Arc::clone(&self.room).try_acquire_owned() {
            Ok(permit) => {
                let visit = self.shoppers().next();
                let shop = Arc::clone(self);
                runtime.spawn(async move {
                    let _asked_to_wait = shop.serve(visit, due, phase, permit).await;
                });
            }
            Err(_) => self.stats.drop_one(),
        }
    }

    /// One visit, to its end; the failure, if it was one.
    pub(crate) async fn serve(
        &self,
        visit: Visit,
        due: Instant,
        phase: usize,
        permit: OwnedSemaphorePermit,
    ) -> Option<Failure> {
        let operation = match &visit {
            Visit::Browse => Operation::Browse,
            Visit::Order(_) => Operation::Order,
            Visit::LookUp(_) => Operation::LookUp,
            Visit::GiveBack(_) => Operation::GiveBack,
        };
        let outcome = match self.visit(visit).await {
            Ok(outcome) => outcome,
            Err(failure) => Outcome::Failed(failure),
        };
        self.stats.record(operation, phase, &outcome, due.elapsed());
        drop(permit);
        match outcome {
            Outcome::Failed(failure) => Some(failure),
            Outcome::Fine | Outcome::OutOfStock => None,
        }
    }

    async fn visit(&self, visit: Visit) -> Result<Outcome, Failure> {
        let key = self.key();
        self.retry.earn();
        match &visit {
            Visit::Order(items) => self.ledger.ordering(items),
            Visit::GiveBack(placed) => self.ledger.returning(placed.id, &placed.items),
            Visit::Browse | Visit::LookUp(_) => {}
        }
        let (result, unsure) = self.persist(&visit, &key).await;
        let failed = if unsure {
            Settled::Unsure
        } else {
            Settled::NotDone
        };
        match visit {
            Visit::Order(items) => {
                let settled = match result {
                    Ok(Done::Placed(id)) => Settled::Acknowledged(id),
                    _ => failed,
                };
                self.ledger.ordered(&items, settled);
                if let Settled::Acknowledged(id) = settled {
                    self.shoppers().remember(Placed { id, items });
                }
            }
            Visit::GiveBack(Placed { id, items }) => {
                let settled = match result {
                    Ok(_) => Settled::Acknowledged(()),
                    Err(_) if unsure => Settled::Unsure,
                    Err(_) => Settled::NotDone,
                };
                self.ledger.returned(id, &items, settled);
            }
            Visit::Browse | Visit::LookUp(_) => {}
        }
        Ok(match result? {
            Done::Fine | Done::Placed(_) => Outcome::Fine,
            Done::OutOfStock => Outcome::OutOfStock,
        })
    }

    /// Tries until it works or it is time to give up. Also tells whether one of the failed attempts may have done
    /// something.
    async fn persist(&self, visit: &Visit, key: &str) -> (Result<Done, Failure>, bool) {
        let mut unsure = false;
        let mut number = 0;
        loop {
            self.stats.attempt();
            let failure = match self.attempt(visit, key).await {
                Ok(done) => return (Ok(done), unsure),
                Err(failure) => failure,
            };
            unsure |= retry::is_unsure(&failure);
            if retry::turned_away(&failure) {
                self.stats.turn_away();
            }
            match self.retry.next(number, &failure) {
                Next::After(pause) if self.pause(pause).await => self.stats.retry(&failure),
                Next::Spent => {
                    self.stats.spent();
                    return (Err(failure), unsure);
                }
                Next::After(_) | Next::GiveUp => return (Err(failure), unsure),
            }
            number += 1;
        }
    }

    async fn attempt(&self, visit: &Visit, key: &str) -> Result<Done, Failure> {
        match visit {
            Visit::Browse => self.api.browse().await.map(|()| Done::Fine),
            Visit::LookUp(id) => self.api.look_up(*id).await.map(|_| Done::Fine),
            Visit::GiveBack(placed) => self.api.give_back(placed.id).await.map(|()| Done::Fine),
            Visit::Order(items) => self.api.order(items, key).await.map(|end| match end {
                Ordered::Placed(id) => Done::Placed(id),
                Ordered::OutOfStock => Done::OutOfStock,
            }),
        }
    }

    /// Waits; false if the load ends before that.
    pub(crate) async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.shutdown.triggered() => false,
        }
    }

    /// Who comes next.
    pub(crate) fn shoppers(&self) -> MutexGuard<'_, Shoppers> {
        self.shoppers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A key that no other order has.
    pub(crate) fn key(&self) -> String {
        let number = self.keys.next.fetch_add(1, Ordering::Relaxed);
        format!("load-{:016x}-{number}", self.keys.run)
    }
}
