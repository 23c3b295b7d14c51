//! The handlers; each validates, calls the business and returns a result.

pub mod health;
pub mod orders;
mod paging;
pub mod products;
