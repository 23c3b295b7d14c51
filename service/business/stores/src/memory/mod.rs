//! A store that keeps everything in memory and forgets it with the process: for tests of what is above
//! the stores, and to measure what that costs. No location names it, so no service runs on it by
//! mistake.
//!
//! One lock guards all of it, and every call is a transaction under that lock. The rules are those of
//! the domains, as in the other stores.
//!
//! Layout: here the calls, `shelves` orders and the stock that they take, `sessions` logins and who did
//! what, `outbox` the events, `catalogue` and `people` the rest.

mod catalogue;
mod outbox;
mod people;
mod sessions;
mod shelves;

use std::sync::{Arc, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::audit::{Author, Entry};
use event::{News, Origin};
use order::{Order, PlaceError, Placed, Purchase, Reversal, ReverseError};
use product::{NewProduct, Product};
use shop::Shop;
use statistics::Totals;
use types::{EventId, OrderId, ProductId, Quantity, StoreError, UserId, UserName, Version};
use user::{CreateError, NewUser, User};

use crate::audit::{self as noted, Done};
use catalogue::Catalogue;
use outbox::Outbox;
use people::People;
use sessions::Sessions;
use shelves::Shelves;

use crate::news;

/// An empty store with a catalogue. Cheap to clone; all clones are the same store.
#[derive(Clone, Debug)]
pub struct Memory {
    state: Arc<std::sync::Mutex<State>>,
    /// On whose behalf it changes things, if that is known.
    author: Option<Arc<Author>>,
}

#[derive(Debug)]
struct State {
    closed: bool,
    shop: Shop,
    catalogue: Catalogue,
    shelves: Shelves,
    people: People,
    sessions: Sessions,
    audit: Vec<Entry>,
    outbox: Outbox,
}

impl Memory {
    /// Sells these products; their ids are expected to count from 1.
    pub fn new(seed: Vec<Product>) -> Memory {
        let state = State {
            closed: false,
            shop: Shop {
                open: true,
                since: UNIX_EPOCH,
            },
            catalogue: Catalogue::new(seed),
            shelves: Shelves::default(),
            people: People::default(),
            sessions: Sessions::default(),
            audit: Vec::new(),
            outbox: Outbox::default(),
        };
        Memory {
            state: Arc::new(std::sync::Mutex::new(state)),
            author: None,
        }
    }

    /// The same store, which from now on tells of each change in an event.
    ///
    /// # Errors
    /// It is closed.
    pub fn with_events(self) -> Result<Memory, StoreError> {
        self.open()?.outbox.is_on = true;
        Ok(self)
    }

    /// The same store, whose changes are noted as this author's.
    #[must_use]
    pub fn by(&self, author: Arc<Author>) -> Memory {
        Memory {
            author: Some(author),
            ..self.clone()
        }
    }

    /// Does the work, and notes it if it is known whose it is.
    fn change<T, E: From<StoreError>, N: IntoIterator<Item = Done>>(
        &self,
        noted: impl FnOnce(&T) -> N,
        work: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut state = self.open()?;
        let done = work(&mut state)?;
        if let Some(author) = &self.author {
            for (action, object) in noted(&done) {
                sessions::append(&mut state.audit, noted::event(author, action, object))?;
            }
        }
        Ok(done)
    }

    /// Makes sure that the store is not closed.
    ///
    /// # Errors
    /// It is.
    pub fn ping(&self) -> Result<(), StoreError> {
        self.open().map(drop)
    }

    /// Lets nobody in any more.
    pub fn close(&self) {
        if let Ok(mut state) = self.open() {
            state.closed = true;
        }
    }

    /// What is kept, unless the store is closed, or a call panicked halfway.
    fn open(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        match self.state.lock() {
            Ok(state) if !state.closed => Ok(state),
            _ => Err(StoreError::Closed),
        }
    }
}

impl State {
    fn tell(&mut self, news: impl FnOnce() -> News) -> Result<(), StoreError> {
        self.outbox.tell(news)
    }
}

/// Times are kept to the millisecond, as in the other stores.
fn to_the_millisecond(at: SystemTime) -> SystemTime {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_millis(since.as_millis() as u64)
}

impl product::Store for Memory {
    async fn products(
        &self,
        query: product::Query,
        count: usize,
    ) -> Result<Vec<Product>, StoreError> {
        Ok(self.open()?.catalogue.list(&query, count))
    }

    async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError> {
        Ok(self.open()?.catalogue.get(id).cloned())
    }

    async fn create_product(
        &self,
        product: NewProduct,
        at: SystemTime,
    ) -> Result<Product, StoreError> {
        let noted = |product: &Product| noted::product("product.create", product);
        self.change(noted, |state| {
            let product = state.catalogue.create(product)?;
            state.tell(|| news::of_new_product(&product, to_the_millisecond(at)))?;
            Ok(product)
        })
    }

    async fn change_product(
        &self,
        id: ProductId,
        expected: Option<Version>,
        change: product::Change,
        at: SystemTime,
    ) -> Result<Product, product::ChangeError> {
        let change = |product| Ok(change.apply(product, expected)?);
        let noted = |product: &Product| noted::product("product.change", product);
        self.change(noted, |state| {
            let before = state.catalogue.get(id).map(|product| product.version);
            let product = state.catalogue.edit(id, change)?;
            // A change that changes nothing is no news.
            if before != Some(product.version) {
                state.tell(|| news::of_change(&product, to_the_millisecond(at)))?;
            }
            Ok(product)
        })
    }

    async fn restock(
        &self,
        id: ProductId,
        pieces: Quantity,
        at: SystemTime,
    ) -> Result<Product, product::ChangeError> {
        let restock =
            |product| product::restock(product, pieces).map_err(product::ChangeError::Full);
        let noted = |product: &Product| noted::product("product.restock", product);
        self.change(noted, |state| {
            let product = state.catalogue.edit(id, restock)?;
            state.tell(|| news::of_restock(&product, pieces, to_the_millisecond(at)))?;
            Ok(product)
        })
    }
}

impl order::Store for Memory {
    async fn place(&self, purchase: Purchase) -> Result<Placed, PlaceError> {
        self.change(noted::placed, |state| {
            let open = state.shop.open;
            let placed = state.shelves.place(&mut state.catalogue, open, &purchase)?;
            if !placed.replayed {
                state.tell(|| news::of_order(&placed.order))?;
            }
            Ok(placed)
        })
    }

    async fn reverse(
        &self,
        id: OrderId,
        expected: Option<Version>,
        at: SystemTime,
    ) -> Result<Reversal, ReverseError> {
        let at = to_the_millisecond(at);
        self.change(noted::reversed, |state| {
            let State {
                catalogue, shelves, ..
            } = state;
            let reversal = shelves.reverse(catalogue, id, expected, at)?;
            if !reversal.replayed {
                state.tell(|| news::of_order(&reversal.order))?;
            }
            Ok(reversal)
        })
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.open()?.shelves.order(id).cloned())
    }

    async fn orders(&self, query: order::Query, count: usize) -> Result<Vec<Order>, StoreError> {
        Ok(self.open()?.shelves.list(&query, count))
    }
}

