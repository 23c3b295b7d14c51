//! What goes over the wire, as the API documents it. Fields that a later version adds are passed over.

use serde::{Deserialize, Serialize};

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Page<T> {
    /// At most as many items as asked for.
    pub items: Vec<T>,
    /// The `after` of the next page; `None` on the last.
    pub next: Option<i64>,
}

/// An amount in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Minor units (cents).
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Product {
    /// Which product.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// What one piece costs.
    pub price: Money,
    /// Pieces left.
    pub stock: i64,
    /// Pieces ever put on the shelf.
    pub supplied: i64,
    /// How often its name or price has changed.
    pub version: i64,
}

/// What one piece of a product costs to buy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Quote {
    /// Which product.
    pub product_id: i64,
    /// The price.
    pub price: Money,
    /// Where it is from.
    pub source: QuoteSource,
    /// When the supplier said so, as of RFC 3339.
    pub quoted_at: String,
    /// How many milliseconds ago that is.
    pub age_ms: u64,
}

/// Where a quote is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuoteSource {
    /// The supplier was asked.
    Supplier,
    /// The supplier cannot be asked: it is the price that was last heard.
    Fallback,
}

/// A product to be put up for sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewProduct {
    /// What it is called.
    pub name: String,
    /// What one piece costs.
    pub price: Money,
    /// How many pieces there are.
    pub stock: i64,
}

/// What is to become different of a product; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductPatch {
    /// What it is to be called.
    pub name: Option<String>,
    /// What one piece is to cost, in minor units.
    pub amount: Option<i64>,
    /// In which currency.
    pub currency: Option<String>,
}

/// One item of an order to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NewItem {
    /// Which product.
    pub product_id: i64,
    /// How many pieces of it.
    pub quantity: u32,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Order {
    /// Later orders have higher ids.
    pub id: i64,
    /// What has become of it.
    pub status: OrderStatus,
    /// RFC 3339, UTC.
    pub placed_at: String,
    /// When it was taken back, if it was.
    pub reversed_at: Option<String>,
    /// The user who placed it, if known.
    pub customer: Option<i64>,
    /// What it holds, each product once.
    pub items: Vec<Item>,
    /// What it costs.
    pub total: Money,
    /// How often it has changed.
    pub version: i64,
}

/// What has become of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// It stands.
    Placed,
    /// It was taken back.
    Reversed,
}

/// So many pieces of one product, at the price they were sold for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Item {
    /// Which product.
    pub product_id: i64,
    /// How many pieces of it.
    pub quantity: u32,
    /// What one piece cost then.
    pub unit_price: Money,
}

/// Somebody who may do something in the shop.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct User {
    /// Which user.
    pub id: i64,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// False once they may do nothing any more.
    pub enabled: bool,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// How often this has changed.
    pub version: i64,
}

/// What somebody is to the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Browses and orders.
    Shopper,
    /// Looks after catalogue, orders and door.
    Staff,
    /// Also looks after users.
    Admin,
}

/// A user to be made known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewUser {
    /// What they are called; no two are called the same.
    pub name: String,
    /// What they may do.
    pub roles: Vec<Role>,
}

/// What is to become different of a user; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UserPatch {
    /// What they may do from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Role>>,
    /// False to shut them out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Whether orders are taken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Shop {
    /// True while orders are taken.
    pub open: bool,
    /// Since when: RFC 3339, UTC.
    pub since: String,
}

/// What was sold since the store was made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Statistics {
    /// By currency.
    pub totals: Vec<Totals>,
}

/// What was sold for one currency. Amounts are in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Totals {
    /// ISO 4217.
    pub currency: String,
    /// Orders placed, reversed ones included.
    pub orders_placed: u64,
    /// Orders reversed.
    pub orders_reversed: u64,
    /// Pieces sold, those given back included.
    pub pieces_sold: u64,
    /// Pieces given back.
    pub pieces_returned: u64,
    /// What the orders cost together, reversed ones included.
    pub revenue: u64,
    /// What the reversed orders cost together.
    pub reversals: u64,
    /// What an order that stands costs on average; `None` without such orders.
    pub average_order: Option<u64>,
}

#[derive(Serialize)]
pub(crate) struct Credentials<'a> {
    pub(crate) name: &'a str,
    pub(crate) password: &'a str,
}

#[derive(Serialize)]
pub(crate) struct NewPassword<'a> {
    pub(crate) password: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<&'a str>,
}

/// What somebody gets who has logged in or come back.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Tokens {
    /// For [`Client::with_token`](crate::Client::with_token).
    pub access_token: String,
    /// Seconds until it expires.
    pub expires_in: u64,
    /// For [`Client::refresh`](crate::Client::refresh); good for one use.
    pub refresh_token: String,
    /// Seconds until it expires if it is not used.
    pub refresh_expires_in: u64,
}

/// Without what is secret.
impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens(for {} s)", self.expires_in)
    }
}
