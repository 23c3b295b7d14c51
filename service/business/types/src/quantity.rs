//! How many of a product are ordered.

use std::fmt;

use crate::invalid::{Invalid, within};

/// How many pieces of one product an order takes: `1..=`[`Quantity::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(u32);

impl Quantity {
    /// The most pieces of one product in one order. A shop's limit, and small enough that sums
    /// cannot overflow.
    pub const MAX: u32 = 1_000;

    /// The quantity with this number of pieces.
    ///
    /// # Errors
    /// The number is outside `1..=`[`Quantity::MAX`].
    pub fn new(pieces: i64) -> Result<Quantity, Invalid> {
        let pieces = within(pieces, 1, i64::from(Self::MAX))?;
        Ok(Quantity(pieces as u32))
    }

    /// Both quantities together.
    ///
    /// # Errors
    /// The sum is above [`Quantity::MAX`].
    pub fn plus(self, other: Quantity) -> Result<Quantity, Invalid> {
        Quantity::new(i64::from(self.0) + i64::from(other.0))
    }

    /// The number of pieces.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_bounded_on_both_sides() {
        let cases = [
            (0, Err(Invalid::TooSmall { min: 1 })),
            (-5, Err(Invalid::TooSmall { min: 1 })),
            (1, Ok(1)),
            (1_000, Ok(1_000)),
            (1_001, Err(Invalid::TooLarge { max: 1_000 })),
            (i64::MAX, Err(Invalid::TooLarge { max: 1_000 })),
        ];
        for (pieces, expected) in cases {
            assert_eq!(
                Quantity::new(pieces).map(Quantity::get),
                expected,
                "{pieces}"
            );
        }
    }

    #[test]
    fn a_sum_stays_within_the_bound() {
        let most = Quantity::new(1_000).expect("in range");
        let one = Quantity::new(1).expect("in range");
        assert_eq!(most.plus(one), Err(Invalid::TooLarge { max: 1_000 }));
        assert_eq!(one.plus(one).map(Quantity::get), Ok(2));
    }
}
