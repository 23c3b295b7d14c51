//! The running totals, brought up to date by whoever places or reverses an order.

use order::{Order, OrderLine};
use rusqlite::{Connection, Row, params};
use statistics::Totals;

use super::rows;

/// Counts an order that is placed.
pub(super) fn placed(connection: &Connection, order: &Order) -> rusqlite::Result<()> {
    let sql = "INSERT INTO totals (currency, placed, reversed, pieces, pieces_back, revenue, revenue_back) \
        VALUES (?1, 1, 0, ?2, 0, ?3, 0) ON CONFLICT (currency) DO UPDATE SET \
        placed = placed + 1, pieces = pieces + excluded.pieces, revenue = revenue + excluded.revenue";
    add(connection, sql, order)
}

/// Counts an order that is reversed.
pub(super) fn reversed(connection: &Connection, order: &Order) -> rusqlite::Result<()> {
    let sql = "UPDATE totals SET reversed = reversed + 1, pieces_back = pieces_back + ?2, \
        revenue_back = revenue_back + ?3 WHERE currency = ?1";
    add(connection, sql, order)
}

fn add(connection: &Connection, sql: &str, order: &Order) -> rusqlite::Result<()> {
    let pieces = |line: &OrderLine| i64::from(line.quantity.get());
    let pieces: i64 = order.lines.iter().map(pieces).sum();
    let total = order.total;
    connection.prepare_cached(sql)?.execute(params![
        total.currency().code(),
        pieces,
        total.amount()
    ])?;
    Ok(())
}

/// The totals of each currency.
pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<Totals>> {
    let sql = "SELECT currency, placed, reversed, pieces, pieces_back, revenue, revenue_back \
        FROM totals ORDER BY currency";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map([], row)?.collect()
}

fn row(row: &Row<'_>) -> rusqlite::Result<Totals> {
    Ok(Totals {
        currency: rows::currency(row, 0)?,
        placed: rows::count(row, 1)?,
        reversed: rows::count(row, 2)?,
        pieces: rows::count(row, 3)?,
        pieces_back: rows::count(row, 4)?,
        revenue: rows::count(row, 5)?,
        revenue_back: rows::count(row, 6)?,
    })
}
