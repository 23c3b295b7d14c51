//! The store on SQLite.
//!
//! Layout:
//! - [`open`]: opens the file, or says what is wrong with it
//! - [`migrate`]: brings the tables to the version this program knows
//! - [`writer`]: the thread that writes, with group commit
//! - `place`: one order inside a transaction
//! - `readers`: the connections that read
//! - `read`: rows to products and orders

pub mod migrate;
pub mod open;
mod place;
mod read;
mod readers;
pub mod writer;

pub use open::{OpenError, Options};

use std::sync::Arc;
use std::time::SystemTime;

use order::{NewOrder, Order, PlaceError};
use product::Product;
use types::{OrderId, ProductId, StoreError};

use crate::Location;
use crate::watch::Watch;
use readers::Readers;
use writer::Writer;

/// An open store. Cheap to clone; all clones are the same store. Its methods need a tokio runtime
/// around them.
#[derive(Clone, Debug)]
pub struct Sqlite {
    writer: Writer,
    readers: Arc<Readers>,
}

impl Sqlite {
    /// Opens the store at `location`, creating its directory, file, tables and catalogue where they
    /// are missing. Blocks; it is meant for the start of a program.
    ///
    /// # Errors
    /// Names the path and the cause.
    pub fn open(
        location: &Location,
        options: &Options,
        watch: impl Watch + 'static,
    ) -> Result<Sqlite, OpenError> {
        let path = location.path();
        let connection = open::writer(path, options)?;
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
        })
    }

    /// How many orders wait to be written.
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

impl product::Store for Sqlite {
    async fn products(
        &self,
        after: Option<ProductId>,
        count: usize,
    ) -> Result<Vec<Product>, StoreError> {
        self.readers
            .read(move |connection| read::products(connection, after, count))
            .await
    }
}

impl order::Store for Sqlite {
    async fn place(&self, order: NewOrder, at: SystemTime) -> Result<Order, PlaceError> {
        self.writer.place(order, at).await
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.readers
            .read(move |connection| read::order(connection, id))
            .await
    }

    async fn orders(&self, after: Option<OrderId>, count: usize) -> Result<Vec<Order>, StoreError> {
        self.readers
            .read(move |connection| read::orders(connection, after, count))
            .await
    }
}
