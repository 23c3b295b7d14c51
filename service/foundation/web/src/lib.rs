#![doc = include_str!("../README.md")]

mod auth;
mod context;
mod cors;
mod error;
mod extract;
mod forwarded;
mod limits;
mod log;
mod metrics;
mod onion;
mod panic;
mod request_id;
mod span;
mod underway;

pub use auth::{Auth, Caller};
pub use context::TraceContext;
pub use cors::Cors;
pub use error::{ApiError, Field, PROBLEM_JSON};
pub use extract::{Json, Path, Query};
pub use forwarded::{ForwardedBy, client_address};
pub use limits::deadline::Deadline;
pub use limits::gate::{Capacity, Gate, Permit, Priority, Shed};
pub use limits::rate::{Client, Rate, RateLimit};
pub use metrics::Metrics;
pub use onion::{Config, Onion, Parts, mount};
pub use request_id::RequestId;
pub use trace::{SpanId, TraceId};
