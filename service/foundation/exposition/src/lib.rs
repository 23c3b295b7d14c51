#![doc = include_str!("../README.md")]

mod build;
mod cursor;
mod families;
mod format;
mod histogram;
mod line;
mod lint;
mod names;
mod strict;
mod write;

pub use families::parse;
pub use format::Format;
pub use histogram::{Bucket, Distribution, quantile};
pub use lint::lint;
pub use names::{label_name, metric_name};
pub use strict::{Violations, parse_strict};
pub use write::write;

/// How much memory reading takes at most: so many bytes for each of the input …
pub const MEMORY_PER_BYTE: usize = 200;

/// … and so many besides. What was read takes 16 KiB besides.
pub const MEMORY_BESIDES: usize = 64 << 10;

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
