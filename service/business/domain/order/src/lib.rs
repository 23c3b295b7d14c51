//! The order domain: placing, reading and reversing orders without ever overselling.
//!
//! [`Orders`] is what the rest of the program calls; [`Store`] is what it asks of whoever keeps the
//! orders. Whether an order can be placed is decided by [`decide()`], a function of the order and
//! of what the shelves hold at that moment. A store calls it inside the transaction that then takes
//! the stock, so the rule is written once and holds for every store.
//!
//! Layout:
//! - [`model`]: an order, before and after it is placed
//! - [`mod@decide`]: the rule for placing
//! - [`mod@reverse`]: the rule for taking back
//! - [`query`]: which orders are asked for
//! - [`store`]: what this domain asks of a store

pub mod decide;
pub mod model;
pub mod query;
pub mod reverse;
pub mod store;

pub use decide::{Draft, Offer, Rejection, Shortage, decide, replay};
pub use model::{
    InvalidOrder, Line, NewOrder, Order, OrderLine, Placed, Purchase, Reversal, Status,
};
pub use query::{Filter, Query};
pub use reverse::reverse;
pub use store::{PlaceError, ReverseError, Store};

use std::time::SystemTime;

use types::{OrderId, Page, PageLimit, StoreError, Version};

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
    pub async fn place(&self, purchase: Purchase) -> Result<Placed, PlaceError> {
        self.store.place(purchase).await
    }

    /// Gives the stock back and marks the order as reversed, both or neither. Reversing twice is
    /// fine: the pieces come back once.
    ///
    /// # Errors
    /// There is no such order, it stands in another version than expected, or the store failed.
    pub async fn reverse(
        &self,
        id: OrderId,
        expected: Option<Version>,
        at: SystemTime,
    ) -> Result<Reversal, ReverseError> {
        self.store.reverse(id, expected, at).await
    }

    /// The order with this id, if there is one.
    ///
    /// # Errors
    /// The store's.
    pub async fn get(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.store.order(id).await
    }

    /// The page of orders that the query asks for.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(
        &self,
        query: Query,
        limit: PageLimit,
    ) -> Result<Page<Order, OrderId>, StoreError> {
        // One more than the page holds tells whether there is a next one.
        let items = self.store.orders(query, limit.get() + 1).await?;
        Ok(Page::cut(items, limit, |order| order.id))
    }
}
