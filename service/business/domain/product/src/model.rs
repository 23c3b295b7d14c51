//! A product.

use types::{Money, ProductId, ProductName, Stock, Version};

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
    /// How many pieces were ever put on the shelf. What is left, plus what was sold, minus what was
    /// given back, is always this number.
    pub supplied: Stock,
    /// How often its name or price has changed. Stock comes and goes without a new version.
    pub version: Version,
}

/// A product to be put up for sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProduct {
    /// What it is called.
    pub name: ProductName,
    /// What one piece costs.
    pub price: Money,
    /// How many pieces there are.
    pub stock: Stock,
}
