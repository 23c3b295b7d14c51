//! Republishes a service's `/debug/vars` for Prometheus and OpenTelemetry.
//!
//! - [`source`]: where the variables come from
//! - [`rules`], [`convert`]: what metrics they are
//! - [`exporter`]: one reading after the other
//! - [`routes`]: what this program answers
//! - [`push`]: what it sends

pub mod convert;
pub mod exporter;
pub mod push;
pub mod routes;
pub mod rules;
pub mod source;
