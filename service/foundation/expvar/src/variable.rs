use std::sync::Arc;

use crate::read::Path;
use crate::{About, Snapshot};

/// A variable with its value at one moment, as [`Registry::variables`](crate::Registry::variables) gives it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Variable {
    /// The names from the outermost map inwards.
    pub path: Path,
    /// Its value.
    pub value: Value,
    /// Its description, if it has one.
    pub about: Option<Arc<About>>,
    /// Descriptions of what is inside the value of a function: the path below this one, and the description.
    pub inside: Vec<(Path, Arc<About>)>,
}

/// The value of a [`Variable`], by its kind.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Of a [`Counter`](crate::Counter).
    Counter(u64),
    /// Of a [`Gauge`](crate::Gauge).
    Gauge(i64),
    /// Of a [`Float`](crate::Float).
    Float(f64),
    /// Of a [`Text`](crate::Text).
    Text(Arc<str>),
    /// Of a [`Histogram`](crate::Histogram).
    Histogram(Snapshot),
    /// Of a [`Family`](crate::Family).
    Family {
        /// The names of the labels.
        labels: Vec<Box<str>>,
        /// The values of the labels, as many as there are names, and the value; sorted by label values.
        series: Vec<(Arc<[Box<str>]>, Value)>,
    },
    /// What a function returned; `null` if it panicked.
    Json(serde_json::Value),
}
