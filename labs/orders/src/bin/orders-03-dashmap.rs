//! 3. The same with a concurrent map.
//!
//! `cargo run -p orders --bin orders-03-dashmap`

use std::sync::Arc;

use dashmap::DashMap;
use orders::{Books, Day, Evening, Order, Product, Refused, TakesOrders, Till, rush};
use sync::Mutex;

pub(crate) struct Shop {
    stock: DashMap<Product, i64>,
    taken: Mutex<Vec<Order>>,
    till: Till,
}

impl Shop {
    pub(crate) fn open(day: Day, till: &Till) -> Self {
        Self {
            stock: day.shelves().into_iter().collect(),
            taken: Mutex::new("taken", Vec::new()),
            till: till.clone(),
        }
    }

    pub(crate) fn books(&self) -> Books {
        Books {
            stock: self.stock.clone().into_iter().collect(),
            taken: self.taken.lock().clone(),
        }
    }
}

impl TakesOrders for Shop {
    async fn place(&self, order: Order) -> Result<usize, Refused> {
        let pieces = i64::from(order.pieces);
        let left = self.stock.get(&order.product).map_or(0, |left| *left);
        if left < pieces {
            return Err(Refused::SoldOut);
        }
        self.till.pay(order).await;
        *self.stock.entry(order.product).or_default() -= pieces;
        let mut taken = self.taken.lock();
        taken.push(order);
        Ok(taken.len())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let day = Day::default();
    let shop = Arc::new(Shop::open(day, &Till::quick()));
    let answers = rush(day, &shop).await;
    println!("{}", Evening::of(day, &answers, &shop.books()));
}
