//! The prices that were heard.

use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

use types::{Money, ProductId};

/// The latest prices of so many products; what was heard longest ago makes room.
#[derive(Debug)]
pub(crate) struct Memory {
    keep: usize,
    heard: HashMap<ProductId, Heard>,
    /// Products by the number of their latest price.
    order: BTreeMap<u64, ProductId>,
    next: u64,
}

#[derive(Debug)]
struct Heard {
    price: Money,
    at: SystemTime,
    number: u64,
}

impl Memory {
    pub(crate) fn new(keep: usize) -> Memory {
        Memory {
            keep,
            heard: HashMap::new(),
            order: BTreeMap::new(),
            next: 0,
        }
    }

    pub(crate) fn keep(&mut self, product: ProductId, price: Money, at: SystemTime) {
        self.forget(product);
        let number = self.next;
        self.next += 1;
        self.heard.insert(product, Heard { price, at, number });
        self.order.insert(number, product);
        if self.heard.len() > self.keep
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.heard.remove(&oldest);
        }
    }

    pub(crate) fn forget(&mut self, product: ProductId) {
        if let Some(heard) = self.heard.remove(&product) {
            self.order.remove(&heard.number);
        }
    }

    /// The price, and when it was heard.
    pub(crate) fn get(&self, product: ProductId) -> Option<(Money, SystemTime)> {
        let heard = self.heard.get(&product)?;
        Some((heard.price, heard.at))
    }

    pub(crate) fn len(&self) -> usize {
        self.heard.len()
    }
}

#[cfg(test)]
mod tests {
    use types::Currency;

    use super::*;

    #[test]
    fn what_was_heard_longest_ago_makes_room() {
        let mut memory = Memory::new(2);
        let price = Money::new(1, Currency::EUR).expect("in range");
        let id = |number| ProductId::new(number).expect("in range");
        for number in [1, 2, 1, 3] {
            memory.keep(id(number), price, SystemTime::UNIX_EPOCH);
        }
        assert_eq!(memory.len(), 2);
        assert!(memory.get(id(2)).is_none() && memory.get(id(1)).is_some());
        memory.forget(id(1));
        memory.forget(id(1));
        assert_eq!((memory.len(), memory.order.len()), (1, 1));
    }
}
