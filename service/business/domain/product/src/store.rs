//! What this domain asks of a store.

use types::{ProductId, StoreError};

use crate::Product;

/// Keeps products.
pub trait Store: Send + Sync {
    /// At most `count` products with an id above `after` (from the start if `None`), by ascending
    /// id.
    fn products(
        &self,
        after: Option<ProductId>,
        count: usize,
    ) -> impl Future<Output = Result<Vec<Product>, StoreError>> + Send;
}
