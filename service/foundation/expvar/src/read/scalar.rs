use std::fmt;

/// A value that is not an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A number.
    Number(Number),
    /// A string; also an object inside an array, as the JSON text it was, and a number that not
    /// even `f64` can hold, digit for digit.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// `null`: what our own documents show for a float that is not a number.
    Null,
    /// An array. It stays one value.
    Array(Vec<Scalar>),
}

impl Scalar {
    /// The value of a number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Scalar::Number(number) => Some(number.as_f64()),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Scalar::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Scalar {
    /// Numbers and words as in JSON, a string without quotes, an array as `[a, b]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Number(number) => number.fmt(f),
            Scalar::Text(text) => f.write_str(text),
            Scalar::Bool(value) => write!(f, "{value}"),
            Scalar::Null => f.write_str("null"),
            Scalar::Array(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    f.write_str(if i > 0 { ", " } else { "" })?;
                    item.fmt(f)?;
                }
                f.write_str("]")
            }
        }
    }
}

/// A number as exactly as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number, not negative.
    U64(u64),
    /// A whole number below zero.
    I64(i64),
    /// Any other: with a fraction or an exponent, or too large for the others. It may be NaN or
    /// infinite, since Go's `expvar.Float` writes those.
    F64(f64),
}

impl Number {
    /// The nearest `f64`.
    pub fn as_f64(self) -> f64 {
        match self {
            Number::U64(value) => value as f64,
            Number::I64(value) => value as f64,
            Number::F64(value) => value,
        }
    }

    pub(super) fn is_negative(self) -> bool {
        self.as_f64() < 0.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::U64(value) => value.fmt(f),
            Number::I64(value) => value.fmt(f),
            Number::F64(value) => write!(f, "{value:?}"),
        }
    }
}
