//! What this domain asks of a store.

use std::time::SystemTime;

use thiserror::Error;
use types::{OrderId, StoreError};

use crate::{NewOrder, Order, Rejection};

/// Keeps orders, and the stock that they take from.
pub trait Store: Send + Sync {
    /// Asks [`decide`](crate::decide()) and, if the order can be placed, takes its stock and keeps
    /// it: all in one transaction that is on disk before this returns the order.
    fn place(
        &self,
        order: NewOrder,
        at: SystemTime,
    ) -> impl Future<Output = Result<Order, PlaceError>> + Send;

    /// The order with this id, if there is one.
    fn order(&self, id: OrderId) -> impl Future<Output = Result<Option<Order>, StoreError>> + Send;

    /// At most `count` orders with an id above `after` (from the first if `None`), by ascending id.
    fn orders(
        &self,
        after: Option<OrderId>,
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
