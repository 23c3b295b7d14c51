//! Live variables in the shape of Go's expvar: a registry, its JSON document, and a reader for anyone's.
//!
//! A [`Registry`] is a value: make one in `main`, pass it to what has something to publish, and
//! serve [`Registry::to_json`] at `/debug/vars`. Handles ([`Counter`], [`Gauge`], [`Histogram`], …)
//! are cheap to clone, share between threads, and cost a few nanoseconds to update.
//!
//! ```
//! use std::time::Duration;
//!
//! let vars = expvar::Registry::new();
//! let requests = vars.counter("requests")?;
//! let latency = vars.histogram("latency_ns")?;
//! let by_route = vars.counters("requests_by_route", &["method", "status"])?;
//!
//! requests.inc();
//! latency.record_duration(Duration::from_millis(3));
//! by_route.with(&["GET", "200"]).inc();
//!
//! let document = vars.to_json();
//! assert!(document.contains("\"requests\": 1"));
//! assert!(document.contains("\"requests_by_route\": {\"GET\": {\"200\": 1}}"));
//!
//! // Any program's document can be read back, Go's too.
//! let read = expvar::read::Document::parse(document.as_bytes())?;
//! assert_eq!(read.get(&"latency_ns.count".into()).and_then(|v| v.as_f64()), Some(1.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The document
//! What Go's `expvar` writes: one JSON object, keys sorted, one top-level variable per line, `": "`
//! after a key and `", "` between the members of a map. It is always valid JSON:
//!
//! - integers are written exactly; a float always shows a `.` or an exponent;
//! - NaN and the infinities, which JSON lacks (Go writes them bare and breaks its document), are `null`;
//! - `<`, `>`, `&` in strings are escaped, so that a browser cannot take the document for HTML.
//!
//! # Conventions
//! Durations are published in nanoseconds under a name that ends in `_ns`, sizes in bytes under one
//! that ends in `_bytes`. [`read::guess_kind`] and with it the console rely on that.

mod counter;
mod error;
mod family;
mod gauge;
mod histogram;
mod json;
mod map;
mod pad;
pub mod read;
mod registry;
mod text;
mod var;

pub use counter::Counter;
pub use error::Error;
pub use family::{Family, MAX_SERIES, Series};
pub use gauge::{Float, Gauge};
pub use histogram::{Histogram, Recent, Snapshot};
pub use map::Map;
pub use registry::Registry;
pub use text::Text;
