#![doc = include_str!("../README.md")]

mod about;
mod counter;
mod error;
mod family;
mod gauge;
mod histogram;
mod json;
mod map;
pub mod metric;
pub mod read;
mod registry;
mod shard;
mod text;
mod var;
mod variable;

pub use about::{About, Unit};
pub use counter::Counter;
pub use error::Error;
pub use family::{Family, MAX_SERIES, Series};
pub use gauge::{Float, Gauge};
pub use histogram::{Histogram, Recent, Snapshot};
pub use map::Map;
pub use registry::Registry;
pub use text::Text;
pub use variable::{Value, Variable};
