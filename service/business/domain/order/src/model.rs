//! An order, before and after it is placed.

use std::time::{Duration, SystemTime};

use thiserror::Error;
use types::{IdempotencyKey, Money, OrderId, ProductId, Quantity, UserId, Version};

/// An order somebody wants to place: at least one line, at most [`NewOrder::MAX_LINES`], each
/// product once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    lines: Vec<Line>,
}

/// So many pieces of one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which product.
    pub product: ProductId,
    /// How many pieces of it.
    pub quantity: Quantity,
}

impl NewOrder {
    /// The most lines an order may have. It bounds the time one order can hold the store's writer.
    pub const MAX_LINES: usize = 50;

    /// The order with these lines. Lines that name the same product become one, at the place of the
    /// first, with their quantities added up: a shopper who puts a thing into the basket twice
    /// wants two of it.
    ///
    /// # Errors
    /// There are no lines, too many, or the pieces of one product exceed [`Quantity::MAX`].
    pub fn new(lines: Vec<Line>) -> Result<NewOrder, InvalidOrder> {
        if lines.is_empty() {
            return Err(InvalidOrder::NoLines);
        }
        if lines.len() > Self::MAX_LINES {
            return Err(InvalidOrder::TooManyLines);
        }
        let mut merged: Vec<Line> = Vec::with_capacity(lines.len());
        for (index, line) in lines.into_iter().enumerate() {
            merge(&mut merged, line).map_err(|_| InvalidOrder::TooManyPieces { index })?;
        }
        Ok(NewOrder { lines: merged })
    }

    /// The lines, each product once.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
}

fn merge(lines: &mut Vec<Line>, line: Line) -> Result<(), types::Invalid> {
    match lines.iter_mut().find(|known| known.product == line.product) {
        Some(known) => known.quantity = known.quantity.plus(line.quantity)?,
        None => lines.push(line),
    }
    Ok(())
}

/// An order somebody wants to place, with all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// What is ordered.
    pub order: NewOrder,
    /// Who orders, if they said so.
    pub customer: Option<UserId>,
    /// The customer's own mark for this order. The same mark with the same order, within
    /// [`Purchase::KEY_LIFE`], gives the order that was placed the first time.
    pub key: Option<IdempotencyKey>,
    /// When it is ordered.
    pub at: SystemTime,
}

impl Purchase {
    /// For how long a key is remembered: longer than any client tries again.
    pub const KEY_LIFE: Duration = Duration::from_hours(24);

    /// An order by nobody in particular that will not be sent again.
    pub fn anonymous(order: NewOrder, at: SystemTime) -> Purchase {
        Purchase {
            order,
            customer: None,
            key: None,
            at,
        }
    }
}

/// The order a purchase led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub order: Order,
    /// True if it was placed before, under the same key; nothing was taken now.
    pub replayed: bool,
}

/// An order that has been reversed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reversal {
    /// The order.
    pub order: Order,
    /// True if it was reversed before; nothing was given back now.
    pub replayed: bool,
}

/// Why these lines do not make an order.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum InvalidOrder {
    /// An order needs at least one line.
    #[error("must have at least one item")]
    NoLines,
    /// More than [`NewOrder::MAX_LINES`].
    #[error("must have at most {} items", NewOrder::MAX_LINES)]
    TooManyLines,
    /// The lines up to this one ask for more than [`Quantity::MAX`] pieces of the same product.
    #[error(
        "together with earlier items of the same product, must be at most {}",
        Quantity::MAX
    )]
    TooManyPieces {
        /// The line, counted from 0, that went over the bound.
        index: usize,
    },
}

/// An order that has been placed: its stock is taken and it is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Which order. Later orders have higher ids.
    pub id: OrderId,
    /// When it was placed, to the millisecond.
    pub placed_at: SystemTime,
    /// When it was reversed, to the millisecond, if it was.
    pub reversed_at: Option<SystemTime>,
    /// Who placed it, if they said so.
    pub customer: Option<UserId>,
    /// How often it has changed.
    pub version: Version,
    /// What it holds, each product once.
    pub lines: Vec<OrderLine>,
    /// What it costs, all lines together.
    pub total: Money,
}

impl Order {
    /// Whether it stands or has been reversed.
    pub fn status(&self) -> Status {
        match self.reversed_at {
            None => Status::Placed,
            Some(_) => Status::Reversed,
        }
    }
}

/// What has become of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It stands.
    Placed,
    /// It was taken back, and its pieces are on the shelf again.
    Reversed,
}

/// So many pieces of one product at the price they were sold for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderLine {
    /// Which product.
    pub product: ProductId,
    /// How many pieces of it.
    pub quantity: Quantity,
    /// What one piece cost when the order was placed; a later change of price does not change it.
    pub unit_price: Money,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(of: &[(i64, i64)]) -> Vec<Line> {
        let line = |&(product, quantity): &(i64, i64)| Line {
            product: ProductId::new(product).expect("in range"),
            quantity: Quantity::new(quantity).expect("in range"),
        };
        of.iter().map(line).collect()
    }

    fn check(given: &[(i64, i64)], expected: Result<&[(i64, i64)], InvalidOrder>) {
        let got = NewOrder::new(lines(given)).map(|order| order.lines);
        assert_eq!(got, expected.map(lines), "{given:?}");
    }

    #[test]
    fn lines_of_the_same_product_become_one() {
        check(&[(1, 1)], Ok(&[(1, 1)]));
        check(&[(2, 1), (1, 5), (2, 3)], Ok(&[(2, 4), (1, 5)]));
        check(&[(1, 600), (1, 400)], Ok(&[(1, 1_000)]));
    }

    #[test]
    fn an_order_is_bounded() {
        check(&[], Err(InvalidOrder::NoLines));
        check(&[(1, 1); 51], Err(InvalidOrder::TooManyLines));
        check(
            &[(2, 1), (1, 600), (1, 401)],
            Err(InvalidOrder::TooManyPieces { index: 2 }),
        );
    }
}
