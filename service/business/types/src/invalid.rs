//! Why a value was refused.

use thiserror::Error;

/// Why a value is not one of the type asked for. The message says what the value must be and leaves
/// the field's name to the caller.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Invalid {
    /// The number is below the smallest one allowed.
    #[error("must be at least {min}")]
    TooSmall {
        /// The smallest number allowed.
        min: i64,
    },
    /// The number is above the largest one allowed, or a calculation left the range.
    #[error("must be at most {max}")]
    TooLarge {
        /// The largest number allowed.
        max: i64,
    },
    /// The text is empty or white space alone.
    #[error("must not be empty")]
    Empty,
    /// The text is longer than allowed.
    #[error("must be at most {max} characters long")]
    TooLong {
        /// The largest number of characters allowed.
        max: usize,
    },
    /// The text holds control characters, which would end up on terminals and in logs.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// The text holds something else than visible ASCII characters.
    #[error("must consist of visible ASCII characters")]
    NotVisibleAscii,
    /// The text is not a currency code.
    #[error("must be a currency code of three capital letters, such as EUR")]
    NotACurrency,
    /// Two amounts of different currencies cannot be added.
    #[error("amounts are in different currencies ({0} and {1})")]
    CurrenciesDiffer(crate::Currency, crate::Currency),
}

/// `value` if it lies in `min..=max`.
pub(crate) fn within(value: i64, min: i64, max: i64) -> Result<i64, Invalid> {
    if value < min {
        Err(Invalid::TooSmall { min })
    } else if value > max {
        Err(Invalid::TooLarge { max })
    } else {
        Ok(value)
    }
}
