//! One order inside a transaction.
//!
//! What is locked, and in which order, so that nobody waits in a circle: the door (shared), the
//! products by id, the key, the totals. A reversal: the order, the products by id, the totals.

use std::time::SystemTime;

use order::{Draft, NewOrder, Offer, Order, Placed, Purchase, Rejection, Reversal};
use sqlx::{Error, PgConnection, query, query_scalar};
use types::{OrderId, UserId, Version};

use super::fault::Fault;
use super::outbox::Outbox;
use super::{read, rows, shop, totals};
use crate::news;

/// Looks whether the key is new and the shop is open, reads what the shelves hold, decides, takes
/// the stock, keeps the order, and tells of it. The caller commits, or rolls back if it is refused or fails.
pub(super) async fn place(
    connection: &mut PgConnection,
    purchase: &Purchase,
    outbox: Outbox,
) -> Result<Result<Placed, Rejection>, Fault> {
    // Before the door: an order that was placed is told so even when the shop has closed since.
    if let Some(placed) = placed_before(connection, purchase).await? {
        let again = order::replay(&purchase.order, placed);
        return Ok(again.map(|order| Placed {
            order,
            replayed: true,
        }));
    }
    if !shop::hold_open(connection).await? {
        return Ok(Err(Rejection::ShopClosed));
    }
    let offers = offers(connection, &purchase.order).await?;
    match order::decide(&purchase.order, &offers) {
        Ok(draft) => place_draft(connection, purchase, draft, outbox)
            .await
            .map(Ok),
        Err(rejection) => Ok(Err(rejection)),
    }
}

async fn place_draft(
    connection: &mut PgConnection,
    purchase: &Purchase,
    draft: Draft,
    outbox: Outbox,
) -> Result<Placed, Fault> {
    take_stock(connection, &draft).await?;
    let order = keep(connection, purchase, draft).await?;
    remember_key(connection, purchase, &order).await?;
    totals::placed(connection, &order).await?;
    outbox.tell(connection, || news::of_order(&order)).await?;
    Ok(Placed {
        order,
        replayed: false,
    })
}

/// The order that was placed under the purchase's key, unless the key is too old.
async fn placed_before(
    connection: &mut PgConnection,
    purchase: &Purchase,
) -> Result<Option<Order>, Error> {
    let Some(key) = &purchase.key else {
        return Ok(None);
    };
    let found = query_scalar!(
        "SELECT order_id FROM idempotency_keys WHERE customer = $1 AND key = $2 AND expires_at > $3",
        customer_number(purchase),
        key.as_str(),
        rows::to_millis(purchase.at)
    )
    .fetch_optional(&mut *connection)
    .await?;
    match found {
        Some(id) => read::order(connection, rows::order_id(id)?).await,
        None => Ok(None),
    }
}

async fn remember_key(
    connection: &mut PgConnection,
    purchase: &Purchase,
    order: &Order,
) -> Result<(), Fault> {
    let Some(key) = &purchase.key else {
        return Ok(());
    };
    let now = rows::to_millis(purchase.at);
    let expires = rows::to_millis(purchase.at + Purchase::KEY_LIFE);
    // Each order makes one key and clears some away, so they do not pile up; what somebody else is
    // clearing away is left to them.
    query!(
        "DELETE FROM idempotency_keys WHERE (customer, key) IN ( \
            SELECT customer, key FROM idempotency_keys WHERE expires_at <= $1 \
            ORDER BY expires_at LIMIT 8 FOR UPDATE SKIP LOCKED)",
        now
    )
    .execute(&mut *connection)
    .await?;
    // Waits for whoever is placing an order under the same key. If they did, there is no row to
    // change, and this order is looked at anew.
    let kept = query!(
        "INSERT INTO idempotency_keys (customer, key, order_id, expires_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (customer, key) DO UPDATE \
        SET order_id = excluded.order_id, expires_at = excluded.expires_at \
        WHERE idempotency_keys.expires_at <= $5",
        customer_number(purchase),
        key.as_str(),
        order.id.get(),
        expires,
        now
    )
    .execute(&mut *connection)
    .await?;
    if kept.rows_affected() == 0 {
        return Err(Fault::Overtaken);
    }
    Ok(())
}

/// Keys are each customer's own; those of nobody in particular are shared.
fn customer_number(purchase: &Purchase) -> i64 {
    purchase.customer.map_or(0, UserId::get)
}

