//! 5. One clerk owns the books, and is asked by channel. There is no lock.
//!
//! `cargo run -p orders --bin orders-05-channel`

use std::sync::Arc;

use lab_kit::{Receiver, Sender, channel, spawn};
use orders::{Books, Day, Evening, Order, Refused, TakesOrders, Till, rush};
use tokio::sync::oneshot;

pub(crate) struct Shop {
    questions: Sender<Question>,
}

enum Question {
    Place(Order, oneshot::Sender<Result<usize, Refused>>),
    Books(oneshot::Sender<Books>),
}

impl Shop {
    pub(crate) fn open(day: Day, till: &Till) -> Self {
        let books = Books {
            stock: day.shelves(),
            taken: Vec::new(),
        };
        let (questions, queue) = channel("questions", 8);
        spawn("clerk", clerk(books, queue, till.clone()));
        Self { questions }
    }

    pub(crate) async fn books(&self) -> Books {
        let (answer, answered) = oneshot::channel();
        let _sent = self.questions.send(Question::Books(answer)).await;
        answered.await.unwrap_or_default()
    }
}

/// Does one thing after the other, until nobody can ask any more.
async fn clerk(mut books: Books, queue: Receiver<Question>, till: Till) {
    while let Some(question) = queue.recv().await {
        // Who has left does not want to know.
        match question {
            Question::Place(order, answer) => {
                let number = take(&mut books, order);
                if number.is_ok() {
                    till.pay(order).await;
                }
                let _left = answer.send(number);
            }
            Question::Books(answer) => {
                let _left = answer.send(books.clone());
            }
        }
    }
}

impl TakesOrders for Shop {
    async fn place(&self, order: Order) -> Result<usize, Refused> {
        let (answer, answered) = oneshot::channel();
        let sent = self.questions.send(Question::Place(order, answer)).await;
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
    println!("{}", Evening::of(day, &answers, &shop.books().await));
}
