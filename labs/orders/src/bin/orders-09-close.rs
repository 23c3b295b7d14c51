//! 9. The shop on the net, and `POST /close`: no more orders, those under way are finished, and all else goes on.
//!
//! `cargo run -p orders --bin orders-09-close`: the day's shoppers come by HTTP, and the shop closes on them.
//! `cargo run -p orders --bin orders-09-close -- 127.0.0.1:4200`: open until Ctrl-C; paying takes three seconds.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State as Of;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Router, serve};
use lab_kit::anyhow;
use lab_kit::{Receiver, Sender, channel, spawn};
use orders::{Books, Day, Order, Product, Refused, Statistics, TakesOrders, Till, Visitor, rush};
use serde_json::{Value, json};
use sync::Mutex;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;
use web::{Json, Path};

// ANCHOR: shop
pub(crate) struct Shop {
    ledger: Arc<Mutex<Ledger>>,
    queue: Sender<Job>,
    workers: TaskTracker,
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
        let workers = TaskTracker::new();
        for number in 1..=day.workers {
            let worker = worker(Arc::clone(&ledger), jobs.clone(), till.clone());
            spawn(format!("worker {number}"), workers.track_future(worker));
        }
        Self {
            ledger,
            queue,
            workers,
        }
    }

    /// Lets no more orders in, and returns when those under way are finished. Closing twice is fine.
    pub(crate) async fn close(&self) {
        self.queue.close();
        self.workers.close();
        self.workers.wait().await;
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

/// Everything that the shop can be asked.
fn door(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/orders", post(place))
        .route("/orders/{number}/reversal", post(reverse))
        .route("/stock", get(stock))
        .route("/statistics", get(statistics))
        .route("/close", post(close))
        .with_state(shop)
}

async fn place(
    Of(shop): Of<Arc<Shop>>,
    Json(order): Json<Order>,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let number = shop.place(order).await?;
    Ok((StatusCode::CREATED, Json(json!({ "number": number }))))
}

async fn reverse(
    Of(shop): Of<Arc<Shop>>,
    Path(number): Path<usize>,
) -> Result<Json<Value>, Refused> {
    let now = shop.reverse(number)?;
    Ok(Json(json!({ "reversed": number, "now": now })))
}

async fn stock(Of(shop): Of<Arc<Shop>>) -> Json<Value> {
    Json(json!(shop.books().stock))
}

async fn statistics(Of(shop): Of<Arc<Shop>>) -> Json<Statistics> {
    Json(shop.statistics())
}

async fn close(Of(shop): Of<Arc<Shop>>) -> Json<Statistics> {
    shop.close().await;
    Json(shop.statistics())
}
// ANCHOR_END: shop

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (day, till) = (
        Day {
            stock: 100,
            ..Day::default()
        },
        Till::locked(),
    );
    if let Some(address) = std::env::args().nth(1) {
        let till = Till::slow(Duration::from_secs(3));
        let listener = TcpListener::bind(address).await?;
        println!("open at http://{}", listener.local_addr()?);
        return Ok(serve(listener, door(Arc::new(Shop::open(day, &till)))).await?);
    }
    let shop = Arc::new(Shop::open(day, &till));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let visitor = Arc::new(Visitor::new(listener.local_addr()?));
    spawn("door", async { serve(listener, door(shop)).await });
    closing_time(day, &till, &visitor).await
}

/// The till is locked while the shop closes: orders are under way for as long as anybody wants to look.
async fn closing_time(day: Day, till: &Till, visitor: &Arc<Visitor>) -> anyhow::Result<()> {
    let late = Order {
        product: Product::Cup,
        pieces: 1,
    };
    let everybody = Arc::clone(visitor);
    let shoppers = spawn("shoppers", async move { rush(day, &everybody).await });
    let busy = |now: &Value| now["under_way"] == 4 && now["waiting"] == 8;
    println!(
        "GET /statistics: {}",
        visitor.until("/statistics", busy).await?
    );
    let closer = Arc::clone(visitor);
    let closing = spawn("closer", async move { closer.post("/close").await });
    println!("POST /orders: {}", visitor.order(late, None).await?);
    println!("GET /statistics: {}", visitor.get("/statistics").await?);
    till.unlock();
    println!("POST /close: {}", closing.await??);
    println!("POST /close: {}", visitor.post("/close").await?);
    println!(
        "POST /orders/1/reversal: {}",
        visitor.post("/orders/1/reversal").await?
    );
    println!("GET /statistics: {}", visitor.get("/statistics").await?);
    let answers = shoppers.await?;
    let closed = answers
        .iter()
        .filter(|answer| **answer == Err(Refused::Closed));
    let taken = answers.iter().filter(|answer| answer.is_ok());
    println!(
        "the shoppers: {} taken, {} refused: {}",
        taken.count(),
        closed.count(),
        Refused::Closed.code()
    );
    Ok(())
}
