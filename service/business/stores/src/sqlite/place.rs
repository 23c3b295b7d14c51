//! One order inside a transaction.
//!
//! Its steps are not inlined, so that a profile shows the work of each under its name.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use order::{Draft, NewOrder, Offer, Order, PlaceError};
use rusqlite::{Connection, OptionalExtension, params};
use types::{OrderId, ProductId, StoreError};

use super::read;
use super::writer::store_error;

/// Reads what the shelves hold, decides, takes the stock, keeps the order. The caller commits, or
/// rolls back on error.
#[inline(never)]
pub(super) fn place(
    connection: &Connection,
    order: &NewOrder,
    at: SystemTime,
) -> Result<Order, PlaceError> {
    let offers = offers(connection, order).map_err(store_error)?;
    let draft = order::decide(order, &offers)?;
    take_stock(connection, &draft).map_err(store_error)?;
    keep(connection, draft, at).map_err(PlaceError::Store)
}

#[inline(never)]
fn offers(connection: &Connection, order: &NewOrder) -> rusqlite::Result<Vec<Option<Offer>>> {
    order
        .lines()
        .iter()
        .map(|line| offer(connection, line.product))
        .collect()
}

fn offer(connection: &Connection, product: ProductId) -> rusqlite::Result<Option<Offer>> {
    connection
        .prepare_cached("SELECT price, currency, stock FROM products WHERE id = ?1")?
        .query_row([product.get()], |row| {
            Ok(Offer {
                price: read::money(row, 0, 1)?,
                stock: read::stock(row, 2)?,
            })
        })
        .optional()
}

#[inline(never)]
fn take_stock(connection: &Connection, draft: &Draft) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("UPDATE products SET stock = stock - ?2 WHERE id = ?1")?;
    for line in &draft.lines {
        statement.execute(params![line.product.get(), line.quantity.get()])?;
    }
    Ok(())
}

#[inline(never)]
fn keep(connection: &Connection, draft: Draft, at: SystemTime) -> Result<Order, StoreError> {
    let placed_at = to_millis(at);
    let number = insert(connection, &draft, placed_at).map_err(store_error)?;
    Ok(Order {
        id: OrderId::new(number).map_err(StoreError::failed)?,
        placed_at: from_millis(placed_at),
        lines: draft.lines,
        total: draft.total,
    })
}

fn insert(connection: &Connection, draft: &Draft, placed_at: i64) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("INSERT INTO orders (placed_at, total, currency) VALUES (?1, ?2, ?3)")?
        .execute(params![
            placed_at,
            draft.total.amount(),
            draft.total.currency().code()
        ])?;
    let id = connection.last_insert_rowid();
    let mut statement = connection.prepare_cached(
        "INSERT INTO order_lines (order_id, line, product_id, quantity, unit_price) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (index, line) in (0_i64..).zip(&draft.lines) {
        let price = line.unit_price.amount();
        statement.execute(params![
            id,
            index,
            line.product.get(),
            line.quantity.get(),
            price
        ])?;
    }
    Ok(id)
}

/// Milliseconds since 1970; a clock set before that counts as 1970.
fn to_millis(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The time so many milliseconds after 1970.
pub(super) fn from_millis(millis: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis.unsigned_abs())
}
