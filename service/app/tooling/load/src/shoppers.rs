//! What shoppers do next.

use std::collections::VecDeque;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::api::Item;

/// How many of the latest orders can be looked up.
const REMEMBERED: usize = 256;

/// What one shopper does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Visit {
    /// Reads the catalogue.
    Browse,
    /// Orders these.
    Order(Vec<Item>),
    /// Fetches this order, which was acknowledged.
    LookUp(i64),
}

/// All shoppers together: random, but the same for the same seed and answers.
#[derive(Debug)]
pub(crate) struct Shoppers {
    random: StdRng,
    catalogue: Vec<i64>,
    placed: VecDeque<i64>,
}

impl Shoppers {
    /// Shoppers who know these products.
    pub(crate) fn new(seed: u64, catalogue: Vec<i64>) -> Shoppers {
        Shoppers {
            random: StdRng::seed_from_u64(seed),
            catalogue,
            placed: VecDeque::with_capacity(REMEMBERED),
        }
    }

    /// The scenario `steady`. Until an order is there, who would look one up browses.
    pub(crate) fn next(&mut self) -> Visit {
        match self.random.random_range(0..10) {
            0..6 => Visit::Browse,
            6..9 => Visit::Order(self.basket()),
            _ => self.any_placed().map_or(Visit::Browse, Visit::LookUp),
        }
    }

    /// Notes an acknowledged order.
    pub(crate) fn remember(&mut self, order: i64) {
        if self.placed.len() == REMEMBERED {
            self.placed.pop_front();
        }
        self.placed.push_back(order);
    }

    /// One to three products, one or two of each.
    fn basket(&mut self) -> Vec<Item> {
        let lines = self
            .random
            .random_range(1..=3.min(self.catalogue.len().max(1)));
        let mut items: Vec<Item> = Vec::with_capacity(lines);
        for _ in 0..lines {
            let Some(product_id) = self.any_product() else {
                break;
            };
            if items.iter().all(|item| item.product_id != product_id) {
                items.push(Item {
                    product_id,
                    quantity: self.random.random_range(1..=2),
                });
            }
        }
        items
    }

    fn any_product(&mut self) -> Option<i64> {
        if self.catalogue.is_empty() {
            return None;
        }
        let index = self.random.random_range(0..self.catalogue.len());
        self.catalogue.get(index).copied()
    }

    fn any_placed(&mut self) -> Option<i64> {
        if self.placed.is_empty() {
            return None;
        }
        let index = self.random.random_range(0..self.placed.len());
        self.placed.get(index).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visits(seed: u64, count: usize) -> Vec<Visit> {
        let mut shoppers = Shoppers::new(seed, (1..=12).collect());
        shoppers.remember(7);
        (0..count).map(|_| shoppers.next()).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_shoppers() {
        assert_eq!(visits(3, 100), visits(3, 100));
        assert_ne!(visits(3, 100), visits(4, 100));
    }

    #[test]
    fn the_mix_is_as_documented_and_baskets_are_small_and_valid() {
        let visits = visits(1, 10_000);
        let share =
            |wanted: fn(&Visit) -> bool| visits.iter().filter(|visit| wanted(visit)).count();
        assert!((5_700..6_300).contains(&share(|visit| matches!(visit, Visit::Browse))));
        assert!((800..1_200).contains(&share(|visit| *visit == Visit::LookUp(7))));
        for visit in &visits {
            let Visit::Order(items) = visit else { continue };
            assert!((1..=3).contains(&items.len()), "{items:?}");
            assert!(items.iter().all(
                |item| (1..=2).contains(&item.quantity) && (1..=12).contains(&item.product_id)
            ));
        }
    }

    #[test]
    fn only_orders_that_were_placed_are_looked_up() {
        let mut shoppers = Shoppers::new(1, vec![1]);
        assert!((0..1_000).all(|_| !matches!(shoppers.next(), Visit::LookUp(_))));
        (0..1_000).for_each(|order| shoppers.remember(order));
        assert_eq!(shoppers.placed.len(), REMEMBERED);
    }
}
