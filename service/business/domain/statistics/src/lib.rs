//! The statistics domain: running totals of what was sold and given back.
//!
//! The totals are brought up to date in the transaction that places or reverses an order. Reading
//! them adds up a few rows, holds up nobody, and always gives the figures of one moment: never an
//! order without its revenue.

use types::{Currency, StoreError};

/// What was sold for one currency since the store was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// The currency of the amounts.
    pub currency: Currency,
    /// Orders placed, reversed ones included.
    pub placed: u64,
    /// Orders reversed.
    pub reversed: u64,
    /// Pieces sold, those given back included.
    pub pieces: u64,
    /// Pieces given back.
    pub pieces_back: u64,
    /// What the orders cost together, reversed ones included, in minor units.
    pub revenue: u64,
    /// What the reversed orders cost together, in minor units.
    pub revenue_back: u64,
}

impl Totals {
    /// What an order that stands costs on average, in minor units rounded to the nearest; `None`
    /// without such orders.
    pub fn average(&self) -> Option<u64> {
        let orders = self
            .placed
            .checked_sub(self.reversed)
            .filter(|orders| *orders > 0)?;
        let revenue = self.revenue.saturating_sub(self.revenue_back);
        Some((revenue + orders / 2) / orders)
    }
}

/// Keeps the totals.
pub trait Store: Send + Sync {
    /// The totals of each currency that something was sold for, by its code.
    fn totals(&self) -> impl Future<Output = Result<Vec<Totals>, StoreError>> + Send;
}

/// What can be asked of the statistics.
#[derive(Clone, Debug)]
pub struct Statistics<S> {
    store: S,
}

impl<S: Store> Statistics<S> {
    /// The statistics that `store` keeps.
    pub fn new(store: S) -> Statistics<S> {
        Statistics { store }
    }

    /// The totals of each currency, by its code.
    ///
    /// # Errors
    /// The store's.
    pub async fn totals(&self) -> Result<Vec<Totals>, StoreError> {
        self.store.totals().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn average(placed: u64, reversed: u64, revenue: u64, revenue_back: u64) -> Option<u64> {
        let totals = Totals {
            currency: Currency::EUR,
            placed,
            reversed,
            pieces: 0,
            pieces_back: 0,
            revenue,
            revenue_back,
        };
        totals.average()
    }

    #[test]
    fn the_average_is_of_the_orders_that_stand() {
        assert_eq!(average(0, 0, 0, 0), None);
        assert_eq!(average(2, 2, 500, 500), None);
        assert_eq!(average(3, 1, 1_000, 400), Some(300));
        assert_eq!(average(3, 0, 200, 0), Some(67));
    }
}
