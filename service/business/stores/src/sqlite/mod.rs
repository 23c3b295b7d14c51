//! The store on SQLite.
//!
//! Layout:
//! - [`open`]: opens the file, or says what is wrong with it
//! - [`migrate`]: brings the tables to the version this program knows
//! - [`writer`]: the thread that writes, with group commit
//! - `work`: one write on its way through a batch
//! - `place`: one order, or its reversal, inside a transaction
//! - `products`, `users`, `sessions`, `shop`, `totals`: the other writes, and their small reads
//! - `outbox`: events, until they are published
//! - `readers`: the connections that read
//! - `read`: queries for products and orders
//! - `audit`: who changed what, in the same transaction
//! - `rows`: columns to values and back

mod audit;
pub mod migrate;
pub mod open;
mod outbox;
mod place;
mod products;
mod read;
mod readers;
mod rows;
mod sessions;
mod shop;
mod totals;
mod users;
mod work;
pub mod writer;

pub use open::OpenError;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ::audit::Author;
use ::shop::Shop;
use order::{Order, PlaceError, Placed, Purchase, Rejection, Reversal, ReverseError};
use product::{NewProduct, Product};
use statistics::Totals;
use types::{EventId, OrderId, ProductId, Quantity, StoreError, UserId, UserName, Version};
use user::{CreateError, NewUser, User};

use crate::audit as noted;
use crate::migration::Migrated;
use crate::options::Options;
use crate::pool::PoolUsage;
use crate::watch::Watch;
use outbox::Outbox;
use readers::Readers;
use writer::Writer;

/// An open store. Cheap to clone; all clones are the same store. Its methods need a tokio runtime
/// around them.
#[derive(Clone, Debug)]
pub struct Sqlite {
    writer: Writer,
    readers: Arc<Readers>,
    outbox: Outbox,
    /// On whose behalf it changes things, if that is known.
    author: Option<Arc<Author>>,
}

impl Sqlite {
    /// Opens the store in the file `path`, creating its directory, file, tables and catalogue where they
    /// are missing. Blocks; it is meant for the start of a program.
    ///
    /// # Errors
    /// Names the path and the cause.
    pub fn open(
        path: &Path,
        options: &Options,
        watch: impl Watch + 'static,
    ) -> Result<Sqlite, OpenError> {
        let (connection, _) = open::writer(path, options)?;
        let readers =
            Readers::open(path, options.readers).map_err(|cause| OpenError::Database {
                path: path.to_owned(),
                cause,
            })?;
        let writer =
            Writer::start(connection, options, watch).map_err(|cause| OpenError::Thread {
                path: path.to_owned(),
                cause,
            })?;
        Ok(Sqlite {
            writer,
            readers: Arc::new(readers),
            outbox: Outbox {
                is_on: options.events,
            },
            author: None,
        })
    }

    /// The same store, whose changes are noted as this author's.
    #[must_use]
    pub fn by(&self, author: Arc<Author>) -> Sqlite {
        Sqlite {
            author: Some(author),
            ..self.clone()
        }
    }

    /// Brings the database in the file `path` up to date, and leaves it.
    ///
    /// # Errors
    /// As of [`Sqlite::open`].
    pub fn migrate(path: &Path, options: &Options) -> Result<Migrated, OpenError> {
        open::writer(path, options).map(|(_, migrated)| migrated)
    }

    /// How much of the pool of readers is in use.
    pub fn readers(&self) -> PoolUsage {
        self.readers.usage()
    }

    /// How many writes wait.
    pub fn waiting(&self) -> usize {
        self.writer.waiting()
    }

    /// Reads from the database, and makes sure that its writer is at work.
    ///
    /// # Errors
    /// The store cannot be read or does not take orders.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.writer.check()?;
        self.readers.read(read::ping).await
    }

    /// Writes what is waiting, then closes. Orders that come later get [`StoreError::Closed`].
    /// Returns once the file is closed; closing twice is fine.
    pub async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }
}

/// A write that nobody refuses.
type Never = StoreError;

impl product::Store for Sqlite {
    async fn products(
        &self,
        query: product::Query,
        count: usize,
    ) -> Result<Vec<Product>, StoreError> {
        self.readers
            .read(move |connection| read::products(connection, &query, count))
            .await
    }

    async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError> {
        self.readers
            .read(move |connection| read::product(connection, id))
            .await
    }

    async fn create_product(
        &self,
        product: NewProduct,
        at: SystemTime,
    ) -> Result<Product, StoreError> {
        let outbox = self.outbox;
        self.change(
            |product: &Product| noted::product("product.create", product),
            move |connection| products::create(connection, product, at, outbox).map(Ok::<_, Never>),
        )
        .await
    }

