//! 7. Statistics: kept while orders are taken, so that to read them is to copy a few numbers.
//!
//! `cargo run -p orders --bin orders-07-statistics`

use std::sync::Arc;

use lab_kit::{Receiver, Sender, channel, spawn};
use orders::{Books, Day, Evening, Order, Refused, Statistics, TakesOrders, Till, rush};
use sync::Mutex;
use tokio::sync::oneshot;

pub(crate) struct Shop {
    ledger: Arc<Mutex<Ledger>>,
    queue: Sender<Job>,
}

struct Ledger {
    books: Books,
    statistics: Statistics,
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
        let statistics = Statistics::default();
        let ledger = Arc::new(Mutex::new("books", Ledger { books, statistics }));
        let (queue, jobs) = channel("orders", 8);
        for number in 1..=day.workers {
            let worker = worker(Arc::clone(&ledger), jobs.clone(), till.clone());
            spawn(format!("worker {number}"), worker);
        }
        Self { ledger, queue }
    }

    /// Under the lock only a few numbers are copied. Whoever writes them down takes as long as they like.
    pub(crate) fn statistics(&self) -> Statistics {
        Statistics {
            waiting: self.queue.len(),
            ..self.ledger.lock().statistics
        }
    }

    pub(crate) fn books(&self) -> Books {
        self.ledger.lock().books.clone()
    }
}

/// Works on one order after the other, until no more can come.
async fn worker(ledger: Arc<Mutex<Ledger>>, jobs: Receiver<Job>, till: Till) {
    while let Some(Job { order, answer }) = jobs.recv().await {
        let number = ledger.lock().take(order);
        if number.is_ok() {
            till.pay(order).await;
            ledger.lock().paid();
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

/// Nobody else has the ledger meanwhile.
impl Ledger {
    fn take(&mut self, order: Order) -> Result<usize, Refused> {
        let left = self.books.stock.entry(order.product).or_default();
        if *left < i64::from(order.pieces) {
            self.statistics.sold_out += 1;
            return Err(Refused::SoldOut);
        }
        *left -= i64::from(order.pieces);
        self.books.taken.push(order);
        self.statistics.under_way += 1;
        self.statistics.pieces += u64::from(order.pieces);
        Ok(self.books.taken.len())
    }

    fn paid(&mut self) {
        self.statistics.under_way -= 1;
        self.statistics.taken += 1;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let day = Day::default();
    let shop = Arc::new(Shop::open(day, &Till::quick()));
    let answers = rush(day, &shop).await;
    println!("{}", Evening::of(day, &answers, &shop.books()));
    println!("{:?}", shop.statistics());
}
