//! Whether orders are taken.

use std::time::SystemTime;

use rusqlite::{Connection, params};
use shop::Shop;

use super::outbox::Outbox;
use super::rows;
use crate::news;

/// Whether orders are taken.
pub(super) fn is_open(connection: &Connection) -> rusqlite::Result<bool> {
    state(connection).map(|shop| shop.open)
}

/// Whether orders are taken, and since when.
pub(super) fn state(connection: &Connection) -> rusqlite::Result<Shop> {
    connection
        .prepare_cached("SELECT open, since FROM shop")?
        .query_row([], |row| {
            Ok(Shop {
                open: row.get(0)?,
                since: rows::from_millis(row.get(1)?),
            })
        })
}

/// Opens or closes the shop; leaves it alone if it is so already.
pub(super) fn set(
    connection: &Connection,
    open: bool,
    at: SystemTime,
    outbox: Outbox,
) -> rusqlite::Result<Shop> {
    let changed = connection
        .prepare_cached("UPDATE shop SET open = ?1, since = ?2 WHERE open <> ?1")?
        .execute(params![open, rows::to_millis(at)])?;
    let shop = state(connection)?;
    if changed > 0 {
        outbox.tell(connection, || news::of_shop(&shop))?;
    }
    Ok(shop)
}
