//! The rule: can this order be placed, given what the shelves hold now, and what does it cost?

use thiserror::Error;
use types::{Invalid, Money, OrderId, ProductId, Quantity, Stock};

use crate::model::{Line, NewOrder, Order, OrderLine};

/// What this domain needs to know of a product: its price and how many are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What one piece costs.
    pub price: Money,
    /// How many pieces are left.
    pub stock: Stock,
}

/// An order that can be placed: priced, with enough of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The lines with their prices.
    pub lines: Vec<OrderLine>,
    /// What they cost together.
    pub total: Money,
}

/// Why an order cannot be placed as things are.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Rejection {
    /// These products do not exist, in the order of the lines that name them.
    #[error("there is no such product: {}", list(.0))]
    UnknownProducts(Vec<ProductId>),
    /// There is not enough of these products.
    #[error("not enough in stock: {}", list(.0))]
    OutOfStock(Vec<Shortage>),
    /// The shop is closed.
    #[error("the shop is closed: no orders are taken until it opens again")]
    ShopClosed,
    /// The key was used for another order.
    #[error("this idempotency key was used for another order, {0}")]
    KeyReused(OrderId),
    /// The lines cannot be added up: different currencies, or a sum out of range.
    #[error("the order has no total: {0}")]
    NoTotal(Invalid),
}

/// More pieces are wanted of a product than are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Which product.
    pub product: ProductId,
    /// How many pieces the order wants.
    pub wanted: Quantity,
    /// How many pieces are left.
    pub left: Stock,
}

impl std::fmt::Display for Shortage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "product {}: {} wanted, {} left",
            self.product, self.wanted, self.left
        )
    }
}

/// Decides on `order`. `offers` holds what is known of each line's product, in the order of the
/// lines; `None` if there is no such product. Every line that stands in the way is named, not just
/// the first.
///
/// # Errors
/// The order cannot be placed.
pub fn decide(order: &NewOrder, offers: &[Option<Offer>]) -> Result<Draft, Rejection> {
    let pairs = known(order.lines(), offers)?;
    enough(&pairs)?;
    price(&pairs)
}

/// Decides on an order whose key was used before, for `placed`: fine if it asks for the same.
///
/// # Errors
/// It asks for something else.
pub fn replay(order: &NewOrder, placed: Order) -> Result<Order, Rejection> {
    let then = placed
        .lines
        .iter()
        .map(|line| (line.product, line.quantity));
    let now = order
        .lines()
        .iter()
        .map(|line| (line.product, line.quantity));
    if now.eq(then) {
        Ok(placed)
    } else {
        Err(Rejection::KeyReused(placed.id))
    }
}

type Pair = (Line, Offer);

fn known(lines: &[Line], offers: &[Option<Offer>]) -> Result<Vec<Pair>, Rejection> {
    let offer_of = |index: usize| offers.get(index).copied().flatten();
    let mut pairs = Vec::with_capacity(lines.len());
    let mut unknown = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        match offer_of(index) {
            Some(offer) => pairs.push((*line, offer)),
            None => unknown.push(line.product),
        }
    }
    if unknown.is_empty() {
        Ok(pairs)
    } else {
        Err(Rejection::UnknownProducts(unknown))
    }
}

fn enough(pairs: &[Pair]) -> Result<(), Rejection> {
    let short = |(line, offer): &Pair| match offer.stock.take(line.quantity) {
        Some(_) => None,
        None => Some(Shortage {
            product: line.product,
            wanted: line.quantity,
            left: offer.stock,
        }),
    };
    let shortages: Vec<Shortage> = pairs.iter().filter_map(short).collect();
    if shortages.is_empty() {
        Ok(())
    } else {
        Err(Rejection::OutOfStock(shortages))
    }
}

fn price(pairs: &[Pair]) -> Result<Draft, Rejection> {
    let mut total: Option<Money> = None;
    let mut lines = Vec::with_capacity(pairs.len());
    for (line, offer) in pairs {
        let cost = offer
            .price
            .times(line.quantity)
            .map_err(Rejection::NoTotal)?;
        total = Some(match total {
            None => cost,
            Some(sum) => sum.plus(cost).map_err(Rejection::NoTotal)?,
        });
        lines.push(OrderLine {
            product: line.product,
            quantity: line.quantity,
            unit_price: offer.price,
        });
    }
    match total {
        Some(total) => Ok(Draft { lines, total }),
        None => Err(Rejection::NoTotal(Invalid::Empty)),
    }
}

fn list<T: ToString>(items: &[T]) -> String {
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    use types::Currency;

    use super::*;

    fn order(of: &[(i64, i64)]) -> NewOrder {
        let line = |&(product, quantity): &(i64, i64)| Line {
            product: ProductId::new(product).expect("in range"),
            quantity: Quantity::new(quantity).expect("in range"),
        };
        NewOrder::new(of.iter().map(line).collect()).expect("a valid order")
    }

    fn offer(amount: i64, currency: &str, stock: i64) -> Offer {
        let currency: Currency = currency.parse().expect("a code");
        Offer {
            price: Money::new(amount, currency).expect("in range"),
            stock: Stock::new(stock).expect("in range"),
        }
    }

    fn some(offers: &[Offer]) -> Vec<Option<Offer>> {
        offers.iter().copied().map(Some).collect()
    }

    #[test]
    fn an_order_that_can_be_placed_is_priced() {
        let draft = decide(
            &order(&[(1, 2), (2, 1)]),
            &some(&[offer(1_250, "EUR", 2), offer(99, "EUR", 5)]),
        );
        let draft = draft.expect("enough of both");
        assert_eq!(draft.total.amount(), 2_599);
        assert_eq!(draft.lines.len(), 2);
        assert_eq!(draft.lines[0].unit_price.amount(), 1_250);
    }

    #[test]
    fn every_line_in_the_way_is_named() {
        let short = decide(
            &order(&[(1, 3), (2, 1), (3, 9)]),
            &some(&[offer(1, "EUR", 2), offer(1, "EUR", 1), offer(1, "EUR", 0)]),
        );
        let expected =
            "not enough in stock: product 1: 3 wanted, 2 left; product 3: 9 wanted, 0 left";
        assert_eq!(short.expect_err("out of stock").to_string(), expected);

        let unknown = decide(
            &order(&[(7, 1), (1, 1), (8, 1)]),
            &[None, Some(offer(1, "EUR", 1))],
        );
        assert_eq!(
            unknown.expect_err("unknown").to_string(),
            "there is no such product: 7; 8"
        );
    }

    #[test]
    fn a_sum_of_different_currencies_or_out_of_range_is_refused() {
        let mixed = decide(
            &order(&[(1, 1), (2, 1)]),
            &some(&[offer(1, "EUR", 1), offer(1, "USD", 1)]),
        );
        assert!(
            matches!(
                mixed,
                Err(Rejection::NoTotal(Invalid::CurrenciesDiffer(..)))
            ),
            "{mixed:?}"
        );
        let huge = decide(&order(&[(1, 2)]), &some(&[offer(Money::MAX, "EUR", 2)]));
        assert_eq!(
            huge,
            Err(Rejection::NoTotal(Invalid::TooLarge { max: Money::MAX }))
        );
    }
}
