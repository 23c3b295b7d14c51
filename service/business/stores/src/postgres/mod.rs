//! The store on PostgreSQL.
//!
//! - Every order is a transaction of its own (`READ COMMITTED`, `synchronous_commit=on`). It locks
//!   the products it takes from, in the order of their ids, so two orders never wait for each other
//!   in a circle; orders for different products run side by side. The totals are spread over several
//!   rows for the same reason.
//! - What the server ends because of others (a deadlock, a serialization failure), and an order that
//!   lost the race for its key, is tried again, five times at most; then the store is
//!   [`Busy`](StoreError::Busy). So it is when a connection, a lock or a statement takes longer than
//!   [`Options`] allow.
//! - The numbers of orders rise, but have gaps, and an order may be seen a moment after one with a
//!   higher number.
//! - If the connection breaks during a commit nobody can know whether the order was kept. The error
//!   says so; whoever sent an idempotency key just sends the order again.
//! - The statements are checked against the migrated tables when they are compiled; what the
//!   database said then is kept in `.sqlx`, so that building needs no database.
//! - There is no TLS: it would double what the feature adds to the build, for a server that usually
//!   runs beside its service. A server on another machine is therefore only spoken to if its URL says
//!   `sslmode=disable`, so that nobody sends a password in clear unawares.
//!
//! Layout:
//! - [`open`]: connects, or says what is wrong
//! - [`migrate`]: brings the tables to the version this program knows
//! - `transaction`: one write, tried again where that helps
//! - `place`: one order, or its reversal, inside a transaction
//! - `products`, `users`, `sessions`, `shop`, `totals`: the other writes, and their small reads
//! - `outbox`: events, until they are published
//! - `read`: queries for products and orders
//! - `audit`: who changed what, in the same transaction
//! - `rows`: columns to values and back
//! - `fault`: what the server's errors mean

mod audit;
mod fault;
pub mod migrate;
pub mod open;
mod outbox;
mod place;
mod products;
mod read;
mod rows;
mod sessions;
mod shop;
mod totals;
mod transaction;
mod users;

pub use open::OpenError;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use ::audit::Author;
use ::shop::Shop;
use order::{Order, PlaceError, Placed, Purchase, Rejection, Reversal, ReverseError};
use product::{NewProduct, Product};
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool};
use statistics::Totals;
use sync::OwnedSemaphorePermit;
use types::{EventId, OrderId, ProductId, Quantity, StoreError, UserId, UserName, Version};
use user::{CreateError, NewUser, User};

use crate::audit as noted;
use crate::location::PostgresUrl;
use crate::migration::Migrated;
use crate::options::Options;
use crate::pool::{Gate, PoolUsage};
use crate::watch::Watch;
use fault::store_error;
use outbox::Outbox;

/// An open store. Cheap to clone; all clones are the same store. Its methods need a tokio runtime
/// around them.
#[derive(Clone)]
pub struct Postgres {
    shared: Arc<Shared>,
    /// On whose behalf it changes things, if that is known.
    author: Option<Arc<Author>>,
}

struct Shared {
    pool: PgPool,
    /// As wide as the pool, so that who waits for a connection waits, and is counted, here.
    gate: Gate,
    retries: AtomicU64,
    watch: Box<dyn Watch>,
    outbox: Outbox,
}

impl Postgres {
    /// Opens the store in the database at `url`, creating its tables and catalogue where they are
    /// missing.
    ///
    /// # Errors
    /// Names the server and the cause.
    pub async fn open(
        url: &PostgresUrl,
        options: &Options,
        watch: impl Watch + 'static,
    ) -> Result<Postgres, OpenError> {
        let (pool, _) = open::pool(url, options).await?;
        Ok(Postgres {
            shared: Arc::new(Shared {
                pool,
                gate: Gate::new(
                    "store connections",
                    options.connections,
                    Some(options.connection_timeout),
                ),
                retries: AtomicU64::new(0),
                watch: Box::new(watch),
                outbox: Outbox {
                    is_on: options.events,
                },
            }),
            author: None,
        })
    }

    /// The same store, whose changes are noted as this author's.
    #[must_use]
    pub fn by(&self, author: Arc<Author>) -> Postgres {
        Postgres {
            author: Some(author),
            ..self.clone()
        }
    }

