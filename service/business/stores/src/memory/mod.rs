//! A store that keeps everything in memory and forgets it with the process: for tests of what is above
//! the stores, and to measure what that costs. No location names it, so no service runs on it by
//! mistake.
//!
//! One lock guards all of it, and every call is a transaction under that lock. The rules are those of
//! the domains, as in the other stores.
//!
//! Layout: here the calls, `shelves` orders and the stock that they take, `catalogue` and `people` the
//! rest.

mod catalogue;
mod people;
mod shelves;

use std::sync::{Arc, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use order::{Order, PlaceError, Placed, Purchase, Reversal, ReverseError};
use product::{NewProduct, Product};
use shop::Shop;
use statistics::Totals;
use types::{OrderId, ProductId, Quantity, StoreError, UserId, UserName, Version};
use user::{CreateError, NewUser, User};

use catalogue::Catalogue;
use people::People;
use shelves::Shelves;

/// An empty store with a catalogue. Cheap to clone; all clones are the same store.
#[derive(Clone, Debug)]
pub struct Memory {
    state: Arc<std::sync::Mutex<State>>,
}

#[derive(Debug)]
struct State {
    closed: bool,
    shop: Shop,
    catalogue: Catalogue,
    shelves: Shelves,
    people: People,
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
        };
        Memory {
            state: Arc::new(std::sync::Mutex::new(state)),
        }
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

    async fn create_product(&self, product: NewProduct) -> Result<Product, StoreError> {
        self.open()?.catalogue.create(product)
    }

    async fn change_product(
        &self,
        id: ProductId,
        expected: Option<Version>,
        change: product::Change,
    ) -> Result<Product, product::ChangeError> {
        let change = |product| Ok(change.apply(product, expected)?);
        self.open()?.catalogue.edit(id, change)
    }

    async fn restock(
        &self,
        id: ProductId,
        pieces: Quantity,
    ) -> Result<Product, product::ChangeError> {
        let restock =
            |product| product::restock(product, pieces).map_err(product::ChangeError::Full);
        self.open()?.catalogue.edit(id, restock)
    }
}

impl order::Store for Memory {
    async fn place(&self, purchase: Purchase) -> Result<Placed, PlaceError> {
        let mut state = self.open()?;
        let State {
            shop,
            catalogue,
            shelves,
            ..
        } = &mut *state;
        shelves.place(catalogue, shop.open, &purchase)
    }

    async fn reverse(
        &self,
        id: OrderId,
        expected: Option<Version>,
        at: SystemTime,
    ) -> Result<Reversal, ReverseError> {
        let mut state = self.open()?;
        let State {
            catalogue, shelves, ..
        } = &mut *state;
        shelves.reverse(catalogue, id, expected, to_the_millisecond(at))
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.open()?.shelves.order(id).cloned())
    }

    async fn orders(&self, query: order::Query, count: usize) -> Result<Vec<Order>, StoreError> {
        Ok(self.open()?.shelves.list(&query, count))
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
        let mut state = self.open()?;
        if state.shop.open != open {
            let since = to_the_millisecond(at);
            state.shop = Shop { open, since };
        }
        Ok(state.shop)
    }
}

impl user::Store for Memory {
    async fn create_user(&self, user: NewUser, at: SystemTime) -> Result<User, CreateError> {
        self.open()?.people.create(user, to_the_millisecond(at))
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
        self.open()?.people.change(id, expected, change)
    }
}
