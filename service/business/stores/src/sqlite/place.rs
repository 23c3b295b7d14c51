//! One order inside a transaction.
//!
//! Its steps are not inlined, so that a profile shows the work of each under its name.

use std::time::SystemTime;

use order::{Draft, NewOrder, Offer, Order, Placed, Purchase, Rejection, Reversal};
use rusqlite::{Connection, OptionalExtension, params};
use types::{ProductId, UserId, Version};

use super::outbox::Outbox;
use super::{read, rows, shop, totals};
use crate::news;

// ANCHOR: place
/// Looks whether the shop is open and the key is new, reads what the shelves hold, decides, takes the
/// stock, keeps the order, and tells of it. The caller commits, or rolls back if it is refused or fails.
#[inline(never)]
pub(super) fn place(
    connection: &Connection,
    purchase: &Purchase,
    outbox: Outbox,
) -> rusqlite::Result<Result<Placed, Rejection>> {
    // Before the door: an order that was placed is told so, closed shop or not.
    if let Some(placed) = placed_before(connection, purchase)? {
        let again = order::replay(&purchase.order, placed);
        return Ok(again.map(|order| Placed {
            order,
            replayed: true,
        }));
    }
    if !shop::is_open(connection)? {
        return Ok(Err(Rejection::ShopClosed));
    }
    let offers = offers(connection, &purchase.order)?;
    match order::decide(&purchase.order, &offers) {
        Ok(draft) => place_draft(connection, purchase, draft, outbox).map(Ok),
        Err(rejection) => Ok(Err(rejection)),
    }
}
// ANCHOR_END: place

fn place_draft(
    connection: &Connection,
    purchase: &Purchase,
    draft: Draft,
    outbox: Outbox,
) -> rusqlite::Result<Placed> {
    take_stock(connection, &draft)?;
    let order = keep(connection, purchase, draft)?;
    remember_key(connection, purchase, &order)?;
    totals::placed(connection, &order)?;
    outbox.tell(connection, || news::of_order(&order))?;
    Ok(Placed {
        order,
        replayed: false,
    })
}

/// The order that was placed under the purchase's key, unless the key is too old.
fn placed_before(connection: &Connection, purchase: &Purchase) -> rusqlite::Result<Option<Order>> {
    let Some(key) = &purchase.key else {
        return Ok(None);
    };
    let sql = "SELECT order_id FROM idempotency_keys WHERE customer = ?1 AND key = ?2 AND expires_at > ?3";
    let now = rows::to_millis(purchase.at);
    let found = connection
        .prepare_cached(sql)?
        .query_row(
            params![customer_number(purchase), key.as_str(), now],
            rows::order_id,
        )
        .optional()?;
    match found {
        Some(id) => read::order(connection, id),
        None => Ok(None),
    }
}

fn remember_key(
    connection: &Connection,
    purchase: &Purchase,
    order: &Order,
) -> rusqlite::Result<()> {
    let Some(key) = &purchase.key else {
        return Ok(());
    };
    let now = rows::to_millis(purchase.at);
    let expires = rows::to_millis(purchase.at + Purchase::KEY_LIFE);
    // Also makes room for this very key if its time is over.
    connection
        .prepare_cached("DELETE FROM idempotency_keys WHERE expires_at <= ?1")?
        .execute([now])?;
    connection
        .prepare_cached(
            "INSERT INTO idempotency_keys (customer, key, order_id, expires_at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            customer_number(purchase),
            key.as_str(),
            order.id.get(),
            expires
        ])?;
    Ok(())
}

/// Keys are each customer's own; those of nobody in particular are shared.
fn customer_number(purchase: &Purchase) -> i64 {
    purchase.customer.map_or(0, UserId::get)
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
                price: rows::money(row, 0, 1)?,
                stock: rows::stock(row, 2)?,
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
fn keep(connection: &Connection, purchase: &Purchase, draft: Draft) -> rusqlite::Result<Order> {
    let placed_at = rows::to_millis(purchase.at);
    insert(connection, &draft, placed_at, purchase.customer)?;
    let id = rows::valid_order_id(connection.last_insert_rowid())?;
    insert_lines(connection, id.get(), &draft)?;
    Ok(Order {
        id,
        placed_at: rows::from_millis(placed_at),
        reversed_at: None,
        customer: purchase.customer,
        version: Version::FIRST,
        lines: draft.lines,
        total: draft.total,
    })
}

fn insert(
    connection: &Connection,
    draft: &Draft,
    placed_at: i64,
    customer: Option<UserId>,
) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "INSERT INTO orders (placed_at, total, currency, customer) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            placed_at,
            draft.total.amount(),
            draft.total.currency().code(),
            customer.map(UserId::get)
        ])
}

fn insert_lines(connection: &Connection, order: i64, draft: &Draft) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO order_lines (order_id, line, product_id, quantity, unit_price) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (index, line) in (0_i64..).zip(&draft.lines) {
        let price = line.unit_price.amount();
        statement.execute(params![
            order,
            index,
            line.product.get(),
            line.quantity.get(),
            price
        ])?;
    }
    Ok(())
}

/// Takes an order back inside a transaction, if it stands.
pub(super) fn reverse(
    connection: &Connection,
    id: types::OrderId,
    expected: Option<Version>,
    at: SystemTime,
    outbox: Outbox,
) -> rusqlite::Result<Result<Reversal, order::ReverseError>> {
    let Some(found) = read::order(connection, id)? else {
        return Ok(Err(order::ReverseError::Missing));
    };
    match order::reverse(&found, expected, at) {
        Ok(Some(reversed)) => Ok(Ok(Reversal {
            order: give_back(connection, &reversed, at, outbox)?,
            replayed: false,
        })),
        Ok(None) => Ok(Ok(Reversal {
            order: found,
            replayed: true,
        })),
        Err(stale) => Ok(Err(stale.into())),
    }
}

#[inline(never)]
fn give_back(
    connection: &Connection,
    order: &Order,
    at: SystemTime,
    outbox: Outbox,
) -> rusqlite::Result<Order> {
    let millis = rows::to_millis(at);
    connection
        .prepare_cached("UPDATE orders SET reversed_at = ?2, version = ?3 WHERE id = ?1")?
        .execute(params![order.id.get(), millis, order.version.get()])?;
    let mut statement =
        connection.prepare_cached("UPDATE products SET stock = stock + ?2 WHERE id = ?1")?;
    for line in &order.lines {
        statement.execute(params![line.product.get(), line.quantity.get()])?;
    }
    totals::reversed(connection, order)?;
    let order = Order {
        reversed_at: Some(rows::from_millis(millis)),
        ..order.clone()
    };
    outbox.tell(connection, || news::of_order(&order))?;
    Ok(order)
}