    /// Brings the database at `url` up to date, and leaves it.
    ///
    /// # Errors
    /// As of [`Postgres::open`].
    pub async fn migrate(url: &PostgresUrl, options: &Options) -> Result<Migrated, OpenError> {
        let (pool, migrated) = open::pool(url, options).await?;
        pool.close().await;
        Ok(migrated)
    }

    /// How much of the pool of connections is in use.
    pub fn connections(&self) -> PoolUsage {
        self.shared.gate.usage(self.shared.pool.size() as usize)
    }

    /// How many transactions were tried again.
    pub fn retries(&self) -> u64 {
        self.shared.retries.load(Ordering::Relaxed)
    }

    /// Asks the server something that costs next to nothing.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        read::ping(&mut connection).await.map_err(store_error)
    }

    /// Lets what is under way finish, then closes the connections. What comes later gets
    /// [`StoreError::Closed`]. Closing twice is fine.
    pub async fn close(&self) {
        self.shared.gate.close();
        self.shared.pool.close().await;
    }

    async fn connection(&self) -> Result<Connection, StoreError> {
        let permit = self.shared.gate.enter().await?;
        let connection = self.shared.pool.acquire().await;
        Ok(Connection {
            connection: connection.map_err(store_error)?,
            _permit: permit,
        })
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}

/// A connection and the place at the gate that goes with it, given back in this order.
struct Connection {
    connection: PoolConnection<sqlx::Postgres>,
    _permit: OwnedSemaphorePermit,
}

impl std::ops::Deref for Connection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl std::ops::DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

impl product::Store for Postgres {
    async fn products(
        &self,
        query: product::Query,
        count: usize,
    ) -> Result<Vec<Product>, StoreError> {
        let mut connection = self.connection().await?;
        read::products(&mut connection, &query, count)
            .await
            .map_err(store_error)
    }

    async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError> {
        let mut connection = self.connection().await?;
        read::product(&mut connection, id)
            .await
            .map_err(store_error)
    }

    async fn create_product(
        &self,
        product: NewProduct,
        at: SystemTime,
    ) -> Result<Product, StoreError> {
        let outbox = self.shared.outbox;
        let noted = |product: &Product| noted::product("product.create", product);
        self.change(noted, move |connection| {
            let product = product.clone();
            Box::pin(async move { products::create(connection, &product, at, outbox).await })
        })
        .await
    }

    async fn change_product(
        &self,
        id: ProductId,
        expected: Option<Version>,
        change: product::Change,
        at: SystemTime,
    ) -> Result<Product, product::ChangeError> {
        let outbox = self.shared.outbox;
        let noted = |product: &Product| noted::product("product.change", product);
        self.change(noted, move |connection| {
            let change = change.clone();
            Box::pin(products::change(
                connection, id, expected, change, at, outbox,
            ))
        })
        .await
    }

    async fn restock(
        &self,
        id: ProductId,
        pieces: Quantity,
        at: SystemTime,
    ) -> Result<Product, product::ChangeError> {
        let outbox = self.shared.outbox;
        let noted = |product: &Product| noted::product("product.restock", product);
        self.change(noted, move |connection| {
            Box::pin(products::restock(connection, id, pieces, at, outbox))
        })
        .await
    }
}

impl order::Store for Postgres {
    async fn place(&self, purchase: Purchase) -> Result<Placed, PlaceError> {
        let purchase = Arc::new(purchase);
        let outbox = self.shared.outbox;
        self.change::<_, Rejection, _, _>(noted::placed, move |connection| {
            let purchase = Arc::clone(&purchase);
            Box::pin(async move { place::place(connection, &purchase, outbox).await })
        })
        .await
    }

    async fn reverse(
        &self,
        id: OrderId,
        expected: Option<Version>,
        at: SystemTime,
    ) -> Result<Reversal, ReverseError> {
        let outbox = self.shared.outbox;
        self.change(noted::reversed, move |connection| {
            Box::pin(place::reverse(connection, id, expected, at, outbox))
        })
        .await
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let mut connection = self.connection().await?;
        read::order(&mut connection, id).await.map_err(store_error)
    }

