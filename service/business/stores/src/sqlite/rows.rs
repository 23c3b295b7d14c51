//! Columns to values and back. A row that does not make a valid value means a damaged database, and
//! is an error like any other.

use std::error::Error as StdError;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::types::Type;
use rusqlite::{Error, Row};
use types::{Currency, Money, OrderId, Stock, Version};

/// The money in columns `amount` and `currency`.
pub(super) fn money(row: &Row<'_>, amount: usize, code: usize) -> rusqlite::Result<Money> {
    Money::new(row.get(amount)?, currency(row, code)?).map_err(|error| damaged(amount, error))
}

/// The currency in this column.
pub(super) fn currency(row: &Row<'_>, column: usize) -> rusqlite::Result<Currency> {
    let code = row.get_ref(column)?.as_str()?;
    code.parse().map_err(|error| damaged(column, error))
}

/// The stock in this column.
pub(super) fn stock(row: &Row<'_>, column: usize) -> rusqlite::Result<Stock> {
    Stock::new(row.get(column)?).map_err(|error| damaged(column, error))
}

/// The version in this column.
pub(super) fn version(row: &Row<'_>, column: usize) -> rusqlite::Result<Version> {
    Version::new(row.get(column)?).map_err(|error| damaged(column, error))
}

/// The count in this column.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| Error::IntegralValueOutOfRange(column, number))
}

/// The order's id in the first column.
pub(super) fn order_id(row: &Row<'_>) -> rusqlite::Result<OrderId> {
    valid_order_id(row.get(0)?)
}

/// The order's id with this number.
pub(super) fn valid_order_id(number: i64) -> rusqlite::Result<OrderId> {
    OrderId::new(number).map_err(|error| damaged(0, error))
}

/// What stands in this column cannot be.
pub(super) fn damaged(column: usize, error: impl StdError + Send + Sync + 'static) -> Error {
    Error::FromSqlConversionFailure(column, Type::Integer, Box::new(error))
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
