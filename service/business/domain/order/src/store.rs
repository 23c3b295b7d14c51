//! What this domain asks of a store.

use std::time::SystemTime;

use thiserror::Error;
use types::{OrderId, Stale, StoreError, Version};

use crate::{Order, Placed, Purchase, Query, Rejection, Reversal};

// ANCHOR: trait
/// Keeps orders, and the stock that they take from. What is written is on disk before the call
/// returns.
pub trait Store: Send + Sync {
    /// In one transaction: looks whether the shop is open and the key is known
    /// ([`replay`](crate::replay)), asks [`decide`](crate::decide()), and if the order can be placed
    /// takes its stock, keeps it and its key, and brings the totals up to date.
    fn place(&self, purchase: Purchase) -> impl Future<Output = Result<Placed, PlaceError>> + Send;
    // ANCHOR_END: trait

    /// In one transaction: asks [`reverse`](crate::reverse()), gives the stock back and brings the
    /// totals up to date. An order that was reversed before is returned as it is.
    fn reverse(
        &self,
        id: OrderId,
        expected: Option<Version>,
        at: SystemTime,
    ) -> impl Future<Output = Result<Reversal, ReverseError>> + Send;

    /// The order with this id, if there is one.
    fn order(&self, id: OrderId) -> impl Future<Output = Result<Option<Order>, StoreError>> + Send;

    /// At most `count` orders.
    fn orders(
        &self,
        query: Query,
        count: usize,
    ) -> impl Future<Output = Result<Vec<Order>, StoreError>> + Send;
}

/// Why an order was not placed. Nothing was taken and nothing kept.
#[derive(Clone, Debug, Error)]
pub enum PlaceError {
    /// It cannot be placed as things are.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an order was not reversed.
#[derive(Clone, Debug, Error)]
pub enum ReverseError {
    /// There is no such order.
    #[error("there is no such order")]
    Missing,
    /// Somebody else changed it first.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
