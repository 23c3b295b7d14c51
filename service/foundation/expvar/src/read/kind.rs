use super::{Path, Scalar};

/// What a value is, so that it can be shown well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It only grows: its rate is of interest.
    Counter,
    /// It goes up and down.
    Gauge,
    /// An amount of bytes.
    Bytes,
    /// A duration in nanoseconds.
    Nanoseconds,
    /// Text.
    Text,
    /// True or false.
    Flag,
    /// An array.
    List,
}

/// Guesses the kind from the name.
pub fn guess_kind(_path: &Path, _value: &Scalar) -> Kind {
    Kind::Gauge
}
