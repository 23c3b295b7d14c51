#![doc = include_str!("../README.md")]

mod error;
mod extract;
mod ids;
mod metrics;
mod pipeline;

pub use error::{ApiError, Field, PROBLEM_JSON};
pub use extract::{Json, Path, Query};
pub use ids::RequestId;
pub use metrics::Metrics;
pub use pipeline::{Config, mount};
