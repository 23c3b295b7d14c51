//! An order, before and after it is placed.

use std::time::SystemTime;

use thiserror::Error;
use types::{Money, OrderId, ProductId, Quantity};

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
    /// What it holds, each product once.
    pub lines: Vec<OrderLine>,
    /// What it costs, all lines together.
    pub total: Money,
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
