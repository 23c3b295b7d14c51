//! The audit domain: who changed what, and when.
//!
//! A store that is told whose work it does ([`Author`]) writes an entry in the same transaction as each
//! change, so there is neither a change without its entry nor an entry of what was taken back. Closing a
//! closed shop, or changing a product or a user to what they are already, has an entry, too; an order that
//! is sent again has none. Entries are never changed, and none is taken away.

use std::time::SystemTime;

use types::{EntryId, Page, PageLimit, StoreError};

/// On whose behalf a store changes things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Whom the token was made out to; `anonymous` without one. Where nobody sent a request, the program that did it, such as
    /// `sales-admin/1000`, with the number of the system's user who ran it.
    pub subject: String,
    /// The request, under which the log of the service has it; empty without one.
    pub request: String,
    /// When it came, or when it was done.
    pub at: SystemTime,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}

impl Outcome {
    /// As stores keep it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Refused => "refused",
        }
    }

    /// The outcome of this name.
    pub fn named(name: &str) -> Option<Outcome> {
        let all = [Outcome::Done, Outcome::Refused];
        all.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// What somebody did, or tried to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who.
    pub author: Author,
    /// What, such as `product.create`.
    pub action: String,
    /// To what, such as `products/7`.
    pub object: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// An event as it is kept. Times are kept to the millisecond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which entry; later ones have higher numbers.
    pub id: EntryId,
    /// What happened.
    pub event: Event,
}

/// Which entries; all that is said must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Those that follow this one.
    pub after: Option<EntryId>,
    /// Those of this subject.
    pub subject: Option<String>,
    /// Those about this object.
    pub object: Option<String>,
}

/// What this domain asks of a store.
pub trait Store: Send + Sync {
    /// Keeps an event that comes with no change in this store. On disk before this returns.
    fn note(&self, event: Event) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// At most `count` entries, the oldest first.
    fn entries(
        &self,
        query: Query,
        count: usize,
    ) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send;
}

/// What can be done with the audit log.
#[derive(Clone, Debug)]
pub struct Audit<S> {
    store: S,
}

impl<S: Store> Audit<S> {
    /// The log kept in `store`.
    pub fn new(store: S) -> Audit<S> {
        Audit { store }
    }

    /// A page of entries, the oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(
        &self,
        query: Query,
        limit: PageLimit,
    ) -> Result<Page<Entry, EntryId>, StoreError> {
        // One more than the page holds tells whether there is a next one.
        let entries = self.store.entries(query, limit.get() + 1).await?;
        Ok(Page::cut(entries, limit, |entry| entry.id))
    }
}