    async fn change_product(
        &self,
        id: ProductId,
        expected: Option<Version>,
        change: product::Change,
        at: SystemTime,
    ) -> Result<Product, product::ChangeError> {
        let outbox = self.outbox;
        self.change(
            |product| noted::product("product.change", product),
            move |connection| products::change(connection, id, expected, change, at, outbox),
        )
        .await
    }

    async fn restock(
        &self,
        id: ProductId,
        pieces: Quantity,
        at: SystemTime,
    ) -> Result<Product, product::ChangeError> {
        let outbox = self.outbox;
        self.change(
            |product| noted::product("product.restock", product),
            move |connection| products::restock(connection, id, pieces, at, outbox),
        )
        .await
    }
}

impl order::Store for Sqlite {
    async fn place(&self, purchase: Purchase) -> Result<Placed, PlaceError> {
        let outbox = self.outbox;
        self.change::<_, Rejection, _, _, _>(noted::placed, move |connection| {
            place::place(connection, &purchase, outbox)
        })
        .await
    }

    async fn reverse(
        &self,
        id: OrderId,
        expected: Option<Version>,
        at: SystemTime,
    ) -> Result<Reversal, ReverseError> {
        let outbox = self.outbox;
        self.change(noted::reversed, move |connection| {
            place::reverse(connection, id, expected, at, outbox)
        })
        .await
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.readers
            .read(move |connection| read::order(connection, id))
            .await
    }

    async fn orders(&self, query: order::Query, count: usize) -> Result<Vec<Order>, StoreError> {
        self.readers
            .read(move |connection| read::orders(connection, &query, count))
            .await
    }
}

/// One process works on the file, so nothing is leased: after a crash the next one goes on at once. If there are two all
/// the same, as for a moment in a restart, both may publish an event.
impl event::Store for Sqlite {
    async fn origin(&self) -> Result<event::Origin, StoreError> {
        self.readers.read(outbox::origin).await
    }

    async fn due(
        &self,
        now: SystemTime,
        _lease: Duration,
        count: usize,
    ) -> Result<Vec<event::Event>, StoreError> {
        self.readers
            .read(move |connection| outbox::due(connection, now, count))
            .await
    }

    async fn settle(&self, settled: Vec<event::Settled>) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| outbox::settle(connection, &settled).map(Ok::<_, Never>))
            .await
    }

    async fn backlog(&self) -> Result<event::Backlog, StoreError> {
        self.readers.read(outbox::backlog).await
    }

    async fn dead_letters(
        &self,
        after: Option<EventId>,
        count: usize,
    ) -> Result<Vec<event::DeadLetter>, StoreError> {
        self.readers
            .read(move |connection| outbox::dead_letters(connection, after, count))
            .await
    }

    async fn requeue(&self, which: Option<EventId>, now: SystemTime) -> Result<u64, StoreError> {
        let requeued = self.change(
            |requeued: &Vec<EventId>| noted::requeued(requeued),
            move |connection| outbox::requeue(connection, which, now).map(Ok::<_, Never>),
        );
        let requeued: Result<_, StoreError> = requeued.await;
        requeued.map(|requeued| requeued.len() as u64)
    }

    async fn discard(&self, which: EventId) -> Result<bool, StoreError> {
        self.change(
            move |was_there: &bool| noted::discarded(which, *was_there),
            move |connection| outbox::discard(connection, which).map(Ok::<_, Never>),
        )
        .await
    }
}

impl statistics::Store for Sqlite {
    async fn totals(&self) -> Result<Vec<Totals>, StoreError> {
        self.readers.read(totals::all).await
    }
}

impl ::shop::Store for Sqlite {
    async fn shop(&self) -> Result<Shop, StoreError> {
        self.readers.read(shop::state).await
    }

    async fn set_open(&self, open: bool, at: SystemTime) -> Result<Shop, StoreError> {
        let outbox = self.outbox;
        self.change(
            move |_: &Shop| noted::shop(open),
            move |connection| shop::set(connection, open, at, outbox).map(Ok::<_, Never>),
        )
        .await
    }
}

impl user::Store for Sqlite {
    async fn create_user(&self, user: NewUser, at: SystemTime) -> Result<User, CreateError> {
        self.change(
            |user| noted::user("user.create", user),
            move |connection| users::create(connection, user, at),
        )
        .await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.readers
            .read(move |connection| users::get(connection, id))
            .await
    }

    async fn user_named(&self, name: UserName) -> Result<Option<User>, StoreError> {
        self.readers
            .read(move |connection| users::named(connection, &name))
            .await
    }

    async fn users(&self, after: Option<UserId>, count: usize) -> Result<Vec<User>, StoreError> {
        self.readers
            .read(move |connection| users::list(connection, after, count))
            .await
    }

    async fn change_user(
        &self,
        id: UserId,
        expected: Option<Version>,
        change: user::Change,
    ) -> Result<User, user::ChangeError> {
        self.change(
            |user| noted::user("user.change", user),
            move |connection| users::change(connection, id, expected, change),
        )
        .await
    }
}