/// What the shelves hold, and will hold until this transaction ends.
async fn offers(
    connection: &mut PgConnection,
    order: &NewOrder,
) -> Result<Vec<Option<Offer>>, Error> {
    let wanted: Vec<i64> = order
        .lines()
        .iter()
        .map(|line| line.product.get())
        .collect();
    let found = query!(
        "SELECT id, price, currency, stock FROM products WHERE id = ANY($1) \
        ORDER BY id FOR NO KEY UPDATE",
        &wanted
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut offers = Vec::with_capacity(wanted.len());
    for id in wanted {
        let offer = match found.iter().find(|row| row.id == id) {
            Some(row) => Some(Offer {
                price: rows::money(row.price, &row.currency)?,
                stock: rows::stock(row.stock)?,
            }),
            None => None,
        };
        offers.push(offer);
    }
    Ok(offers)
}

async fn take_stock(connection: &mut PgConnection, draft: &Draft) -> Result<(), Error> {
    let less = |line| {
        let (product, pieces) = taken(line);
        (product, -pieces)
    };
    let (products, pieces): (Vec<i64>, Vec<i64>) = draft.lines.iter().map(less).unzip();
    add_stock(connection, &products, &pieces).await
}

fn taken(line: &order::OrderLine) -> (i64, i64) {
    (line.product.get(), i64::from(line.quantity.get()))
}

/// The caller holds the products' locks.
async fn add_stock(
    connection: &mut PgConnection,
    products: &[i64],
    pieces: &[i64],
) -> Result<(), Error> {
    query!(
        "UPDATE products SET stock = stock + line.pieces \
        FROM unnest($1::bigint[], $2::bigint[]) AS line (product, pieces) WHERE id = line.product",
        products,
        pieces
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn keep(
    connection: &mut PgConnection,
    purchase: &Purchase,
    draft: Draft,
) -> Result<Order, Error> {
    let placed_at = rows::to_millis(purchase.at);
    let (products, pieces): (Vec<i64>, Vec<i64>) = draft.lines.iter().map(taken).unzip();
    let prices = draft.lines.iter().map(|line| line.unit_price.amount());
    let prices: Vec<i64> = prices.collect();
    let currency = draft.total.currency();
    let id = query_scalar!(
        r#"WITH placed AS (
            INSERT INTO orders (placed_at, total, currency, customer, version)
            VALUES ($1, $2, $3, $4, 1) RETURNING id
        ), lines AS (
            INSERT INTO order_lines (order_id, line, product_id, quantity, unit_price)
            SELECT placed.id, line.number - 1, line.product, line.quantity, line.price
            FROM placed, unnest($5::bigint[], $6::bigint[], $7::bigint[])
                WITH ORDINALITY AS line (product, quantity, price, number)
        )
        SELECT id AS "id!" FROM placed"#,
        placed_at,
        draft.total.amount(),
        currency.code(),
        purchase.customer.map(UserId::get),
        &products,
        &pieces,
        &prices
    )
    .fetch_one(connection)
    .await?;
    Ok(Order {
        id: rows::order_id(id)?,
        placed_at: rows::from_millis(placed_at),
        reversed_at: None,
        customer: purchase.customer,
        version: Version::FIRST,
        lines: draft.lines,
        total: draft.total,
    })
}

/// Takes an order back inside a transaction, if it stands.
pub(super) async fn reverse(
    connection: &mut PgConnection,
    id: OrderId,
    expected: Option<Version>,
    at: SystemTime,
    outbox: Outbox,
) -> Result<Result<Reversal, order::ReverseError>, Fault> {
    query!(
        "SELECT id FROM orders WHERE id = $1 FOR NO KEY UPDATE",
        id.get()
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(found) = read::order(connection, id).await? else {
        return Ok(Err(order::ReverseError::Missing));
    };
    match order::reverse(&found, expected, at) {
        Ok(Some(reversed)) => Ok(Ok(Reversal {
            order: give_back(connection, reversed, at, outbox).await?,
            replayed: false,
        })),
        Ok(None) => Ok(Ok(Reversal {
            order: found,
            replayed: true,
        })),
        Err(stale) => Ok(Err(stale.into())),
    }
}

async fn give_back(
    connection: &mut PgConnection,
    order: Order,
    at: SystemTime,
    outbox: Outbox,
) -> Result<Order, Error> {
    let millis = rows::to_millis(at);
    query!(
        "UPDATE orders SET reversed_at = $2, version = $3 WHERE id = $1",
        order.id.get(),
        millis,
        order.version.get()
    )
    .execute(&mut *connection)
    .await?;
    let (products, pieces): (Vec<i64>, Vec<i64>) = order.lines.iter().map(taken).unzip();
    lock(connection, &products).await?;
    add_stock(connection, &products, &pieces).await?;
    totals::reversed(connection, &order).await?;
    let order = Order {
        reversed_at: Some(rows::from_millis(millis)),
        ..order
    };
    outbox.tell(connection, || news::of_order(&order)).await?;
    Ok(order)
}

/// An `UPDATE` of several rows locks them in an order of its own.
async fn lock(connection: &mut PgConnection, products: &[i64]) -> Result<(), Error> {
    query!(
        "SELECT id FROM products WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
        products
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}
