//! An amount of money in minor units (cents), with its currency. No floating point anywhere.

use std::fmt;
use std::str::FromStr;

use crate::Quantity;
use crate::invalid::{Invalid, within};

/// An amount that is never negative, in the minor unit of its currency: 1250 EUR is twelve euros
/// fifty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    amount: i64,
    currency: Currency,
}

impl Money {
    /// The largest amount, in minor units. JSON readers keep it exact, and an order's sum cannot
    /// overflow.
    pub const MAX: i64 = 1_000_000_000_000_000;

    /// `amount` minor units of `currency`.
    ///
    /// # Errors
    /// The amount is outside `0..=`[`Money::MAX`].
    pub fn new(amount: i64, currency: Currency) -> Result<Money, Invalid> {
        let amount = within(amount, 0, Self::MAX)?;
        Ok(Money { amount, currency })
    }

    /// The price of that many pieces at this price each.
    ///
    /// # Errors
    /// The product is above [`Money::MAX`].
    pub fn times(self, quantity: Quantity) -> Result<Money, Invalid> {
        // At most 10^15 × 10^3, which an i64 holds.
        Money::new(self.amount * i64::from(quantity.get()), self.currency)
    }

    /// Both amounts together.
    ///
    /// # Errors
    /// The currencies differ, or the sum is above [`Money::MAX`].
    pub fn plus(self, other: Money) -> Result<Money, Invalid> {
        if self.currency != other.currency {
            return Err(Invalid::CurrenciesDiffer(self.currency, other.currency));
        }
        Money::new(self.amount + other.amount, self.currency)
    }

    /// The amount in minor units.
    pub fn amount(self) -> i64 {
        self.amount
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }
}

/// For people: `12.50 EUR`. Two digits of minor unit, which holds for the currencies this shop
/// sells in.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:02} {}",
            self.amount / 100,
            self.amount % 100,
            self.currency
        )
    }
}

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro.
    pub const EUR: Currency = Currency(*b"EUR");

    /// The code, three capital letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl FromStr for Currency {
    type Err = Invalid;

    fn from_str(code: &str) -> Result<Currency, Invalid> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Currency(letters)),
            _ => Err(Invalid::NotACurrency),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euros(amount: i64) -> Money {
        Money::new(amount, Currency::EUR).expect("in range")
    }

    #[test]
    fn sums_and_products_are_exact_and_bounded() {
        let three = Quantity::new(3).expect("in range");
        assert_eq!(euros(1_250).times(three), Ok(euros(3_750)));
        assert_eq!(euros(1).plus(euros(2)), Ok(euros(3)));
        assert_eq!(
            euros(Money::MAX).plus(euros(1)),
            Err(Invalid::TooLarge { max: Money::MAX })
        );
        assert_eq!(
            euros(Money::MAX).times(three),
            Err(Invalid::TooLarge { max: Money::MAX })
        );
        assert_eq!(
            Money::new(-1, Currency::EUR),
            Err(Invalid::TooSmall { min: 0 })
        );
    }

    #[test]
    fn currencies_do_not_mix() {
        let dollars = Money::new(100, "USD".parse().expect("a code")).expect("in range");
        let error = euros(100).plus(dollars).expect_err("different currencies");
        assert_eq!(
            error.to_string(),
            "amounts are in different currencies (EUR and USD)"
        );
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        assert_eq!("EUR".parse(), Ok(Currency::EUR));
        for wrong in ["", "eur", "EU", "EURO", "E1R", "€"] {
            assert_eq!(
                wrong.parse::<Currency>(),
                Err(Invalid::NotACurrency),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn people_read_major_units() {
        assert_eq!(euros(5).to_string(), "0.05 EUR");
        assert_eq!(euros(123_456).to_string(), "1234.56 EUR");
    }
}
