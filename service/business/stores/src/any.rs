//! Either store.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use audit::Author;
use order::{Order, PlaceError, Placed, Purchase, Reversal, ReverseError};
use product::{NewProduct, Product};
use session::{Next, Presented, Refreshed, Revocation, Secret, Session, TokenHash};
use shop::Shop;
use statistics::Totals;
use thiserror::Error;
use trace::Kind;
use types::{EventId, OrderId, ProductId, Quantity, StoreError, UserId, UserName, Version};
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

/// The same as a span of the work around it. Only an error that fits the pattern is a failure of the store; the others are
/// what it was asked.
macro_rules! told {
    ($name:literal, $failed:pat, $any:expr, $store:ident => $call:expr) => {{
        let mut span = trace::open(concat!("store.", $name), Kind::Client);
        span.set("db.system.name", $any.system());
        let result = span.within(async { either!($any, $store => $call) }).await;
        if let Err(error) = &result
            && matches!(error, $failed)
        {
            span.fail(error);
        }
        result
    }};
}

impl Any {
    /// What it is to those who watch databases.
    fn system(&self) -> &'static str {
        match self {
            Any::Sqlite(_) => "sqlite",
            #[cfg(feature = "postgres")]
            Any::Postgres(_) => "postgresql",
            Any::Memory(_) => "memory",
        }
    }

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

    /// The same store, whose changes are noted as this author's in the audit log.
    #[must_use]
    pub fn by(&self, author: Arc<Author>) -> Any {
        match self {
            Any::Sqlite(store) => Any::Sqlite(store.by(author)),
            #[cfg(feature = "postgres")]
            Any::Postgres(store) => Any::Postgres(store.by(author)),
            Any::Memory(store) => Any::Memory(store.by(author)),
        }
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
        told!("products", _, self, store => store.products(query, count).await)
    }

    async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError> {
        told!("product", _, self, store => store.product(id).await)
    }

    async fn create_product(
        &self,
        product: NewProduct,
        at: SystemTime,
    ) -> Result<Product, StoreError> {
        told!("create_product", _, self, store => store.create_product(product, at).await)
    }

    async fn change_product(
        &self,
        id: ProductId,
        expected: Option<Version>,
        change: product::Change,
        at: SystemTime,
    ) -> Result<Product, product::ChangeError> {
        told!("change_product", product::ChangeError::Store(_), self, store => store.change_product(id, expected, change, at).await)
    }

    async fn restock(
        &self,
        id: ProductId,
        pieces: Quantity,
        at: SystemTime,
    ) -> Result<Product, product::ChangeError> {
        told!("restock", product::ChangeError::Store(_), self, store => store.restock(id, pieces, at).await)
    }
}

impl order::Store for Any {
    async fn place(&self, purchase: Purchase) -> Result<Placed, PlaceError> {
        told!("place", PlaceError::Store(_), self, store => store.place(purchase).await)
    }

    async fn reverse(
        &self,
        id: OrderId,
        expected: Option<Version>,
        at: SystemTime,
    ) -> Result<Reversal, ReverseError> {
        told!("reverse", ReverseError::Store(_), self, store => store.reverse(id, expected, at).await)
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        told!("order", _, self, store => store.order(id).await)
    }

    async fn orders(&self, query: order::Query, count: usize) -> Result<Vec<Order>, StoreError> {
        told!("orders", _, self, store => store.orders(query, count).await)
    }
}

impl event::Store for Any {
    async fn origin(&self) -> Result<event::Origin, StoreError> {
        either!(self, store => store.origin().await)
    }

    async fn due(
        &self,
        now: SystemTime,
        lease: Duration,
        count: usize,
    ) -> Result<Vec<event::Event>, StoreError> {
        either!(self, store => store.due(now, lease, count).await)
    }

    async fn settle(&self, settled: Vec<event::Settled>) -> Result<(), StoreError> {
        either!(self, store => store.settle(settled).await)
    }

    async fn backlog(&self) -> Result<event::Backlog, StoreError> {
        either!(self, store => store.backlog().await)
    }

    async fn dead_letters(
        &self,
        after: Option<EventId>,
        count: usize,
    ) -> Result<Vec<event::DeadLetter>, StoreError> {
        either!(self, store => store.dead_letters(after, count).await)
    }

    async fn requeue(&self, which: Option<EventId>, now: SystemTime) -> Result<u64, StoreError> {
        either!(self, store => store.requeue(which, now).await)
    }

    async fn discard(&self, which: EventId) -> Result<bool, StoreError> {
        either!(self, store => store.discard(which).await)
    }
}

impl statistics::Store for Any {
    async fn totals(&self) -> Result<Vec<Totals>, StoreError> {
        told!("totals", _, self, store => store.totals().await)
    }
}

impl shop::Store for Any {
    async fn shop(&self) -> Result<Shop, StoreError> {
        told!("shop", _, self, store => store.shop().await)
    }

    async fn set_open(&self, open: bool, at: SystemTime) -> Result<Shop, StoreError> {
        told!("set_open", _, self, store => store.set_open(open, at).await)
    }
}

impl user::Store for Any {
    async fn create_user(&self, user: NewUser, at: SystemTime) -> Result<User, CreateError> {
        told!("create_user", CreateError::Store(_), self, store => store.create_user(user, at).await)
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        told!("user", _, self, store => store.user(id).await)
    }

    async fn user_named(&self, name: UserName) -> Result<Option<User>, StoreError> {
        told!("user_named", _, self, store => store.user_named(name).await)
    }

    async fn users(&self, after: Option<UserId>, count: usize) -> Result<Vec<User>, StoreError> {
        told!("users", _, self, store => store.users(after, count).await)
    }

    async fn change_user(
        &self,
        id: UserId,
        expected: Option<Version>,
        change: user::Change,
    ) -> Result<User, user::ChangeError> {
        told!("change_user", user::ChangeError::Store(_), self, store => store.change_user(id, expected, change).await)
    }
}

impl session::Store for Any {
    async fn set_password(
        &self,
        user: UserId,
        secret: Secret,
        at: SystemTime,
    ) -> Result<bool, StoreError> {
        either!(self, store => store.set_password(user, secret, at).await)
    }

    async fn password(&self, user: UserId) -> Result<Option<Secret>, StoreError> {
        either!(self, store => store.password(user).await)
    }

    async fn begin_session(&self, user: UserId, first: Next) -> Result<Session, StoreError> {
        either!(self, store => store.begin_session(user, first).await)
    }

    async fn refresh(&self, used: TokenHash, next: Next) -> Result<Refreshed, StoreError> {
        either!(self, store => store.refresh(used, next).await)
    }

    async fn end_session(
        &self,
        token: TokenHash,
        at: SystemTime,
    ) -> Result<Option<Session>, StoreError> {
        either!(self, store => store.end_session(token, at).await)
    }

    async fn revoke(
        &self,
        what: Revocation,
        at: SystemTime,
        until: SystemTime,
    ) -> Result<(), StoreError> {
        either!(self, store => store.revoke(what, at, until).await)
    }

    async fn is_revoked(&self, token: Presented) -> Result<bool, StoreError> {
        either!(self, store => store.is_revoked(token).await)
    }
}

impl audit::Store for Any {
    async fn note(&self, event: audit::Event) -> Result<(), StoreError> {
        either!(self, store => store.note(event).await)
    }

    async fn entries(
        &self,
        query: audit::Query,
        count: usize,
    ) -> Result<Vec<audit::Entry>, StoreError> {
        either!(self, store => store.entries(query, count).await)
    }
}