    async fn orders(&self, query: order::Query, count: usize) -> Result<Vec<Order>, StoreError> {
        let mut connection = self.connection().await?;
        read::orders(&mut connection, &query, count)
            .await
            .map_err(store_error)
    }
}

impl event::Store for Postgres {
    async fn origin(&self) -> Result<event::Origin, StoreError> {
        let mut connection = self.connection().await?;
        outbox::origin(&mut connection).await.map_err(store_error)
    }

    async fn due(
        &self,
        now: SystemTime,
        lease: Duration,
        count: usize,
    ) -> Result<Vec<event::Event>, StoreError> {
        let mut connection = self.connection().await?;
        outbox::due(&mut connection, now, lease, count)
            .await
            .map_err(store_error)
    }

    async fn settle(&self, settled: Vec<event::Settled>) -> Result<(), StoreError> {
        let settled = Arc::new(settled);
        self.change::<_, StoreError, _, _>(
            |()| None,
            move |connection| {
                let settled = Arc::clone(&settled);
                Box::pin(async move { outbox::settle(connection, &settled).await })
            },
        )
        .await
    }

    async fn backlog(&self) -> Result<event::Backlog, StoreError> {
        let mut connection = self.connection().await?;
        outbox::backlog(&mut connection).await.map_err(store_error)
    }

    async fn dead_letters(
        &self,
        after: Option<EventId>,
        count: usize,
    ) -> Result<Vec<event::DeadLetter>, StoreError> {
        let mut connection = self.connection().await?;
        outbox::dead_letters(&mut connection, after, count)
            .await
            .map_err(store_error)
    }

    async fn requeue(&self, which: Option<EventId>, now: SystemTime) -> Result<u64, StoreError> {
        let noted = |requeued: &Vec<EventId>| noted::requeued(requeued);
        let requeued = self.change(noted, move |connection| {
            Box::pin(outbox::requeue(connection, which, now))
        });
        let requeued: Result<_, StoreError> = requeued.await;
        requeued.map(|requeued| requeued.len() as u64)
    }

    async fn discard(&self, which: EventId) -> Result<bool, StoreError> {
        let noted = move |was_there: &bool| noted::discarded(which, *was_there);
        self.change(noted, move |connection| {
            Box::pin(outbox::discard(connection, which))
        })
        .await
    }
}

impl statistics::Store for Postgres {
    async fn totals(&self) -> Result<Vec<Totals>, StoreError> {
        let mut connection = self.connection().await?;
        totals::all(&mut connection).await.map_err(store_error)
    }
}

impl ::shop::Store for Postgres {
    async fn shop(&self) -> Result<Shop, StoreError> {
        let mut connection = self.connection().await?;
        shop::state(&mut connection).await.map_err(store_error)
    }

    async fn set_open(&self, open: bool, at: SystemTime) -> Result<Shop, StoreError> {
        let outbox = self.shared.outbox;
        let noted = move |_: &Shop| noted::shop(open);
        self.change(noted, move |connection| {
            Box::pin(shop::set(connection, open, at, outbox))
        })
        .await
    }
}

impl user::Store for Postgres {
    async fn create_user(&self, user: NewUser, at: SystemTime) -> Result<User, CreateError> {
        let noted = |user: &User| noted::user("user.create", user);
        self.change(noted, move |connection| {
            let user = user.clone();
            Box::pin(async move { users::create(connection, &user, at).await })
        })
        .await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let mut connection = self.connection().await?;
        users::get(&mut connection, id).await.map_err(store_error)
    }

    async fn user_named(&self, name: UserName) -> Result<Option<User>, StoreError> {
        let mut connection = self.connection().await?;
        users::named(&mut connection, &name)
            .await
            .map_err(store_error)
    }

    async fn users(&self, after: Option<UserId>, count: usize) -> Result<Vec<User>, StoreError> {
        let mut connection = self.connection().await?;
        users::list(&mut connection, after, count)
            .await
            .map_err(store_error)
    }

    async fn change_user(
        &self,
        id: UserId,
        expected: Option<Version>,
        change: user::Change,
    ) -> Result<User, user::ChangeError> {
        let noted = |user: &User| noted::user("user.change", user);
        self.change(noted, move |connection| {
            Box::pin(users::change(connection, id, expected, change))
        })
        .await
    }
}
