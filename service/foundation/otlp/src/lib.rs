#![doc = include_str!("../README.md")]

mod endpoint;
mod exporter;
pub mod metrics;
mod resource;
pub mod spans;
mod wire;

pub use endpoint::{Accepted, Endpoint, EndpointError, SendError};
pub use exporter::{Exporter, Limits};
pub use resource::Resource;
