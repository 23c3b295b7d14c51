//! Orders.

use std::time::SystemTime;

use order::{InvalidOrder, Line, Status};
use serde::{Deserialize, Serialize};
use types::{Direction, OrderId, PageLimit, ProductId, Quantity, UserId};
use utoipa::{IntoParams, ToSchema};
use web::ApiError;

use super::given::{Given, Object, Param};
use super::{Money, Selectable, time};
use crate::errors::Faults;

/// An order as a client sends it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// What is ordered. Items that name the same product count as one.
    #[schema(value_type = Vec<NewItem>, min_items = 1, max_items = 50)]
    items: Given<Vec<Given<Object<NewItem>>>>,
}

/// So many pieces of one product, as a client sends it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewItem {
    /// Which product.
    #[schema(value_type = i64, minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 2)]
    product_id: Given<i64>,
    /// How many pieces of it.
    #[schema(value_type = i64, minimum = 1, maximum = 1000, example = 1)]
    quantity: Given<i64>,
}

impl NewOrder {
    /// The checked order, and its lines as they were sent: errors that turn up later point at them.
    ///
    /// # Errors
    /// 422 with every field that is wrong.
    pub fn check(given: Object<NewOrder>) -> Result<(Vec<ProductId>, order::NewOrder), ApiError> {
        let mut faults = Faults::default();
        let items = given
            .open("", &mut faults)
            .items
            .required("items", &mut faults, few_enough)
            .unwrap_or_default();
        let lines: Vec<Line> = items
            .into_iter()
            .enumerate()
            .filter_map(|(index, item)| NewItem::check(item, index, &mut faults))
            .collect();
        if !faults.is_empty() {
            return Err(faults.in_body());
        }
        let products = lines.iter().map(|line| line.product).collect();
        Ok((products, order::NewOrder::new(lines).map_err(in_items)?))
    }
}

/// Before each item is looked at: nobody reads a thousand faults.
fn few_enough<T>(items: Vec<T>) -> Result<Vec<T>, InvalidOrder> {
    if items.len() > order::NewOrder::MAX_LINES {
        Err(InvalidOrder::TooManyLines)
    } else {
        Ok(items)
    }
}

impl NewItem {
    fn check(given: Given<Object<NewItem>>, index: usize, faults: &mut Faults) -> Option<Line> {
        let item = given.required(
            format_args!("items[{index}]"),
            faults,
            Ok::<_, InvalidOrder>,
        )?;
        let NewItem {
            product_id,
            quantity,
        } = item.open(&format!("items[{index}]."), faults);
        let product = product_id.required(
            format_args!("items[{index}].product_id"),
            faults,
            ProductId::new,
        );
        let quantity = quantity.required(
            format_args!("items[{index}].quantity"),
            faults,
            Quantity::new,
        );
        Some(Line {
            product: product?,
            quantity: quantity?,
        })
    }
}

fn in_items(error: InvalidOrder) -> ApiError {
    let mut faults = Faults::default();
    let field = match error {
        InvalidOrder::NoLines | InvalidOrder::TooManyLines => "items".to_owned(),
        InvalidOrder::TooManyPieces { index } => format!("items[{index}].quantity"),
    };
    faults.add(field, error);
    faults.in_body()
}

/// Which orders are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrdersQuery {
    /// The orders that follow this one; 0, or nothing, for the first page.
    #[param(value_type = Option<i64>, required = false, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    after: Param<i64>,
    /// How many orders at most.
    #[param(value_type = Option<i64>, required = false, minimum = 1, maximum = 100, default = 20)]
    limit: Param<i64>,
    /// The oldest first, or (`-id`) the latest.
    #[param(value_type = Option<OrderSort>, required = false, inline)]
    sort: Param<String>,
    /// Only those that stand, or only those that were taken back.
    #[param(value_type = Option<OrderStatus>, required = false, inline)]
    status: Param<String>,
    /// Only this user's.
    #[param(value_type = Option<i64>, required = false, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    customer: Param<i64>,
    /// Only those that hold this product.
    #[param(value_type = Option<i64>, required = false, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    product: Param<i64>,
    /// Only those placed then or later (RFC 3339, UTC).
    #[param(value_type = Option<String>, required = false, pattern = "^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?Z$", example = "2026-01-28T12:00:00Z")]
    from: Param<String>,
    /// Only those placed before (RFC 3339, UTC).
    #[param(value_type = Option<String>, required = false, pattern = "^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?Z$", example = "2026-01-28T12:00:00Z")]
    until: Param<String>,
    /// Only these fields of each order, with commas between them.
    #[param(value_type = Option<String>, required = false, example = "id,status")]
    pub fields: Param<String>,
}

