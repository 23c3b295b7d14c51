//! Queries for products and orders.
//!
//! They are not inlined, so that a profile shows their work under their names. Conditions that are
//! not asked for are left out of the SQL text, so that each text has the plan that fits it; there
//! are few enough of them to be prepared once each.

use std::borrow::Cow;

use order::{Order, OrderLine, Status};
use product::{Product, SortBy};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use types::{Currency, Direction, Money, OrderId, ProductId, ProductName, Quantity, UserId};

use super::rows::{damaged, from_millis, money, order_id, stock, to_millis, version};

/// Something that needs the file, and costs next to nothing.
pub(super) fn ping(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .prepare_cached("SELECT id FROM products LIMIT 1")?
        .exists([])
        .map(|_| ())
}

/// The product with this id.
#[inline(never)]
pub(super) fn product(connection: &Connection, id: ProductId) -> rusqlite::Result<Option<Product>> {
    connection
        .prepare_cached(&format!("SELECT {PRODUCT} FROM products WHERE id = ?1"))?
        .query_row([id.get()], product_of)
        .optional()
}

const PRODUCT: &str = "id, name, price, currency, stock, supplied, version";

/// At most `count` products.
#[inline(never)]
pub(super) fn products(
    connection: &Connection,
    query: &product::Query,
    count: usize,
) -> rusqlite::Result<Vec<Product>> {
    let filter = &query.filter;
    let mut conditions = Conditions::default();
    if let Some(name) = &filter.name {
        let name = name.as_str().to_owned();
        conditions.add("instr(lower(name), lower(?)) > 0", name);
    }
    if let Some(in_stock) = filter.in_stock {
        conditions.add("(stock > 0) = ?", in_stock);
    }
    if let Some(price) = filter.min_price {
        conditions.add("price >= ?", price);
    }
    if let Some(price) = filter.max_price {
        conditions.add("price <= ?", price);
    }
    if let Some(after) = query.after {
        conditions.add(follows(query.sort, query.direction), after.get());
    }
    let sql = format!(
        "SELECT {PRODUCT} FROM products {} ORDER BY {} LIMIT ?",
        conditions.text(),
        sorted(query.sort, query.direction)
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement
        .query_map(conditions.values(count), product_of)?
        .collect()
}

fn follows(sort: SortBy, direction: Direction) -> &'static str {
    match (sort, direction) {
        (SortBy::Id, Direction::Ascending) => "id > ?",
        (SortBy::Id, Direction::Descending) => "id < ?",
        (SortBy::Name, Direction::Ascending) => {
            "(name, id) > (SELECT name, id FROM products WHERE id = ?)"
        }
        (SortBy::Name, Direction::Descending) => {
            "(name, id) < (SELECT name, id FROM products WHERE id = ?)"
        }
        (SortBy::Price, Direction::Ascending) => {
            "(price, id) > (SELECT price, id FROM products WHERE id = ?)"
        }
        (SortBy::Price, Direction::Descending) => {
            "(price, id) < (SELECT price, id FROM products WHERE id = ?)"
        }
    }
}

fn sorted(sort: SortBy, direction: Direction) -> &'static str {
    match (sort, direction) {
        (SortBy::Id, Direction::Ascending) => "id",
        (SortBy::Id, Direction::Descending) => "id DESC",
        (SortBy::Name, Direction::Ascending) => "name, id",
        (SortBy::Name, Direction::Descending) => "name DESC, id DESC",
        (SortBy::Price, Direction::Ascending) => "price, id",
        (SortBy::Price, Direction::Descending) => "price DESC, id DESC",
    }
}

/// The order with this id.
#[inline(never)]
pub(super) fn order(connection: &Connection, id: OrderId) -> rusqlite::Result<Option<Order>> {
    let mut conditions = Conditions::default();
    conditions.add("id = ?", id.get());
    let found = matching(connection, ORDERS, &conditions, Direction::Ascending, 1)?;
    Ok(found.into_iter().next())
}

