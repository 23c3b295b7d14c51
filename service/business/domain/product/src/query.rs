//! Which products are asked for, and in which order.

use types::{Direction, ProductId, ProductName};

/// Which products are asked for, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Only these.
    pub filter: Filter,
    /// By what they are sorted.
    pub sort: SortBy,
    /// Which way. Products that are equal in that are sorted by id, the same way.
    pub direction: Direction,
    /// Those that follow this product; all if `None`. If there is no such product, none follow it.
    pub after: Option<ProductId>,
}

/// What products must be like. What is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Their name holds this; upper and lower case of ASCII letters do not matter.
    pub name: Option<ProductName>,
    /// There are pieces left, or there are none.
    pub in_stock: Option<bool>,
    /// One piece costs at least this many minor units.
    pub min_price: Option<i64>,
    /// One piece costs at most this many minor units.
    pub max_price: Option<i64>,
}

/// By what products are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// By id.
    #[default]
    Id,
    /// By name, byte for byte.
    Name,
    /// By price in minor units, whatever the currency.
    Price,
}