/// By what orders are sorted.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub enum OrderSort {
    /// The oldest first.
    #[serde(rename = "id")]
    Oldest,
    /// The latest first.
    #[serde(rename = "-id")]
    Latest,
}

impl OrdersQuery {
    /// What is asked of the business; faults are noted.
    pub fn check(self, faults: &mut Faults) -> (order::Query, PageLimit) {
        let direction = self.sort.optional("sort", faults, |sort| match &*sort {
            "id" => Ok(Direction::Ascending),
            "-id" => Ok(Direction::Descending),
            _ => Err("must be one of id, -id"),
        });
        let status = self
            .status
            .optional("status", faults, |status| match &*status {
                "placed" => Ok(Status::Placed),
                "reversed" => Ok(Status::Reversed),
                _ => Err("must be one of placed, reversed"),
            });
        let query = order::Query {
            after: super::after(self.after, faults, OrderId::new),
            direction: direction.unwrap_or_default(),
            filter: order::Filter {
                status,
                customer: self.customer.optional("customer", faults, UserId::new),
                product: self.product.optional("product", faults, ProductId::new),
                from: self.from.optional("from", faults, |text| given_time(&text)),
                until: self
                    .until
                    .optional("until", faults, |text| given_time(&text)),
            },
        };
        (query, super::limit(self.limit, faults))
    }
}

fn given_time(text: &str) -> Result<SystemTime, &'static str> {
    humantime::parse_rfc3339(text).map_err(|_| "must be a time such as 2026-01-31T12:00:00Z")
}

/// An order that has been placed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Order {
    /// Later orders have higher ids.
    id: i64,
    /// What has become of it.
    status: OrderStatus,
    /// As `2026-01-31T12:00:00.123Z`.
    #[schema(format = DateTime)]
    placed_at: String,
    /// When it was taken back, if it was.
    #[schema(required, format = DateTime)]
    reversed_at: Option<String>,
    /// The user who placed it, if they said who they are.
    #[schema(required)]
    customer: Option<i64>,
    /// What it holds, each product once.
    items: Vec<Item>,
    /// What it costs, all items together.
    total: Money,
    /// How often it has changed.
    version: i64,
}

/// What has become of an order.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// It stands.
    Placed,
    /// It was taken back, and its pieces are on the shelf again.
    Reversed,
}

/// So many pieces of one product, at the price they were sold for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Item {
    product_id: i64,
    quantity: u32,
    unit_price: Money,
}

impl Selectable for Order {
    const FIELDS: &'static [&'static str] = &[
        "id",
        "status",
        "placed_at",
        "reversed_at",
        "customer",
        "items",
        "total",
        "version",
    ];
}

impl From<order::Order> for Order {
    fn from(order: order::Order) -> Order {
        Order {
            id: order.id.get(),
            status: match order.status() {
                Status::Placed => OrderStatus::Placed,
                Status::Reversed => OrderStatus::Reversed,
            },
            placed_at: time(order.placed_at),
            reversed_at: order.reversed_at.map(time),
            customer: order.customer.map(UserId::get),
            items: order.lines.into_iter().map(Item::from).collect(),
            total: order.total.into(),
            version: order.version.get(),
        }
    }
}

impl From<order::OrderLine> for Item {
    fn from(line: order::OrderLine) -> Item {
        Item {
            product_id: line.product.get(),
            quantity: line.quantity.get(),
            unit_price: line.unit_price.into(),
        }
    }
}
