//! Whether orders are taken.
//!
//! Whoever places an order holds the door (a lock that many may share) until their transaction ends;
//! whoever opens or closes the shop waits for them and keeps others out meanwhile. So no order is
//! placed any more once a closing is done. It is an advisory lock: a lock on the shop's row would
//! have every order write to that row. Its number is `Sale` in ASCII, and 1; that of migrating has 0.

use std::time::SystemTime;

use ::shop::Shop;
use sqlx::{Error, PgConnection, query};
use types::StoreError;

use super::fault::Fault;
use super::outbox::Outbox;
use super::rows;
use crate::news;

/// Holds the door and tells whether it is open.
pub(super) async fn hold_open(connection: &mut PgConnection) -> Result<bool, Error> {
    // A statement of its own: the next one sees what was committed before the lock was given.
    query!("SELECT pg_advisory_xact_lock_shared(1398893669, 1)")
        .execute(&mut *connection)
        .await?;
    state(connection).await.map(|shop| shop.open)
}

/// Whether orders are taken, and since when.
pub(super) async fn state(connection: &mut PgConnection) -> Result<Shop, Error> {
    let row = query!("SELECT open, since FROM shop")
        .fetch_one(connection)
        .await?;
    Ok(Shop {
        open: row.open,
        since: rows::from_millis(row.since),
    })
}

/// Opens or closes the shop; leaves it alone if it is so already.
pub(super) async fn set(
    connection: &mut PgConnection,
    open: bool,
    at: SystemTime,
    outbox: Outbox,
) -> Result<Result<Shop, StoreError>, Fault> {
    query!("SELECT pg_advisory_xact_lock(1398893669, 1)")
        .execute(&mut *connection)
        .await?;
    let changed = query!(
        "UPDATE shop SET open = $1, since = $2 WHERE open <> $1",
        open,
        rows::to_millis(at)
    )
    .execute(&mut *connection)
    .await?;
    let shop = state(connection).await?;
    if changed.rows_affected() > 0 {
        outbox.tell(connection, || news::of_shop(&shop)).await?;
    }
    Ok(Ok(shop))
}
