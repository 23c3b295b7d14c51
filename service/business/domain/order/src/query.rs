//! Which orders are asked for, and in which order.

use std::time::SystemTime;

use types::{Direction, OrderId, ProductId, UserId};

use crate::Status;

/// Which orders are asked for, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Only these.
    pub filter: Filter,
    /// By id: the oldest first, or the latest.
    pub direction: Direction,
    /// Those that follow this order; all if `None`.
    pub after: Option<OrderId>,
}

/// What orders must be like. What is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What has become of them.
    pub status: Option<Status>,
    /// Who placed them.
    pub customer: Option<UserId>,
    /// What one of their lines is for.
    pub product: Option<ProductId>,
    /// Placed then or later.
    pub from: Option<SystemTime>,
    /// Placed before.
    pub until: Option<SystemTime>,
}
