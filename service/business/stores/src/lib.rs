//! Where products, orders, users and totals are kept: SQLite or, with the feature `postgres`,
//! PostgreSQL.
//!
//! [`Location`] says where, [`Any::open`] opens it; the store then answers for
//! [`product::Store`], [`order::Store`], [`user::Store`], [`session::Store`], [`Store`](::audit::Store) of the audit,
//! [`statistics::Store`], [`shop::Store`] and [`event::Store`].
//! Both stores behave the same, as far as these traits tell, and are held to it by the same tests.
//!
//! An order is acknowledged only after its commit has reached the disk.
//!
//! A store that is told whose work it does ([`Any::by`]) writes an entry of the audit log in the same
//! transaction as each change.
//!
//! SQLite:
//! - One thread writes. It commits what is waiting together ("group commit"), so one sync of the
//!   disk serves many orders, and an order that fails inside a group fails alone. See
//!   [`sqlite::writer`] for the bound this puts on waiting.
//! - Readers have connections of their own and neither wait for the writer nor hold it up.
//!
//! PostgreSQL: see `postgres`.
//!
//! Layout:
//! - [`location`]: `sqlite:PATH`, `postgres://…` and what else may be written there
//! - [`options`]: sizes and time limits
//! - [`any`]: either store
//! - `audit`: what they say of a change in the audit log
//! - [`seed`]: the catalogue a new store starts with
//! - [`watch`]: what the store tells of itself while it works
//! - [`pool`]: who waits for a connection, and for how long
//! - `news`: what each change is told of as
//! - [`migration`]: one step of a database from version to version
//! - [`sqlite`], `postgres`: the stores
//! - [`memory`]: one for tests and measurements

pub mod any;
mod audit;
pub mod location;
pub mod memory;
pub mod migration;
mod news;
pub mod options;
pub mod pool;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod seed;
pub mod sqlite;
pub mod watch;

pub use any::{Any, OpenError};
pub use location::{BadLocation, Location};
pub use memory::Memory;
pub use migration::Migrated;
pub use options::Options;
pub use pool::PoolUsage;
#[cfg(feature = "postgres")]
pub use postgres::Postgres;
pub use sqlite::Sqlite;
pub use watch::{Batch, Watch};
