//! The running totals, brought up to date by whoever places or reverses an order.

use order::{Order, OrderLine};
use sqlx::{Error, PgConnection, query};
use statistics::Totals;

use super::rows;

/// How many rows each currency's totals are spread over. Orders get theirs by their numbers, so that
/// it takes this many at once before two must meet.
const SHARDS: i64 = 16;

/// What one order changes.
struct Change {
    placed: i64,
    reversed: i64,
    pieces: i64,
    pieces_back: i64,
    revenue: i64,
    revenue_back: i64,
}

/// Counts an order that is placed.
pub(super) async fn placed(connection: &mut PgConnection, order: &Order) -> Result<(), Error> {
    let change = Change {
        placed: 1,
        reversed: 0,
        pieces: pieces(order),
        pieces_back: 0,
        revenue: order.total.amount(),
        revenue_back: 0,
    };
    add(connection, order, &change).await
}

/// Counts an order that is reversed.
pub(super) async fn reversed(connection: &mut PgConnection, order: &Order) -> Result<(), Error> {
    let change = Change {
        placed: 0,
        reversed: 1,
        pieces: 0,
        pieces_back: pieces(order),
        revenue: 0,
        revenue_back: order.total.amount(),
    };
    add(connection, order, &change).await
}

fn pieces(order: &Order) -> i64 {
    let pieces = |line: &OrderLine| i64::from(line.quantity.get());
    order.lines.iter().map(pieces).sum()
}

/// Comes last in a transaction, so that the row is locked for as short as can be.
async fn add(connection: &mut PgConnection, order: &Order, change: &Change) -> Result<(), Error> {
    let currency = order.total.currency();
    query!(
        "INSERT INTO totals \
        (currency, shard, placed, reversed, pieces, pieces_back, revenue, revenue_back) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (currency, shard) DO UPDATE SET \
        placed = totals.placed + excluded.placed, \
        reversed = totals.reversed + excluded.reversed, \
        pieces = totals.pieces + excluded.pieces, \
        pieces_back = totals.pieces_back + excluded.pieces_back, \
        revenue = totals.revenue + excluded.revenue, \
        revenue_back = totals.revenue_back + excluded.revenue_back",
        currency.code(),
        order.id.get() % SHARDS,
        change.placed,
        change.reversed,
        change.pieces,
        change.pieces_back,
        change.revenue,
        change.revenue_back
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The totals of each currency, as of one moment.
pub(super) async fn all(connection: &mut PgConnection) -> Result<Vec<Totals>, Error> {
    let rows = query!(
        r#"SELECT currency, sum(placed)::bigint AS "placed!", sum(reversed)::bigint AS "reversed!",
        sum(pieces)::bigint AS "pieces!", sum(pieces_back)::bigint AS "pieces_back!",
        sum(revenue)::bigint AS "revenue!", sum(revenue_back)::bigint AS "revenue_back!"
        FROM totals GROUP BY currency ORDER BY currency"#
    )
    .fetch_all(connection)
    .await?;
    let mut totals = Vec::with_capacity(rows.len());
    for row in rows {
        totals.push(Totals {
            currency: rows::currency(&row.currency)?,
            placed: rows::count(row.placed)?,
            reversed: rows::count(row.reversed)?,
            pieces: rows::count(row.pieces)?,
            pieces_back: rows::count(row.pieces_back)?,
            revenue: rows::count(row.revenue)?,
            revenue_back: rows::count(row.revenue_back)?,
        });
    }
    Ok(totals)
}