/// At most `count` orders.
#[inline(never)]
pub(super) fn orders(
    connection: &Connection,
    query: &order::Query,
    count: usize,
) -> rusqlite::Result<Vec<Order>> {
    let filter = &query.filter;
    let mut conditions = Conditions::default();
    match filter.status {
        Some(Status::Placed) => conditions.add_text("reversed_at IS NULL"),
        Some(Status::Reversed) => conditions.add_text("reversed_at IS NOT NULL"),
        None => {}
    }
    if let Some(customer) = filter.customer {
        conditions.add("customer = ?", customer.get());
    }
    if let Some(from) = filter.from {
        conditions.add("placed_at >= ?", to_millis(from));
    }
    if let Some(until) = filter.until {
        conditions.add("placed_at < ?", to_millis(until));
    }
    let from = if let Some(product) = filter.product {
        conditions.add("product_id = ?", product.get());
        HOLDING
    } else {
        ORDERS
    };
    if let Some(after) = query.after {
        let follows = match query.direction {
            Direction::Ascending => ">",
            Direction::Descending => "<",
        };
        conditions.add(format!("{} {follows} ?", from.1), after.get());
    }
    matching(connection, from, &conditions, query.direction, count)
}

/// Where orders are looked for, and their id there.
type From = (&'static str, &'static str);

const ORDERS: From = ("orders", "id");
/// Orders that hold a product, which each of them does at most once. The index of lines leads: it has them in the order of
/// their ids, so a page costs no more than its orders.
const HOLDING: From = (
    "order_lines CROSS JOIN orders ON orders.id = order_lines.order_id",
    "order_id",
);

fn matching(
    connection: &Connection,
    (from, id): From,
    conditions: &Conditions,
    direction: Direction,
    count: usize,
) -> rusqlite::Result<Vec<Order>> {
    let way = match direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    };
    let sql = format!(
        "SELECT o.id, o.placed_at, o.reversed_at, o.customer, o.version, o.total, o.currency, \
        l.product_id, l.quantity, l.unit_price \
        FROM (SELECT orders.* FROM {from} {} ORDER BY {id} {way} LIMIT ?) AS o \
        JOIN order_lines AS l ON l.order_id = o.id ORDER BY o.id {way}, l.line",
        conditions.text()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(conditions.values(count))?;
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

/// Conditions that all must hold, and what stands for their question marks.
#[derive(Default)]
struct Conditions {
    texts: Vec<Cow<'static, str>>,
    values: Vec<Value>,
}

impl Conditions {
    fn add(&mut self, text: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        self.texts.push(text.into());
        self.values.push(value.into());
    }

    fn add_text(&mut self, text: &'static str) {
        self.texts.push(text.into());
    }

    fn text(&self) -> String {
        if self.texts.is_empty() {
            String::new()
        } else {
            format!("WHERE {}", self.texts.join(" AND "))
        }
    }

    /// The values, and the limit after them.
    fn values(&self, limit: usize) -> impl rusqlite::Params {
        let limit = Value::Integer(limit as i64);
        params_from_iter(self.values.iter().cloned().chain([limit]))
    }
}

/// The order of a row, without its lines.
fn head(row: &Row<'_>) -> rusqlite::Result<Order> {
    let customer: Option<i64> = row.get(3)?;
    let reversed_at: Option<i64> = row.get(2)?;
    Ok(Order {
        id: order_id(row)?,
        placed_at: from_millis(row.get(1)?),
        reversed_at: reversed_at.map(from_millis),
        customer: customer
            .map(UserId::new)
            .transpose()
            .map_err(|error| damaged(3, error))?,
        version: version(row, 4)?,
        lines: Vec::new(),
        total: money(row, 5, 6)?,
    })
}

fn line(row: &Row<'_>, currency: Currency) -> rusqlite::Result<OrderLine> {
    Ok(OrderLine {
        product: ProductId::new(row.get(7)?).map_err(|error| damaged(7, error))?,
        quantity: Quantity::new(row.get(8)?).map_err(|error| damaged(8, error))?,
        unit_price: Money::new(row.get(9)?, currency).map_err(|error| damaged(9, error))?,
    })
}

fn product_of(row: &Row<'_>) -> rusqlite::Result<Product> {
    Ok(Product {
        id: ProductId::new(row.get(0)?).map_err(|error| damaged(0, error))?,
        name: ProductName::new(row.get_ref(1)?.as_str()?).map_err(|error| damaged(1, error))?,
        price: money(row, 2, 3)?,
        stock: stock(row, 4)?,
        supplied: stock(row, 5)?,
        version: version(row, 6)?,
    })
}
