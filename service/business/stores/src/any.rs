//! Either store.

use std::time::SystemTime;

use order::{Order, PlaceError, Placed, Purchase, Reversal, ReverseError};
use product::{NewProduct, Product};
use shop::Shop;
use statistics::Totals;
use thiserror::Error;
use types::{OrderId, ProductId, Quantity, StoreError, UserId, UserName, Version};
use user::{CreateError, NewUser, User};

use crate::location::Location;
use crate::memory::Memory;
use crate::migration::Migrated;
use crate::options::Options;
use crate::pool::PoolUsage;
#[cfg(feature = "postgres")]
use crate::postgres::{self, Postgres};
use crate::sqlite::{self, Sqlite};
use crate::watch::Watch;

/// The store that a [`Location`] names. Cheap to clone; all clones are the same store. Its methods
/// need a tokio runtime around them.
#[derive(Clone, Debug)]
pub enum Any {
    /// On SQLite.
    Sqlite(Sqlite),
    /// On PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(Postgres),
    /// In memory: for tests and measurements. No [`Location`] names it.
    Memory(Memory),
}

/// Why a store could not be opened. One line that names the store and the cause.
#[derive(Debug, Error)]
pub enum OpenError {
    /// On SQLite.
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    /// On PostgreSQL.
    #[cfg(feature = "postgres")]
    #[error(transparent)]
    Postgres(#[from] postgres::OpenError),
}

/// The same call to whichever store it is.
macro_rules! either {
    ($any:expr, $store:ident => $call:expr) => {
        match $any {
            Any::Sqlite($store) => $call,
            #[cfg(feature = "postgres")]
            Any::Postgres($store) => $call,
            Any::Memory($store) => $call,
        }
    };
}

impl Any {
    /// Opens the store at `location`, creating its tables and catalogue where they are missing, and
    /// the file of an SQLite database. It is meant for the start of a program: with SQLite it blocks.
    ///
    /// # Errors
    /// Names the store and the cause.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "only PostgreSQL is waited for")
    )]
    pub async fn open(
        location: &Location,
        options: &Options,
        watch: impl Watch + 'static,
    ) -> Result<Any, OpenError> {
        Ok(match location {
            Location::Sqlite(path) => Any::Sqlite(Sqlite::open(path, options, watch)?),
            #[cfg(feature = "postgres")]
            Location::Postgres(url) => Any::Postgres(Postgres::open(url, options, watch).await?),
        })
    }

    /// Brings the tables of the store at `location` up to date, and leaves it. Creates them, and an
    /// SQLite database's file, where they are missing.
    ///
    /// # Errors
    /// As of [`Any::open`].
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "only PostgreSQL is waited for")
    )]
    pub async fn migrate(location: &Location, options: &Options) -> Result<Migrated, OpenError> {
        Ok(match location {
            Location::Sqlite(path) => Sqlite::migrate(path, options)?,
            #[cfg(feature = "postgres")]
            Location::Postgres(url) => Postgres::migrate(url, options).await?,
        })
    }

    /// How many writes wait: for SQLite's writer, or for a connection to PostgreSQL.
    pub fn waiting(&self) -> usize {
        match self {
            Any::Sqlite(store) => store.waiting(),
            #[cfg(feature = "postgres")]
            Any::Postgres(store) => store.connections().waiting,
            Any::Memory(_) => 0,
        }
    }

    /// How much of the pool of connections is in use: SQLite's readers, or all connections to
    /// PostgreSQL.
    pub fn pool(&self) -> PoolUsage {
        match self {
            Any::Sqlite(store) => store.readers(),
            #[cfg(feature = "postgres")]
            Any::Postgres(store) => store.connections(),
            Any::Memory(_) => PoolUsage::NONE,
        }
    }

    /// How many transactions were tried again because of others; none on SQLite, where one thread
    /// writes, nor in memory.
    pub fn retries(&self) -> u64 {
        match self {
            Any::Sqlite(_) | Any::Memory(_) => 0,
            #[cfg(feature = "postgres")]
            Any::Postgres(store) => store.retries(),
        }
    }

    /// Makes sure that the store can be read and takes orders.
    ///
    /// # Errors
    /// It cannot, or does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match self {
            Any::Sqlite(store) => store.ping().await,
            #[cfg(feature = "postgres")]
            Any::Postgres(store) => store.ping().await,
            Any::Memory(store) => store.ping(),
        }
    }

    /// Finishes what is under way, then closes. What comes later gets [`StoreError::Closed`]. Closing
    /// twice is fine.
    pub async fn close(&self) {
        match self {
            Any::Sqlite(store) => store.close().await,
            #[cfg(feature = "postgres")]
            Any::Postgres(store) => store.close().await,
            Any::Memory(store) => store.close(),
        }
    }
}

impl product::Store for Any {
    async fn products(
        &self,
        query: product::Query,
        count: usize,
    ) -> Result<Vec<Product>, StoreError> {
        either!(self, store => store.products(query, count).await)
    }

    async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError> {
        either!(self, store => store.product(id).await)
    }

    async fn create_product(&self, product: NewProduct) -> Result<Product, StoreError> {
        either!(self, store => store.create_product(product).await)
    }

    async fn change_product(
        &self,
        id: ProductId,
        expected: Option<Version>,
        change: product::Change,
    ) -> Result<Product, product::ChangeError> {
        either!(self, store => store.change_product(id, expected, change).await)
    }

    async fn restock(
        &self,
        id: ProductId,
        pieces: Quantity,
    ) -> Result<Product, product::ChangeError> {
        either!(self, store => store.restock(id, pieces).await)
    }
}

impl order::Store for Any {
    async fn place(&self, purchase: Purchase) -> Result<Placed, PlaceError> {
        either!(self, store => store.place(purchase).await)
    }

    async fn reverse(
        &self,
        id: OrderId,
        expected: Option<Version>,
        at: SystemTime,
    ) -> Result<Reversal, ReverseError> {
        either!(self, store => store.reverse(id, expected, at).await)
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        either!(self, store => store.order(id).await)
    }

    async fn orders(&self, query: order::Query, count: usize) -> Result<Vec<Order>, StoreError> {
        either!(self, store => store.orders(query, count).await)
    }
}

impl statistics::Store for Any {
    async fn totals(&self) -> Result<Vec<Totals>, StoreError> {
        either!(self, store => store.totals().await)
    }
}

impl shop::Store for Any {
    async fn shop(&self) -> Result<Shop, StoreError> {
        either!(self, store => store.shop().await)
    }

    async fn set_open(&self, open: bool, at: SystemTime) -> Result<Shop, StoreError> {
        either!(self, store => store.set_open(open, at).await)
    }
}

impl user::Store for Any {
    async fn create_user(&self, user: NewUser, at: SystemTime) -> Result<User, CreateError> {
        either!(self, store => store.create_user(user, at).await)
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        either!(self, store => store.user(id).await)
    }

    async fn user_named(&self, name: UserName) -> Result<Option<User>, StoreError> {
        either!(self, store => store.user_named(name).await)
    }

    async fn users(&self, after: Option<UserId>, count: usize) -> Result<Vec<User>, StoreError> {
        either!(self, store => store.users(after, count).await)
    }

    async fn change_user(
        &self,
        id: UserId,
        expected: Option<Version>,
        change: user::Change,
    ) -> Result<User, user::ChangeError> {
        either!(self, store => store.change_user(id, expected, change).await)
    }
}
