//! A product.

use types::{Money, ProductId, ProductName, Stock};

/// Something for sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Which product.
    pub id: ProductId,
    /// What it is called.
    pub name: ProductName,
    /// What one piece costs.
    pub price: Money,
    /// How many pieces are left.
    pub stock: Stock,
}