/// Nobody else works on it, so nothing is leased.
impl event::Store for Memory {
    async fn origin(&self) -> Result<Origin, StoreError> {
        Ok(Origin::new(format!(
            "memory-{:p}",
            Arc::as_ptr(&self.state)
        )))
    }

    async fn due(
        &self,
        now: SystemTime,
        _lease: Duration,
        count: usize,
    ) -> Result<Vec<event::Event>, StoreError> {
        Ok(self.open()?.outbox.due(now, count))
    }

    async fn settle(&self, settled: Vec<event::Settled>) -> Result<(), StoreError> {
        self.open()?.outbox.settle(settled);
        Ok(())
    }

    async fn backlog(&self) -> Result<event::Backlog, StoreError> {
        Ok(self.open()?.outbox.backlog())
    }

    async fn dead_letters(
        &self,
        after: Option<EventId>,
        count: usize,
    ) -> Result<Vec<event::DeadLetter>, StoreError> {
        Ok(self.open()?.outbox.dead_letters(after, count))
    }

    async fn requeue(&self, which: Option<EventId>, now: SystemTime) -> Result<u64, StoreError> {
        let requeued = self.change(
            |requeued: &Vec<EventId>| noted::requeued(requeued),
            |state| Ok::<_, StoreError>(state.outbox.requeue(which, now)),
        );
        requeued.map(|requeued| requeued.len() as u64)
    }

    async fn discard(&self, which: EventId) -> Result<bool, StoreError> {
        self.change(
            |was_there| noted::discarded(which, *was_there),
            |state| Ok(state.outbox.discard(which)),
        )
    }
}

impl statistics::Store for Memory {
    async fn totals(&self) -> Result<Vec<Totals>, StoreError> {
        Ok(self.open()?.shelves.totals())
    }
}

impl shop::Store for Memory {
    async fn shop(&self) -> Result<Shop, StoreError> {
        Ok(self.open()?.shop)
    }

    async fn set_open(&self, open: bool, at: SystemTime) -> Result<Shop, StoreError> {
        let since = to_the_millisecond(at);
        self.change(
            |_| noted::shop(open),
            |state| {
                if state.shop.open != open {
                    let shop = Shop { open, since };
                    state.shop = shop;
                    state.tell(|| news::of_shop(&shop))?;
                }
                Ok(state.shop)
            },
        )
    }
}

impl user::Store for Memory {
    async fn create_user(&self, user: NewUser, at: SystemTime) -> Result<User, CreateError> {
        let at = to_the_millisecond(at);
        let noted = |user: &User| noted::user("user.create", user);
        self.change(noted, |state| state.people.create(user, at))
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.open()?.people.get(id).cloned())
    }

    async fn user_named(&self, name: UserName) -> Result<Option<User>, StoreError> {
        Ok(self.open()?.people.named(&name).cloned())
    }

    async fn users(&self, after: Option<UserId>, count: usize) -> Result<Vec<User>, StoreError> {
        Ok(self.open()?.people.list(after, count))
    }

    async fn change_user(
        &self,
        id: UserId,
        expected: Option<Version>,
        change: user::Change,
    ) -> Result<User, user::ChangeError> {
        let noted = |user: &User| noted::user("user.change", user);
        self.change(noted, |state| state.people.change(id, expected, change))
    }
}
