//! Queries for products and orders.
//!
//! A condition that is not asked for is `NULL`, and the planner drops it: it plans these statements
//! anew for the values at hand for as long as that is estimated to be cheaper than one plan for all
//! values, which has to read everything.

use order::{Order, OrderLine, Status};
use product::{Product, SortBy};
use sqlx::{Error, PgConnection, query, query_as};
use types::{Direction, OrderId, ProductId, UserId};

use super::rows::{self, ProductRow};

/// Something that needs the server, and costs next to nothing.
pub(super) async fn ping(connection: &mut PgConnection) -> Result<(), Error> {
    query!("SELECT id FROM products LIMIT 1")
        .fetch_optional(connection)
        .await
        .map(|_| ())
}

/// The product with this id.
pub(super) async fn product(
    connection: &mut PgConnection,
    id: ProductId,
) -> Result<Option<Product>, Error> {
    let found = query_as!(
        ProductRow,
        "SELECT id, name, price, currency, stock, supplied, version FROM products WHERE id = $1",
        id.get()
    )
    .fetch_optional(connection)
    .await?;
    found.map(ProductRow::product).transpose()
}

/// At most `count` products.
pub(super) async fn products(
    connection: &mut PgConnection,
    query: &product::Query,
    count: usize,
) -> Result<Vec<Product>, Error> {
    let filter = &query.filter;
    /// `$follows` says what comes after product `$5`, `$order` in which order.
    macro_rules! select {
        ($follows:literal, $order:literal) => {
            query_as!(
                ProductRow,
                "SELECT id, name, price, currency, stock, supplied, version FROM products \
                WHERE ($1::text IS NULL OR strpos(lower(name), lower($1 COLLATE \"C\")) > 0) \
                AND ($2::boolean IS NULL OR (stock > 0) = $2) \
                AND ($3::bigint IS NULL OR price >= $3) \
                AND ($4::bigint IS NULL OR price <= $4) \
                AND ($5::bigint IS NULL OR "
                    + $follows
                    + ") ORDER BY "
                    + $order
                    + " LIMIT $6",
                filter.name.as_ref().map(types::ProductName::as_str),
                filter.in_stock,
                filter.min_price,
                filter.max_price,
                query.after.map(ProductId::get),
                count as i64
            )
            .fetch_all(connection)
            .await?
        };
    }
    let found = match (query.sort, query.direction) {
        (SortBy::Id, Direction::Ascending) => select!("id > $5", "id"),
        (SortBy::Id, Direction::Descending) => select!("id < $5", "id DESC"),
        (SortBy::Name, Direction::Ascending) => select!(
            "(name, id) > (SELECT name, id FROM products WHERE id = $5)",
            "name, id"
        ),
        (SortBy::Name, Direction::Descending) => select!(
            "(name, id) < (SELECT name, id FROM products WHERE id = $5)",
            "name DESC, id DESC"
        ),
        (SortBy::Price, Direction::Ascending) => select!(
            "(price, id) > (SELECT price, id FROM products WHERE id = $5)",
            "price, id"
        ),
        (SortBy::Price, Direction::Descending) => select!(
            "(price, id) < (SELECT price, id FROM products WHERE id = $5)",
            "price DESC, id DESC"
        ),
    };
    found.into_iter().map(ProductRow::product).collect()
}

/// The order with this id.
pub(super) async fn order(
    connection: &mut PgConnection,
    id: OrderId,
) -> Result<Option<Order>, Error> {
    let found = query_as!(
        OrderRow,
        "SELECT o.id, o.placed_at, o.reversed_at, o.customer, o.version, o.total, o.currency, \
        l.product_id, l.quantity, l.unit_price \
        FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id WHERE o.id = $1 ORDER BY l.line",
        id.get()
    )
    .fetch_all(connection)
    .await?;
    Ok(gather(found)?.into_iter().next())
}

/// At most `count` orders.
pub(super) async fn orders(
    connection: &mut PgConnection,
    query: &order::Query,
    count: usize,
) -> Result<Vec<Order>, Error> {
    let filter = &query.filter;
    /// `$from` says where the orders are looked for, with a condition on the product `$6`; `$id` is their number there.
    macro_rules! select {
        ($follows:literal, $way:literal, $id:literal, $from:literal) => {
            query_as!(
                OrderRow,
                "SELECT o.id, o.placed_at, o.reversed_at, o.customer, o.version, o.total, \
                o.currency, l.product_id, l.quantity, l.unit_price \
                FROM (SELECT orders.* FROM "
                    + $from
                    + " AND ($1::boolean IS NULL OR (reversed_at IS NOT NULL) = $1) \
                AND ($2::bigint IS NULL OR customer = $2) \
                AND ($3::bigint IS NULL OR placed_at >= $3) \
                AND ($4::bigint IS NULL OR placed_at < $4) \
                AND ($5::bigint IS NULL OR "
                    + $id
                    + $follows
                    + "$5) ORDER BY "
                    + $id
                    + " "
                    + $way
                    + " LIMIT $7) AS o \
                JOIN order_lines AS l ON l.order_id = o.id ORDER BY o.id "
                    + $way
                    + ", l.line",
                filter.status.map(|status| status == Status::Reversed),
                filter.customer.map(UserId::get),
                filter.from.map(rows::to_millis),
                filter.until.map(rows::to_millis),
                query.after.map(OrderId::get),
                filter.product.map(ProductId::get),
                count as i64
            )
            .fetch_all(connection)
            .await?
        };
        ($follows:literal, $way:literal) => {
            // An order holds a product at most once, and the index of lines has those in the order of their numbers.
            if filter.product.is_some() {
                select!(
                    $follows,
                    $way,
                    "order_id",
                    "orders JOIN order_lines ON order_id = id WHERE product_id = $6"
                )
            } else {
                select!($follows, $way, "id", "orders WHERE $6::bigint IS NULL")
            }
        };
    }
    let found = match query.direction {
        Direction::Ascending => select!(">", "ASC"),
        Direction::Descending => select!("<", "DESC"),
    };
    gather(found)
}

/// One line, with its order's columns before it.
struct OrderRow {
    id: i64,
    placed_at: i64,
    reversed_at: Option<i64>,
    customer: Option<i64>,
    version: i64,
    total: i64,
    currency: String,
    product_id: i64,
    quantity: i64,
    unit_price: i64,
}

/// Rows of the same order follow each other.
fn gather(rows: Vec<OrderRow>) -> Result<Vec<Order>, Error> {
    let mut orders: Vec<Order> = Vec::new();
    for row in rows {
        let line = line(&row)?;
        match orders.last_mut() {
            Some(order) if order.id.get() == row.id => order.lines.push(line),
            _ => orders.push(head(&row, line)?),
        }
    }
    Ok(orders)
}

fn line(row: &OrderRow) -> Result<OrderLine, Error> {
    Ok(OrderLine {
        product: rows::product_id(row.product_id)?,
        quantity: rows::quantity(row.quantity)?,
        unit_price: rows::money(row.unit_price, &row.currency)?,
    })
}

fn head(row: &OrderRow, first: OrderLine) -> Result<Order, Error> {
    Ok(Order {
        id: rows::order_id(row.id)?,
        placed_at: rows::from_millis(row.placed_at),
        reversed_at: row.reversed_at.map(rows::from_millis),
        customer: row.customer.map(rows::user_id).transpose()?,
        version: rows::version(row.version)?,
        lines: vec![first],
        total: rows::money(row.total, &row.currency)?,
    })
}
