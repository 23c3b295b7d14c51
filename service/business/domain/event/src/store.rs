//! What this domain asks of a store.

use std::time::{Duration, SystemTime};

use types::{EventId, StoreError};

use crate::{DeadLetter, Event, Origin};

/// Keeps events. It writes each in the transaction of what it tells of.
pub trait Store: Send + Sync {
    /// What this store's events are told by.
    fn origin(&self) -> impl Future<Output = Result<Origin, StoreError>> + Send;

    /// At most `count` events that are due at `now`, each the oldest unpublished one of its subject. A store that several
    /// processes work on gives each event to one of them; the others are given it if it is not settled after `lease`.
    fn due(
        &self,
        now: SystemTime,
        lease: Duration,
        count: usize,
    ) -> impl Future<Output = Result<Vec<Event>, StoreError>> + Send;

    /// Notes how publishing went, of all these events in one transaction.
    fn settle(&self, settled: Vec<Settled>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What waits to be published.
    fn backlog(&self) -> impl Future<Output = Result<Backlog, StoreError>> + Send;

    /// At most `count` dead letters after `after`, by ascending id.
    fn dead_letters(
        &self,
        after: Option<EventId>,
        count: usize,
    ) -> impl Future<Output = Result<Vec<DeadLetter>, StoreError>> + Send;

    /// Makes a dead letter, or all of them, due at `now` and without attempts; how many there were.
    fn requeue(
        &self,
        which: Option<EventId>,
        now: SystemTime,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Forgets a dead letter; false if it is none.
    fn discard(&self, which: EventId) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// How publishing an event went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Which event.
    pub id: EventId,
    /// How it went.
    pub outcome: Outcome,
}

/// How publishing went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken; the store forgets it.
    Published,
    /// It is to be tried again.
    Again {
        /// Not before this time.
        due: SystemTime,
        /// How often it was refused by now.
        attempts: u32,
        /// Why, this time, if it was refused.
        error: Option<String>,
    },
    /// It is not tried any more.
    Dead {
        /// How often it was refused.
        attempts: u32,
        /// Why, the last time.
        error: String,
    },
}

/// What waits to be published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many events are to be published, those held back by a dead letter included, dead letters not.
    pub waiting: u64,
    /// How many dead letters there are.
    pub dead: u64,
    /// When the oldest event that waits happened.
    pub oldest: Option<SystemTime>,
}
