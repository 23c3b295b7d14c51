//! The JSON that goes in and out, and how it becomes values of the business and back. Nothing but
//! this file knows the form.

use std::fmt;
use std::marker::PhantomData;

use order::{InvalidOrder, Line};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use types::{ProductId, Quantity};
use web::ApiError;

use crate::errors::Faults;

/// An order as a client sends it.
#[derive(Clone, Debug, Deserialize)]
pub struct NewOrder {
    items: Vec<Object<NewItem>>,
}

/// So many pieces of one product, as a client sends it.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct NewItem {
    product_id: i64,
    quantity: i64,
}

impl NewOrder {
    /// The checked order, and its lines as they were sent: errors that turn up later point at them.
    ///
    /// # Errors
    /// 422 `invalid_request` with every field that is wrong.
    pub fn check(self) -> Result<(Vec<ProductId>, order::NewOrder), ApiError> {
        if self.items.len() > order::NewOrder::MAX_LINES {
            return Err(in_items(InvalidOrder::TooManyLines));
        }
        let mut faults = Faults::default();
        let lines: Vec<Line> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(index, Object(item))| item.check(index, &mut faults))
            .collect();
        if !faults.is_empty() {
            return Err(faults.in_body());
        }
        let products = lines.iter().map(|line| line.product).collect();
        Ok((products, order::NewOrder::new(lines).map_err(in_items)?))
    }
}

impl NewItem {
    fn check(self, index: usize, faults: &mut Faults) -> Option<Line> {
        let product = faults.take(
            format!("items[{index}].product_id"),
            ProductId::new(self.product_id),
        );
        let quantity = faults.take(
            format!("items[{index}].quantity"),
            Quantity::new(self.quantity),
        );
        Some(Line {
            product: product?,
            quantity: quantity?,
        })
    }
}

/// What is written as an object with named fields and in no other way: a derived `Deserialize` also takes an array of
/// the bare values, in the order of the Rust fields.
#[derive(Clone, Copy, Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields)).map(Object)
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

/// A page of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Page<Item> {
    items: Vec<Item>,
    /// The `after` of the next page; `null` on the last.
    next: Option<i64>,
}

impl<Item> Page<Item> {
    /// The page with each item in its JSON form; `number` is an id's.
    pub fn of<Business, Id>(page: types::Page<Business, Id>, number: fn(Id) -> i64) -> Page<Item>
    where
        Item: From<Business>,
    {
        Page {
            items: page.items.into_iter().map(Item::from).collect(),
            next: page.next.map(number),
        }
    }
}

/// A product.
#[derive(Clone, Debug, Serialize)]
pub struct Product {
    id: i64,
    name: String,
    price: Money,
    stock: i64,
}

impl From<product::Product> for Product {
    fn from(product: product::Product) -> Product {
        Product {
            id: product.id.get(),
            name: product.name.as_str().to_owned(),
            price: product.price.into(),
            stock: product.stock.get(),
        }
    }
}

/// An amount in minor units: `{"amount":1250,"currency":"EUR"}`.
#[derive(Clone, Debug, Serialize)]
pub struct Money {
    amount: i64,
    currency: String,
}

impl From<types::Money> for Money {
    fn from(money: types::Money) -> Money {
        Money {
            amount: money.amount(),
            currency: money.currency().to_string(),
        }
    }
}

/// An order that has been placed.
#[derive(Clone, Debug, Serialize)]
pub struct Order {
    id: i64,
    /// As `2026-01-31T12:00:00.123Z`.
    placed_at: String,
    items: Vec<Item>,
    total: Money,
}

/// So many pieces of one product, at the price they were sold for.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    product_id: i64,
    quantity: u32,
    unit_price: Money,
}

impl From<order::Order> for Order {
    fn from(order: order::Order) -> Order {
        Order {
            id: order.id.get(),
            placed_at: humantime::format_rfc3339_millis(order.placed_at).to_string(),
            items: order.lines.into_iter().map(Item::from).collect(),
            total: order.total.into(),
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
