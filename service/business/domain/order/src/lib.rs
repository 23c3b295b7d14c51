//! The order domain: placing and reading orders without ever overselling.
//!
//! [`Orders`] is what the rest of the program calls; [`Store`] is what it asks of whoever keeps the
//! orders. Whether an order can be placed is decided by [`decide()`], a function of the order and
//! of what the shelves hold at that moment. A store calls it inside the transaction that then takes
//! the stock, so the rule is written once and holds for every store.
//!
//! Layout:
//! - [`model`]: an order, before and after it is placed
//! - [`mod@decide`]: the rule
//! - [`store`]: what this domain asks of a store

pub mod decide;
pub mod model;
pub mod store;

pub use decide::{Draft, Offer, Rejection, Shortage, decide};
pub use model::{InvalidOrder, Line, NewOrder, Order, OrderLine};
pub use store::{PlaceError, Store};

use std::time::SystemTime;

use types::{OrderId, Page, PageLimit, StoreError};

/// What can be done with orders.
#[derive(Clone, Debug)]
pub struct Orders<S> {
    store: S,
}

impl<S: Store> Orders<S> {
    /// Orders kept in `store`.
    pub fn new(store: S) -> Orders<S> {
        Orders { store }
    }

    /// Takes the stock and keeps the order, both or neither. When this returns the order, it is on
    /// disk.
    ///
    /// # Errors
    /// The order cannot be placed as things are, or the store failed; nothing was taken then.
    pub async fn place(&self, order: NewOrder, at: SystemTime) -> Result<Order, PlaceError> {
        self.store.place(order, at).await
    }

    /// The order with this id, if there is one.
    ///
    /// # Errors
    /// The store's.
    pub async fn get(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.store.order(id).await
    }

    /// The page of orders that follows order `after` (or starts with the first), oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(
        &self,
        after: Option<OrderId>,
        limit: PageLimit,
    ) -> Result<Page<Order, OrderId>, StoreError> {
        // One more than the page holds tells whether there is a next one.
        let items = self.store.orders(after, limit.get() + 1).await?;
        Ok(Page::cut(items, limit, |order| order.id))
    }
}
