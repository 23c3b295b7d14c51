//! How many of a product are left.

use std::fmt;

use crate::Quantity;
use crate::invalid::{Invalid, within};

/// How many pieces of a product are left: never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stock(i64);

impl Stock {
    /// The most pieces a shelf can hold here.
    pub const MAX: i64 = 1_000_000_000_000;

    /// The stock with this number of pieces.
    ///
    /// # Errors
    /// The number is outside `0..=`[`Stock::MAX`].
    pub fn new(pieces: i64) -> Result<Stock, Invalid> {
        within(pieces, 0, Self::MAX).map(Stock)
    }

    /// What is left after taking `quantity`; `None` if there is not enough.
    pub fn take(self, quantity: Quantity) -> Option<Stock> {
        let left = self.0 - i64::from(quantity.get());
        (left >= 0).then_some(Stock(left))
    }

    /// What is there after adding `pieces`.
    ///
    /// # Errors
    /// The sum is above [`Stock::MAX`].
    pub fn refill(self, pieces: i64) -> Result<Stock, Invalid> {
        Stock::new(self.0.saturating_add(pieces))
    }

    /// The number of pieces.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Stock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_never_goes_below_zero() {
        let two = Quantity::new(2).expect("in range");
        let stock = |pieces| Stock::new(pieces).expect("in range");
        assert_eq!(stock(3).take(two), Some(stock(1)));
        assert_eq!(stock(2).take(two), Some(stock(0)));
        assert_eq!(stock(1).take(two), None);
        assert_eq!(stock(1).refill(2), Ok(stock(3)));
        assert_eq!(
            stock(1).refill(Stock::MAX),
            Err(Invalid::TooLarge { max: Stock::MAX })
        );
        assert_eq!(Stock::new(-1), Err(Invalid::TooSmall { min: 0 }));
    }
}
