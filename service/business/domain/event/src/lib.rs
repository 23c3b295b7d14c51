//! The event domain: what happened in the shop, kept until those who must hear of it have.
//!
//! A store writes an event in the transaction of the change that it tells of, so there is never one without the
//! other (a *transactional outbox*). A worker asks for what is [due](Store::due), publishes it, and
//! [settles](Store::settle) how that went. An event is published at least once: whoever dies between publishing and
//! settling publishes it again, under the same [key](Origin::key), by which a consumer knows it.
//!
//! Events of one subject (an order, a product, the shop) are published in the order they happened: only the oldest
//! unpublished one of a subject is ever due. One that the consumer keeps refusing becomes a *dead letter*, and holds back
//! those of its subject that came after it until somebody [requeues](Events::requeue) or [discards](Events::discard) it.
//!
//! Layout:
//! - [`model`]: an event, before and after it is kept
//! - [`store`]: what this domain asks of a store

pub mod model;
pub mod store;

pub use model::{DeadLetter, Event, Kind, News, Origin, Subject, UnknownKind};
pub use store::{Backlog, Outcome, Settled, Store};

use std::time::SystemTime;

use types::{EventId, Page, PageLimit, StoreError};

/// What people can do with events that nobody took.
#[derive(Clone, Debug)]
pub struct Events<S> {
    store: S,
}

impl<S: Store> Events<S> {
    /// Events kept in `store`.
    pub fn new(store: S) -> Events<S> {
        Events { store }
    }

    /// What waits to be published.
    ///
    /// # Errors
    /// The store's.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.store.backlog().await
    }

    /// The page of dead letters that follows `after`, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn dead_letters(
        &self,
        after: Option<EventId>,
        limit: PageLimit,
    ) -> Result<Page<DeadLetter, EventId>, StoreError> {
        // One more than the page holds tells whether there is a next one.
        let items = self.store.dead_letters(after, limit.get() + 1).await?;
        Ok(Page::cut(items, limit, |letter| letter.event.id))
    }

    /// Has a dead letter, or all of them, published again, with as many attempts as a new event; how many there were.
    ///
    /// # Errors
    /// The store's.
    pub async fn requeue(&self, which: Option<EventId>, at: SystemTime) -> Result<u64, StoreError> {
        self.store.requeue(which, at).await
    }

    /// Gives a dead letter up for good, so that the events it holds back are published; false if it is none.
    ///
    /// # Errors
    /// The store's.
    pub async fn discard(&self, which: EventId) -> Result<bool, StoreError> {
        self.store.discard(which).await
    }
}
