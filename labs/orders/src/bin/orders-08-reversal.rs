//! 8. Reversal: an order that is paid can be taken back. Its pieces return to the shelf, once.
//!
//! `cargo run -p orders --bin orders-08-reversal`

use std::sync::Arc;

use lab_kit::{Receiver, Sender, channel, spawn};
use orders::{Books, Day, Evening, Order, Refused, Statistics, TakesOrders, Till, rush};
use sync::Mutex;
use tokio::sync::oneshot;

// ANCHOR: shop
pub(crate) struct Shop {
    ledger: Arc<Mutex<Ledger>>,
    queue: Sender<Job>,
}

struct Ledger {
    books: Books,
    /// What became of each order in the books.
    states: Vec<State>,
    statistics: Statistics,
}

#[derive(PartialEq, Eq)]
enum State {
    UnderWay,
    Paid,
    Reversed,
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
        let ledger = Ledger {
            books,
            states: Vec::new(),
            statistics: Statistics::default(),
        };
        let ledger = Arc::new(Mutex::new("books", ledger));
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

    /// Takes an order back. Says whether that was done now; reversing twice is fine.
    pub(crate) fn reverse(&self, number: usize) -> Result<bool, Refused> {
        self.ledger.lock().reverse(number)
    }

    pub(crate) fn books(&self) -> Books {
        self.ledger.lock().books()
    }
}

/// Works on one order after the other, until no more can come.
async fn worker(ledger: Arc<Mutex<Ledger>>, jobs: Receiver<Job>, till: Till) {
    while let Some(Job { order, answer }) = jobs.recv().await {
        let number = ledger.lock().take(order);
        if let Ok(number) = number {
            till.pay(order).await;
            ledger.lock().paid(number);
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
        self.states.push(State::UnderWay);
        self.statistics.under_way += 1;
        self.statistics.pieces += u64::from(order.pieces);
        Ok(self.books.taken.len())
    }

    fn paid(&mut self, number: usize) {
        self.states[number - 1] = State::Paid;
        self.statistics.under_way -= 1;
        self.statistics.taken += 1;
    }

    fn reverse(&mut self, number: usize) -> Result<bool, Refused> {
        let index = number.wrapping_sub(1);
        match self.states.get(index) {
            Some(State::Paid) => {
                self.states[index] = State::Reversed;
                self.statistics.taken -= 1;
                self.statistics.reversed += 1;
                self.put_back(self.books.taken[index]);
                Ok(true)
            }
            Some(State::Reversed) => Ok(false),
            // Not paid yet, or nobody's.
            Some(State::UnderWay) | None => Err(Refused::Unknown(number)),
        }
    }

    fn put_back(&mut self, order: Order) {
        *self.books.stock.entry(order.product).or_default() += i64::from(order.pieces);
        self.statistics.pieces -= u64::from(order.pieces);
    }

    fn books(&self) -> Books {
        let orders = self.books.taken.iter().zip(&self.states);
        let standing = orders.filter(|(_, state)| **state != State::Reversed);
        Books {
            stock: self.books.stock.clone(),
            taken: standing.map(|(order, _)| *order).collect(),
        }
    }
}
// ANCHOR_END: shop

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let day = Day::default();
    let shop = Arc::new(Shop::open(day, &Till::quick()));
    let answers = rush(day, &shop).await;
    println!("{}", Evening::of(day, &answers, &shop.books()));
    println!("{:?}", shop.statistics());
    for number in [1, 1, 1_000] {
        println!("reverse {number}: {:?}", shop.reverse(number));
    }
    println!("{:?}", shop.statistics());
}
