//! 1. A map, and one shopper after the other.
//!
//! `cargo run -p orders --bin orders-01-map`

use std::collections::HashMap;

use orders::{Books, Day, Evening, Order, Product, Refused, Till};

pub(crate) struct Shop {
    stock: HashMap<Product, i64>,
    taken: Vec<Order>,
    till: Till,
}

impl Shop {
    pub(crate) fn open(day: Day, till: &Till) -> Self {
        Self {
            stock: day.shelves(),
            taken: Vec::new(),
            till: till.clone(),
        }
    }

    pub(crate) fn books(&self) -> Books {
        Books {
            stock: self.stock.clone(),
            taken: self.taken.clone(),
        }
    }
}

impl Shop {
    pub(crate) async fn place(&mut self, order: Order) -> Result<usize, Refused> {
        let pieces = i64::from(order.pieces);
        let left = self.stock.get(&order.product).copied().unwrap_or(0);
        if left < pieces {
            return Err(Refused::SoldOut);
        }
        self.till.pay(order).await;
        *self.stock.entry(order.product).or_default() -= pieces;
        self.taken.push(order);
        Ok(self.taken.len())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let day = Day::default();
    let mut shop = Shop::open(day, &Till::quick());
    let mut answers = Vec::new();
    for order in day.shoppers().concat() {
        answers.push(shop.place(order).await);
    }
    println!("{}", Evening::of(day, &answers, &shop.books()));
}
