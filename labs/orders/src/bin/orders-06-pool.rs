//! 6. Several workers take from the channel. They share the books, under the lock again.
//!
//! `cargo run -p orders --bin orders-06-pool`

use std::sync::Arc;

use lab_kit::{Receiver, Sender, channel, spawn};
use orders::{Books, Day, Evening, Order, Refused, TakesOrders, Till, rush};
use sync::Mutex;
use tokio::sync::oneshot;

pub(crate) struct Shop {
    books: Arc<Mutex<Books>>,
    queue: Sender<Job>,
}

struct Job {
    order: Order,
    answer: oneshot::Sender<Result<usize, Refused>>,
}

impl Shop {
    pub(crate) fn open(day: Day, till: &Till) -> Self {
        let books = Books {
            stock: day.shelves(),
            taken: Vec::new(),
        };
        let books = Arc::new(Mutex::new("books", books));
        let (queue, jobs) = channel("orders", 8);
        for number in 1..=day.workers {
            let worker = worker(Arc::clone(&books), jobs.clone(), till.clone());
            spawn(format!("worker {number}"), worker);
        }
        Self { books, queue }
    }

    pub(crate) fn books(&self) -> Books {
        self.books.lock().clone()
    }
}

/// Works on one order after the other, until no more can come.
async fn worker(books: Arc<Mutex<Books>>, jobs: Receiver<Job>, till: Till) {
    while let Some(Job { order, answer }) = jobs.recv().await {
        let number = take(&mut books.lock(), order);
        if number.is_ok() {
            till.pay(order).await;
        }
        let _left = answer.send(number); // who has left does not want to know
    }
}

impl TakesOrders for Shop {
    async fn place(&self, order: Order) -> Result<usize, Refused> {
        let (answer, answered) = oneshot::channel();
        let sent = self.queue.send(Job { order, answer }).await;
        sent.map_err(|_| Refused::Closed)?;
        answered.await.unwrap_or(Err(Refused::Unanswered))
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
