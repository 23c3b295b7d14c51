//! Columns to values and back. A row that does not make a valid value means a damaged database, and
//! is an error like any other.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use product::Product;
use sqlx::Error;
use types::{
    Currency, EventId, Invalid, Money, OrderId, ProductId, ProductName, Quantity, Stock, UserId,
    Version,
};
use user::User;

/// A row of `products`.
pub(super) struct ProductRow {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) price: i64,
    pub(super) currency: String,
    pub(super) stock: i64,
    pub(super) supplied: i64,
    pub(super) version: i64,
}

impl ProductRow {
    /// The product.
    pub(super) fn product(self) -> Result<Product, Error> {
        Ok(Product {
            id: product_id(self.id)?,
            name: ProductName::new(&self.name).map_err(damaged)?,
            price: money(self.price, &self.currency)?,
            stock: stock(self.stock)?,
            supplied: stock(self.supplied)?,
            version: version(self.version)?,
        })
    }
}

/// A row of `users`.
pub(super) struct UserRow {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) roles: String,
    pub(super) enabled: bool,
    pub(super) created_at: i64,
    pub(super) version: i64,
}

impl UserRow {
    /// The user.
    pub(super) fn user(self) -> Result<User, Error> {
        Ok(User {
            id: user_id(self.id)?,
            name: types::UserName::new(&self.name).map_err(damaged)?,
            roles: self
                .roles
                .parse()
                .map_err(|error| Error::Decode(Box::new(error)))?,
            enabled: self.enabled,
            created_at: from_millis(self.created_at),
            version: version(self.version)?,
        })
    }
}

pub(super) fn money(amount: i64, code: &str) -> Result<Money, Error> {
    Money::new(amount, currency(code)?).map_err(damaged)
}

pub(super) fn currency(code: &str) -> Result<Currency, Error> {
    code.parse().map_err(damaged)
}

pub(super) fn stock(pieces: i64) -> Result<Stock, Error> {
    Stock::new(pieces).map_err(damaged)
}

pub(super) fn quantity(pieces: i64) -> Result<Quantity, Error> {
    Quantity::new(pieces).map_err(damaged)
}

pub(super) fn version(number: i64) -> Result<Version, Error> {
    Version::new(number).map_err(damaged)
}

pub(super) fn product_id(number: i64) -> Result<ProductId, Error> {
    ProductId::new(number).map_err(damaged)
}

pub(super) fn order_id(number: i64) -> Result<OrderId, Error> {
    OrderId::new(number).map_err(damaged)
}

pub(super) fn event_id(number: i64) -> Result<EventId, Error> {
    EventId::new(number).map_err(damaged)
}

pub(super) fn user_id(number: i64) -> Result<UserId, Error> {
    UserId::new(number).map_err(damaged)
}

/// A count, which is never negative.
pub(super) fn count(number: i64) -> Result<u64, Error> {
    u64::try_from(number).map_err(|error| Error::Decode(Box::new(error)))
}

pub(super) fn damaged(error: Invalid) -> Error {
    Error::Decode(Box::new(error))
}

/// Milliseconds since 1970; a clock set before that counts as 1970.
pub(super) fn to_millis(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The time so many milliseconds after 1970.
pub(super) fn from_millis(millis: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis.unsigned_abs())
}
