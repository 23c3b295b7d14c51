//! What shoppers do next.

use std::collections::VecDeque;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::api::Item;
use crate::scenarios::Plan;

/// How many of the latest orders can be looked up or given back.
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
    /// Gives back what this order holds, once.
    GiveBack(Placed),
}

/// An order that was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub id: i64,
    pub items: Vec<Item>,
}

/// All shoppers together: random, but the same for the same seed and answers.
#[derive(Debug)]
pub(crate) struct Shoppers {
    random: StdRng,
    plan: &'static Plan,
    catalogue: Vec<i64>,
    /// What everybody wants.
    hot: Option<i64>,
    placed: VecDeque<Placed>,
}

impl Shoppers {
    /// Shoppers who know these products, and all want one of them if the plan says so.
    pub(crate) fn new(
        seed: u64,
        plan: &'static Plan,
        catalogue: Vec<i64>,
        hot: Option<i64>,
    ) -> Shoppers {
        Shoppers {
            random: StdRng::seed_from_u64(seed),
            plan,
            catalogue,
            hot,
            placed: VecDeque::with_capacity(REMEMBERED),
        }
    }

    /// What the next one does. Until an order is there, who would look one up or give one back browses.
    pub(crate) fn next(&mut self) -> Visit {
        let mix = &self.plan.mix;
        let chance = self.random.random_range(0..100);
        if chance < mix.order {
            return Visit::Order(self.basket());
        }
        if chance < mix.order + mix.look_up {
            return self
                .any_placed()
                .map_or(Visit::Browse, |index| Visit::LookUp(self.placed[index].id));
        }
        if chance < mix.order + mix.look_up + mix.give_back {
            let placed = self
                .any_placed()
                .and_then(|index| self.placed.swap_remove_back(index));
            return placed.map_or(Visit::Browse, Visit::GiveBack);
        }
        Visit::Browse
    }

    /// Notes an acknowledged order.
    pub(crate) fn remember(&mut self, order: Placed) {
        if self.placed.len() == REMEMBERED {
            self.placed.pop_front();
        }
        self.placed.push_back(order);
    }

    /// One piece of what everybody wants, or one to three products, one or two of each.
    pub(crate) fn basket(&mut self) -> Vec<Item> {
        if let Some(product_id) = self.hot
            && self.random.random_range(0..100) < self.plan.hot
        {
            return vec![Item {
                product_id,
                quantity: 1,
            }];
        }
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

    fn any_placed(&mut self) -> Option<usize> {
        (!self.placed.is_empty()).then(|| self.random.random_range(0..self.placed.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenarios::Scenario;

    fn shoppers(seed: u64, scenario: Scenario) -> Shoppers {
        Shoppers::new(seed, scenario.plan(), (1..=12).collect(), Some(13))
    }

    fn placed(id: i64) -> Placed {
        Placed { id, items: vec![] }
    }

    fn visits(seed: u64, count: usize) -> Vec<Visit> {
        let mut shoppers = shoppers(seed, Scenario::Steady);
        shoppers.remember(placed(7));
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
    fn in_a_flash_sale_most_want_the_same_and_nobody_gives_back_twice() {
        let mut shoppers = shoppers(1, Scenario::FlashSale);
        (0..20).for_each(|id| shoppers.remember(placed(id)));
        let visits: Vec<Visit> = (0..10_000).map(|_| shoppers.next()).collect();
        let hot = visits.iter().filter(
            |visit| matches!(visit, Visit::Order(items) if items.len() == 1 && items[0].product_id == 13),
        );
        assert!((4_900..5_500).contains(&hot.count()));
        let back = visits
            .iter()
            .filter(|visit| matches!(visit, Visit::GiveBack(_)));
        assert_eq!(back.count(), 20);
    }

    #[test]
    fn only_orders_that_were_placed_are_looked_up() {
        let mut shoppers = shoppers(1, Scenario::Steady);
        assert!((0..1_000).all(|_| !matches!(shoppers.next(), Visit::LookUp(_))));
        (0..1_000).for_each(|order| shoppers.remember(placed(order)));
        assert_eq!(shoppers.placed.len(), REMEMBERED);
    }
}
