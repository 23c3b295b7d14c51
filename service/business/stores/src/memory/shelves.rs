//! Orders, the stock that they take, and the totals of both.

use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

use order::{
    Draft, Offer, Order, OrderLine, PlaceError, Placed, Purchase, Query, Rejection, Reversal,
    ReverseError,
};
use statistics::Totals;
use types::{Currency, Direction, IdempotencyKey, OrderId, ProductId, StoreError, UserId, Version};

use super::catalogue::Catalogue;
use super::to_the_millisecond;

#[derive(Debug, Default)]
pub(super) struct Shelves {
    /// In the order of their ids, which count from 1.
    orders: Vec<Order>,
    /// Keys are each customer's own; those of nobody in particular are shared.
    keys: HashMap<(Option<UserId>, IdempotencyKey), Remembered>,
    totals: BTreeMap<String, Totals>,
}

#[derive(Clone, Copy, Debug)]
struct Remembered {
    order: OrderId,
    until: SystemTime,
}

impl Shelves {
    pub(super) fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(place(id))
    }

    pub(super) fn list(&self, query: &Query, count: usize) -> Vec<Order> {
        let fits = |order: &&Order| fits(query, order);
        let after = query.after.map(place);
        match query.direction {
            Direction::Ascending => {
                let from = after.map_or(0, |after| after + 1);
                let found = self.orders.iter().skip(from).filter(fits);
                found.take(count).cloned().collect()
            }
            Direction::Descending => {
                let until = after.map_or(self.orders.len(), |after| after.min(self.orders.len()));
                let found = self.orders[..until].iter().rev().filter(fits);
                found.take(count).cloned().collect()
            }
        }
    }

    pub(super) fn totals(&self) -> Vec<Totals> {
        self.totals.values().copied().collect()
    }

    pub(super) fn place(
        &mut self,
        catalogue: &mut Catalogue,
        is_open: bool,
        purchase: &Purchase,
    ) -> Result<Placed, PlaceError> {
        // Before the door: an order that was placed is told so even when the shop has closed since.
        if let Some(placed) = self.placed_before(purchase) {
            let order = order::replay(&purchase.order, placed.clone())?;
            return Ok(Placed {
                order,
                replayed: true,
            });
        }
        if !is_open {
            return Err(Rejection::ShopClosed.into());
        }
        let lines = purchase.order.lines();
        let offers: Vec<_> = lines
            .iter()
            .map(|line| offer(catalogue, line.product))
            .collect();
        let draft = order::decide(&purchase.order, &offers)?;
        let order = self.keep(purchase, draft)?;
        for line in &order.lines {
            if let Some(product) = catalogue.get_mut(line.product)
                && let Some(left) = product.stock.take(line.quantity)
            {
                product.stock = left;
            }
        }
        Ok(Placed {
            order,
            replayed: false,
        })
    }

    /// The order that was placed under the purchase's key, unless the key is too old.
    fn placed_before(&self, purchase: &Purchase) -> Option<&Order> {
        let key = purchase.key.clone()?;
        let found = self.keys.get(&(purchase.customer, key))?;
        self.order(found.order)
            .filter(|_| found.until > purchase.at)
    }

    fn keep(&mut self, purchase: &Purchase, draft: Draft) -> Result<Order, StoreError> {
        let order = Order {
            id: OrderId::new(self.orders.len() as i64 + 1).map_err(StoreError::failed)?,
            placed_at: to_the_millisecond(purchase.at),
            reversed_at: None,
            customer: purchase.customer,
            version: Version::FIRST,
            lines: draft.lines,
            total: draft.total,
        };
        self.orders.push(order.clone());
        if let Some(key) = purchase.key.clone() {
            let remembered = Remembered {
                order: order.id,
                until: purchase.at + Purchase::KEY_LIFE,
            };
            self.keys.insert((purchase.customer, key), remembered);
        }
        let totals = self.totals_of(order.total.currency());
        totals.placed += 1;
        totals.pieces += pieces(&order);
        totals.revenue += order.total.amount().unsigned_abs();
        Ok(order)
    }

    pub(super) fn reverse(
        &mut self,
        catalogue: &mut Catalogue,
        id: OrderId,
        expected: Option<Version>,
        at: SystemTime,
    ) -> Result<Reversal, ReverseError> {
        let found = self
            .orders
            .get_mut(place(id))
            .ok_or(ReverseError::Missing)?;
        let Some(reversed) = order::reverse(found, expected, at)? else {
            return Ok(Reversal {
                order: found.clone(),
                replayed: true,
            });
        };
        found.clone_from(&reversed);
        for line in &reversed.lines {
            let pieces = i64::from(line.quantity.get());
            if let Some(product) = catalogue.get_mut(line.product) {
                product.stock = product.stock.refill(pieces).map_err(StoreError::failed)?;
            }
        }
        let totals = self.totals_of(reversed.total.currency());
        totals.reversed += 1;
        totals.pieces_back += pieces(&reversed);
        totals.revenue_back += reversed.total.amount().unsigned_abs();
        Ok(Reversal {
            order: reversed,
            replayed: false,
        })
    }

    fn totals_of(&mut self, currency: Currency) -> &mut Totals {
        // Most orders are of a currency that is known: looked up without a copy of its code.
        if !self.totals.contains_key(currency.code()) {
            let none = Totals {
                currency,
                placed: 0,
                reversed: 0,
                pieces: 0,
                pieces_back: 0,
                revenue: 0,
                revenue_back: 0,
            };
            self.totals.insert(currency.code().to_owned(), none);
        }
        self.totals
            .get_mut(currency.code())
            .unwrap_or_else(|| unreachable!("it is there by now"))
    }
}

fn place(id: OrderId) -> usize {
    id.get() as usize - 1
}

fn offer(catalogue: &Catalogue, product: ProductId) -> Option<Offer> {
    let product = catalogue.get(product)?;
    Some(Offer {
        price: product.price,
        stock: product.stock,
    })
}

fn pieces(order: &Order) -> u64 {
    let pieces = |line: &OrderLine| u64::from(line.quantity.get());
    order.lines.iter().map(pieces).sum()
}

fn fits(query: &Query, order: &Order) -> bool {
    let filter = &query.filter;
    filter.status.is_none_or(|status| order.status() == status)
        && filter
            .customer
            .is_none_or(|customer| order.customer == Some(customer))
        && filter
            .product
            .is_none_or(|product| order.lines.iter().any(|line| line.product == product))
        && filter.from.is_none_or(|from| order.placed_at >= from)
        && filter.until.is_none_or(|until| order.placed_at < until)
}
