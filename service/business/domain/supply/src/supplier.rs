//! What this domain asks of a supplier.

use thiserror::Error;
use types::{Money, ProductId};

/// Knows what things cost to buy.
pub trait Supplier: Send + Sync {
    /// What one piece costs now.
    fn price(&self, product: ProductId) -> impl Future<Output = Result<Money, NoPrice>> + Send;
}

/// Why there is no price.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoPrice {
    /// The supplier does not have the product.
    #[error("the supplier does not have this product")]
    Unknown,
    /// The supplier could not be asked, or gave no answer that makes sense.
    #[error("the supplier could not be asked: {0}")]
    Failed(String),
}
