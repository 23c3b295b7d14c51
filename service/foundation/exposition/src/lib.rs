//! Prometheus and OpenMetrics text, read tolerantly.
//!
//! [`parse`] reads what a `/metrics` endpoint gives: Prometheus' text format 0.0.4 and OpenMetrics
//! 1.0, without being told which. A line that cannot be read costs that line only; it is counted,
//! and the first ones are kept with their number and what is wrong with them.
//!
//! ```
//! let parsed = exposition::parse(b"\
//! ## TYPE http_requests_total counter
//! http_requests_total{method=\"GET\",status=\"200\"} 1027
//! http_requests_total{method=\"GET\",status=} 3
//! {\"queue.depth\", queue=\"orders\"} 7
//! ");
//!
//! let requests = &parsed.families[0];
//! assert_eq!(requests.kind, exposition::Kind::Counter);
//! assert_eq!(requests.samples[0].label("status"), Some("200"));
//! assert_eq!(parsed.families[1].name, "queue.depth");
//!
//! assert_eq!(parsed.bad_count, 1);
//! assert_eq!(parsed.bad_lines[0].line, 3);
//! assert_eq!(parsed.bad_lines[0].message, "expected a value in quotes for the label `status`, found `}`");
//! ```
//!
//! # What is accepted
//! - lines that end in LF or CRLF, the last one also in nothing; any blanks between the parts;
//! - `HELP`, `TYPE` (in any case) and `UNIT`, before the samples or after them; other comments;
//! - names in quotes, inside the braces (`{"my.name", l="v"} 1`) and in metadata;
//! - `NaN` and the infinities, timestamps, exemplars;
//! - an unknown escape in a string, which stands for itself.
//!
//! Native histograms (OpenMetrics 2) are not read: their lines are counted as bad.

mod cursor;
mod families;
mod histogram;
mod line;

pub use families::parse;
pub use histogram::{Bucket, Distribution, quantile};

/// How many bad lines are kept with their messages.
pub const MAX_BAD_LINES: usize = 20;

/// What [`parse`] found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// The metrics, in the order of their first line.
    pub families: Vec<Family>,
    /// The first [`MAX_BAD_LINES`] lines that could not be read.
    pub bad_lines: Vec<BadLine>,
    /// How many lines could not be read.
    pub bad_count: usize,
}

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

/// A metric: samples that share a name and a description.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// The name as `TYPE` gives it; that of the samples if nothing does.
    pub name: String,
    /// What it measures.
    pub kind: Kind,
    /// Its description, if there is one.
    pub help: Option<String>,
    /// Its unit, if OpenMetrics' `UNIT` gives one.
    pub unit: Option<String>,
    /// The samples, in the order in which they were read.
    pub samples: Vec<Sample>,
}

/// The type of a [`Family`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Cumulative counts by upper bound (`_bucket` with the label `le`), `_sum` and `_count`.
    Histogram,
    /// A histogram whose counts may fall: `_bucket`, `_gsum` and `_gcount`.
    GaugeHistogram,
    /// Quantiles computed by the program (label `quantile`), `_sum` and `_count`.
    Summary,
    /// Labels worth knowing, with the value 1 (`_info`).
    Info,
    /// Flags: one sample per state, 0 or 1.
    StateSet,
    /// `untyped`, `unknown`, or no `TYPE` at all.
    Untyped,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The whole name, suffix included: `latency_seconds_bucket`.
    pub name: String,
    /// Names and values, as they were written. No name occurs twice.
    pub labels: Vec<(String, String)>,
    /// The value; it may be NaN or infinite.
    pub value: f64,
    /// Milliseconds since 1970, if the line has a timestamp. (OpenMetrics writes seconds: so is
    /// read one with a fraction, and every one of a document that ends in `# EOF`.)
    pub timestamp: Option<i64>,
    /// A single event that the value contains, if the line shows one.
    pub exemplar: Option<Box<Exemplar>>,
}

impl Sample {
    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A single event, such as a request with its trace: what stands after `#` in a sample's line.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// Names and values, such as `trace_id`.
    pub labels: Vec<(String, String)>,
    /// The event's value.
    pub value: f64,
    /// Milliseconds since 1970, if it has a timestamp.
    pub timestamp: Option<i64>,
}
