//! The stores: what they have in common, and each.

mod both;
mod events;
mod logins;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod server;
mod sqlite;
mod support;
