//! Those on the other side of the sales service, as real HTTP servers, for its tests and for people.
//!
//! - [`consumer`]: takes the service's events and applies each once; `sales-load consume` runs it
//! - [`supplier`]: knows what products cost to buy, and fails by script; `sales-load supply` runs it

pub mod consumer;
pub mod supplier;
