//! 4. Looking and taking under one lock. What is taken is paid afterwards.
//!
//! `cargo run -p orders --bin orders-04-mutex`

use std::sync::Arc;

use orders::{Books, Day, Evening, Order, Refused, TakesOrders, Till, rush};
use sync::Mutex;

pub(crate) struct Shop {
    books: Mutex<Books>,
    till: Till,
}

impl Shop {
    pub(crate) fn open(day: Day, till: &Till) -> Self {
        let books = Books {
            stock: day.shelves(),
            taken: Vec::new(),
        };
        Self {
            books: Mutex::new("books", books),
            till: till.clone(),
        }
    }

    pub(crate) fn books(&self) -> Books {
        self.books.lock().clone()
    }
}

impl TakesOrders for Shop {
    async fn place(&self, order: Order) -> Result<usize, Refused> {
        let number = take(&mut self.books.lock(), order)?;
        self.till.pay(order).await;
        Ok(number)
    }
}

/// Nobody else has the books meanwhile.
fn take(books: &mut Books, order: Order) -> Result<usize, Refused> {
    let left = books.stock.entry(order.product).or_default();
    if *left < i64::from(order.pieces) {
        return Err(Refused::SoldOut);
    }
    *left -= i64::from(order.pieces);
    books.taken.push(order);
    Ok(books.taken.len())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let day = Day::default();
    let shop = Arc::new(Shop::open(day, &Till::quick()));
    let answers = rush(day, &shop).await;
    println!("{}", Evening::of(day, &answers, &shop.books()));
}
