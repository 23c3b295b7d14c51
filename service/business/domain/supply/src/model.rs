//! A quote.

use std::time::{Duration, SystemTime};

use types::{Money, ProductId};

/// What the supplier asks for one piece of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Of which product.
    pub product: ProductId,
    /// The price.
    pub price: Money,
    /// Where it is from.
    pub source: Source,
    /// When the supplier said so.
    pub at: SystemTime,
    /// How long ago that is.
    pub age: Duration,
}

/// Where a quote is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The supplier was asked.
    Supplier,
    /// The supplier could not be asked: it is the price that was last heard.
    Fallback,
}

impl Source {
    /// Its name: `fallback`.
    pub fn name(self) -> &'static str {
        match self {
            Source::Supplier => "supplier",
            Source::Fallback => "fallback",
        }
    }
}
