//! The rush, and what the books say after it.

use std::fmt;
use std::sync::Arc;

use lab_kit::spawn;

use crate::{Books, Day, Refused, TakesOrders};

/// All shoppers of the day at once, a task for each; the shop's answers to their orders, shopper by shopper.
///
/// # Panics
/// If a shopper does, or somebody aborts it.
pub async fn rush(day: Day, shop: &Arc<impl TakesOrders>) -> Vec<Result<usize, Refused>> {
    let mut shoppers = Vec::new();
    for (number, orders) in (1..).zip(day.shoppers()) {
        let shop = Arc::clone(shop);
        shoppers.push(spawn(format!("shopper {number}"), async move {
            let mut answers = Vec::new();
            for order in orders {
                answers.push(shop.place(order).await);
            }
            answers
        }));
    }
    let mut answers = Vec::new();
    for shopper in shoppers {
        answers.extend(shopper.await.expect("shoppers do not panic"));
    }
    answers
}

/// What is found out in the evening.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evening {
    /// Orders that shoppers have placed.
    pub orders: usize,
    /// Of which the shop said that it has taken them.
    pub taken: usize,
    /// And of which it said that there is not enough.
    pub sold_out: usize,
    /// And those which came after it had closed.
    pub closed: usize,
    /// And those that were not done in time.
    pub too_late: usize,
    /// Orders in the books that no shopper was told of.
    pub for_nobody: usize,
    /// Pieces that there were in the morning.
    pub stocked: i64,
    /// Pieces sold, as the books have it.
    pub sold: i64,
    /// Pieces sold that there were not.
    pub oversold: i64,
}

impl Evening {
    /// Counts.
    pub fn of(day: Day, answers: &[Result<usize, Refused>], books: &Books) -> Self {
        let refused = |why| answers.iter().filter(|answer| **answer == Err(why)).count();
        let taken = answers.iter().filter(|answer| answer.is_ok()).count();
        Self {
            orders: answers.len(),
            taken,
            sold_out: refused(Refused::SoldOut),
            closed: refused(Refused::Closed),
            too_late: refused(Refused::TooLate),
            for_nobody: books.taken.len().saturating_sub(taken),
            stocked: day.shelves().into_values().sum(),
            sold: books
                .taken
                .iter()
                .map(|order| i64::from(order.pieces))
                .sum(),
            oversold: books.stock.values().map(|left| (-left).max(0)).sum(),
        }
    }
}

impl fmt::Display for Evening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            orders,
            taken,
            sold_out,
            ..
        } = self;
        write!(f, "{orders} orders: {taken} taken, {sold_out} sold out")?;
        write!(f, "\n{} pieces: {} sold", self.stocked, self.sold)?;
        match self.oversold {
            0 => Ok(()),
            oversold => write!(f, ", {oversold} oversold"),
        }
    }
}
