//! Where products, orders, users and totals are kept: SQLite.
//!
//! [`Location`] says where, [`Sqlite::open`] opens it; the store then answers for
//! [`product::Store`], [`order::Store`], [`user::Store`], [`statistics::Store`] and [`shop::Store`].
//!
//! - An order is acknowledged only after its commit has reached the disk (`synchronous=FULL`).
//! - One thread writes. It commits what is waiting together ("group commit"), so one sync of the
//!   disk serves many orders, and an order that fails inside a group fails alone. See
//!   [`sqlite::writer`] for the bound this puts on waiting.
//! - Readers have connections of their own and neither wait for the writer nor hold it up.
//!
//! Layout:
//! - [`location`]: `sqlite:PATH` and what else may be written there
//! - [`seed`]: the catalogue a new store starts with
//! - [`watch`]: what the store tells of itself while it works
//! - `migration`: one step of a database from version to version
//! - [`sqlite`]: the store

pub mod location;
mod migration;
pub mod seed;
pub mod sqlite;
pub mod watch;

pub use location::{BadLocation, Location};
pub use sqlite::{OpenError, Options, Sqlite};
pub use watch::{Batch, Watch};
