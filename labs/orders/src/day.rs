//! The same shoppers every day.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// What the shop sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Product {
    /// Wanted most.
    Cup,
    /// Wanted often.
    Teapot,
    /// Wanted sometimes.
    Kettle,
    /// Wanted least.
    Tray,
}

impl Product {
    /// All of them.
    pub const ALL: [Product; 4] = [
        Product::Cup,
        Product::Teapot,
        Product::Kettle,
        Product::Tray,
    ];
}

/// What a shopper asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Of what.
    pub product: Product,
    /// How many pieces.
    pub pieces: u16,
}

/// A day in the shop: who comes, and what there is.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    /// How many shoppers come. Each orders [`Day::ORDERS`] times, one after the other.
    pub shoppers: u16,
    /// How many pieces there are of each product.
    pub stock: u16,
    /// How many workers the shop has, where it has a pool.
    pub workers: u16,
}

impl Default for Day {
    fn default() -> Self {
        Self {
            shoppers: 40,
            stock: 25,
            workers: 4,
        }
    }
}

impl Day {
    /// How often each shopper orders.
    pub const ORDERS: usize = 3;

    /// What lies on the shelves in the morning. Signed, because a shop that does it wrong sells more than there is.
    pub fn shelves(self) -> HashMap<Product, i64> {
        Product::ALL
            .map(|product| (product, i64::from(self.stock)))
            .into()
    }

    /// What each shopper orders: the same every day.
    pub fn shoppers(self) -> Vec<[Order; Self::ORDERS]> {
        let mut dice = Dice(2_024);
        let mut order = |()| Order {
            // The smaller of two throws: cups are wanted seven times as often as trays.
            product: Product::ALL[dice.below(4).min(dice.below(4))],
            pieces: 1 + dice.below(3) as u16,
        };
        (0..self.shoppers)
            .map(|_| [(); Self::ORDERS].map(&mut order))
            .collect()
    }
}

/// SplitMix64: small, good enough to go shopping, and the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_the_same_and_more_is_wanted_than_there_is() {
        let day = Day::default();
        assert_eq!(day.shoppers(), day.shoppers());
        let orders = day.shoppers().concat();
        assert_eq!(orders.len(), 120);
        assert!(orders.iter().all(|order| (1..=3).contains(&order.pieces)));
        let wanted = |product| {
            let of = orders.iter().filter(|order| order.product == product);
            of.map(|order| order.pieces).sum::<u16>()
        };
        assert!(
            wanted(Product::Cup) > 2 * day.stock,
            "{}",
            wanted(Product::Cup)
        );
        assert!(
            wanted(Product::Tray) < day.stock,
            "{}",
            wanted(Product::Tray)
        );
    }

    #[test]
    fn more_shoppers_change_nothing_for_those_before_them() {
        let few = Day {
            shoppers: 3,
            ..Day::default()
        };
        assert_eq!(few.shoppers()[..], Day::default().shoppers()[..3]);
    }
}
