//! What this domain asks of a store.

use std::time::SystemTime;

use thiserror::Error;
use types::{Invalid, ProductId, Quantity, Stale, StoreError, Version};

use crate::{Change, NewProduct, Product, Query};

/// Keeps products. What is written is on disk before the call returns.
pub trait Store: Send + Sync {
    /// At most `count` products.
    fn products(
        &self,
        query: Query,
        count: usize,
    ) -> impl Future<Output = Result<Vec<Product>, StoreError>> + Send;

    /// The product with this id, if there is one.
    fn product(
        &self,
        id: ProductId,
    ) -> impl Future<Output = Result<Option<Product>, StoreError>> + Send;

    /// Keeps a new product.
    fn create_product(
        &self,
        product: NewProduct,
        at: SystemTime,
    ) -> impl Future<Output = Result<Product, StoreError>> + Send;

    /// Applies the change ([`Change::apply`]) in one transaction.
    fn change_product(
        &self,
        id: ProductId,
        expected: Option<Version>,
        change: Change,
        at: SystemTime,
    ) -> impl Future<Output = Result<Product, ChangeError>> + Send;

    /// Puts pieces on the shelf ([`restock`](crate::restock)) in one transaction.
    fn restock(
        &self,
        id: ProductId,
        pieces: Quantity,
        at: SystemTime,
    ) -> impl Future<Output = Result<Product, ChangeError>> + Send;
}

/// Why a product was not changed.
#[derive(Clone, Debug, Error)]
pub enum ChangeError {
    /// There is no such product.
    #[error("there is no such product")]
    Missing,
    /// Somebody else changed it first.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The shelf cannot hold that many.
    #[error("the stock {0}")]
    Full(Invalid),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
