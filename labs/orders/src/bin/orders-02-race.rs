//! 2. All shoppers at once, and each access to the map under its lock.
//!
//! `cargo run -p orders --bin orders-02-race`

use std::collections::HashMap;
use std::sync::Arc;

use orders::{Books, Day, Evening, Order, Product, Refused, TakesOrders, Till, rush};
use sync::Mutex;

pub(crate) struct Shop {
    stock: Mutex<HashMap<Product, i64>>,
    taken: Mutex<Vec<Order>>,
    till: Till,
}

impl Shop {
    pub(crate) fn open(day: Day, till: &Till) -> Self {
        Self {
            stock: Mutex::new("stock", day.shelves()),
            taken: Mutex::new("taken", Vec::new()),
            till: till.clone(),
        }
    }

    pub(crate) fn books(&self) -> Books {
        Books {
            stock: self.stock.lock().clone(),
            taken: self.taken.lock().clone(),
        }
    }
}

impl TakesOrders for Shop {
    async fn place(&self, order: Order) -> Result<usize, Refused> {
        let pieces = i64::from(order.pieces);
        let left = self.stock.lock().get(&order.product).copied().unwrap_or(0);
        if left < pieces {
            return Err(Refused::SoldOut);
        }
        self.till.pay(order).await;
        *self.stock.lock().entry(order.product).or_default() -= pieces;
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
