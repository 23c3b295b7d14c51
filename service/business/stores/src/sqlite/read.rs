//! Rows to products and orders. A row that does not make a valid value means a damaged database,
//! and is an error like any other.
//!
//! The three queries are not inlined, so that a profile shows their work under their names.

use order::{Order, OrderLine};
use product::Product;
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Row, params};
use types::{Currency, Money, OrderId, ProductId, ProductName, Quantity, Stock};

use super::place::from_millis;

/// Something that needs the file, and costs next to nothing.
pub(super) fn ping(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .prepare_cached("SELECT id FROM products LIMIT 1")?
        .exists([])
        .map(|_| ())
}

/// At most `count` products after `after`.
#[inline(never)]
pub(super) fn products(
    connection: &Connection,
    after: Option<ProductId>,
    count: usize,
) -> rusqlite::Result<Vec<Product>> {
    let sql =
        "SELECT id, name, price, currency, stock FROM products WHERE id > ?1 ORDER BY id LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let after = after.map_or(0, ProductId::get);
    statement
        .query_map(params![after, count as i64], product)?
        .collect()
}

/// The order with this id.
#[inline(never)]
pub(super) fn order(connection: &Connection, id: OrderId) -> rusqlite::Result<Option<Order>> {
    let found = orders_between(connection, id.get() - 1, Some(id.get()), 1)?;
    Ok(found.into_iter().next())
}

/// At most `count` orders after `after`.
#[inline(never)]
pub(super) fn orders(
    connection: &Connection,
    after: Option<OrderId>,
    count: usize,
) -> rusqlite::Result<Vec<Order>> {
    orders_between(connection, after.map_or(0, OrderId::get), None, count)
}

fn orders_between(
    connection: &Connection,
    after: i64,
    last: Option<i64>,
    count: usize,
) -> rusqlite::Result<Vec<Order>> {
    let sql = "SELECT o.id, o.placed_at, o.total, o.currency, l.product_id, l.quantity, l.unit_price \
        FROM (SELECT * FROM orders WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3) AS o \
        JOIN order_lines AS l ON l.order_id = o.id ORDER BY o.id, l.line";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![after, last.unwrap_or(i64::MAX), count as i64])?;
    let mut orders: Vec<Order> = Vec::new();
    while let Some(row) = rows.next()? {
        let head = head(row)?;
        let line = line(row, head.total.currency())?;
        match orders.last_mut() {
            Some(order) if order.id == head.id => order.lines.push(line),
            _ => orders.push(Order {
                lines: vec![line],
                ..head
            }),
        }
    }
    Ok(orders)
}

/// The order of a row, without its lines.
fn head(row: &Row<'_>) -> rusqlite::Result<Order> {
    Ok(Order {
        id: OrderId::new(row.get(0)?).map_err(|error| damaged(0, error))?,
        placed_at: from_millis(row.get(1)?),
        lines: Vec::new(),
        total: money(row, 2, 3)?,
    })
}

fn line(row: &Row<'_>, currency: Currency) -> rusqlite::Result<OrderLine> {
    Ok(OrderLine {
        product: ProductId::new(row.get(4)?).map_err(|error| damaged(4, error))?,
        quantity: Quantity::new(row.get(5)?).map_err(|error| damaged(5, error))?,
        unit_price: Money::new(row.get(6)?, currency).map_err(|error| damaged(6, error))?,
    })
}

fn product(row: &Row<'_>) -> rusqlite::Result<Product> {
    Ok(Product {
        id: ProductId::new(row.get(0)?).map_err(|error| damaged(0, error))?,
        name: ProductName::new(row.get_ref(1)?.as_str()?).map_err(|error| damaged(1, error))?,
        price: money(row, 2, 3)?,
        stock: stock(row, 4)?,
    })
}

/// The money in columns `amount` and `currency`.
pub(super) fn money(row: &Row<'_>, amount: usize, currency: usize) -> rusqlite::Result<Money> {
    let code = row.get_ref(currency)?.as_str()?;
    let code: Currency = code.parse().map_err(|error| damaged(currency, error))?;
    Money::new(row.get(amount)?, code).map_err(|error| damaged(amount, error))
}

/// The stock in this column.
pub(super) fn stock(row: &Row<'_>, column: usize) -> rusqlite::Result<Stock> {
    Stock::new(row.get(column)?).map_err(|error| damaged(column, error))
}

fn damaged(column: usize, error: types::Invalid) -> Error {
    Error::FromSqlConversionFailure(column, Type::Integer, Box::new(error))
}
