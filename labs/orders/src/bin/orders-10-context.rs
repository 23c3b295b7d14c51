//! 10. Who asked is known to the order: if they leave, or have no more time, it is given up, wherever it is.
//!
//! `cargo run -p orders --bin orders-10-context`: orders that nobody waits for any more, then the day's shoppers.
//! `cargo run -p orders --bin orders-10-context -- 127.0.0.1:4200`: open until Ctrl-C; paying takes three seconds.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State as Of;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Router, serve};
use lab_kit::anyhow;
use lab_kit::{Receiver, Sender, channel, spawn};
use orders::{Books, Day, Order, Product, Refused, Statistics, TakesOrders, Till, Visitor, rush};
use serde_json::{Value, json};
use sync::Mutex;
use tokio::net::TcpListener;
use tokio::select;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use web::{ApiError, Json, Path};

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
    GivenUp,
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
    while let Some(Job { order, mut answer }) = jobs.recv().await {
        if answer.is_closed() {
            continue; // left while the order was waiting
        }
        let number = ledger.lock().take(order);
        if let Ok(number) = number {
            let paid = select! {
                () = till.pay(order) => true,
                () = answer.closed() => false, // left, or out of time
            };
            if paid {
                ledger.lock().paid(number);
            } else {
                ledger.lock().give_up(number);
            }
        }
        if let Err(Ok(number)) = answer.send(number) {
            // Paid in the moment in which they left. Nothing to do if it was given up.
            let _now = ledger.lock().reverse(number);
        }
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

    fn give_up(&mut self, number: usize) {
        self.states[number - 1] = State::GivenUp;
        self.statistics.under_way -= 1;
        self.put_back(self.books.taken[number - 1]);
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
            // Not paid, or nobody's.
            Some(State::UnderWay | State::GivenUp) | None => Err(Refused::Unknown(number)),
        }
    }

    fn put_back(&mut self, order: Order) {
        *self.books.stock.entry(order.product).or_default() += i64::from(order.pieces);
        self.statistics.pieces -= u64::from(order.pieces);
    }

    fn books(&self) -> Books {
        let orders = self.books.taken.iter().zip(&self.states);
        let standing = orders.filter(|(_, state)| matches!(state, State::UnderWay | State::Paid));
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
    headers: HeaderMap,
    Json(order): Json<Order>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let placing = timeout(budget(&headers)?, shop.place(order));
    let number = placing.await.unwrap_or(Err(Refused::TooLate))?;
    Ok((StatusCode::CREATED, Json(json!({ "number": number }))))
}

/// How long the order may take: what `X-Budget-Ms` says, or ten seconds.
fn budget(headers: &HeaderMap) -> Result<Duration, ApiError> {
    let Some(said) = headers.get("x-budget-ms") else {
        return Ok(Duration::from_secs(10));
    };
    let budget = said.to_str().ok().and_then(|said| said.parse().ok());
    budget.map(Duration::from_millis).ok_or_else(|| {
        let what = "X-Budget-Ms is a whole number of milliseconds";
        ApiError::new(StatusCode::BAD_REQUEST, "invalid_budget", what)
    })
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
            stock: 200,
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
    nobody_waits(day, &till, &visitor).await
}

/// The till is locked at first: orders are under way for as long as anybody wants to look.
async fn nobody_waits(day: Day, till: &Till, visitor: &Arc<Visitor>) -> anyhow::Result<()> {
    let order = Order {
        product: Product::Teapot,
        pieces: 2,
    };
    let in_time = visitor.order(order, Some(("x-budget-ms", "20"))).await?;
    println!("POST /orders, in 20 ms: {in_time}");
    let idle = |now: &Value| now["under_way"] == 0;
    println!(
        "GET /statistics: {}",
        visitor.until("/statistics", idle).await?
    );
    let client = Arc::clone(visitor);
    let leaving = spawn("client", async move { client.order(order, None).await });
    let busy = |now: &Value| now["under_way"] == 1;
    println!(
        "GET /statistics: {}",
        visitor.until("/statistics", busy).await?
    );
    leaving.abort();
    println!("The client has left.");
    println!(
        "GET /statistics: {}",
        visitor.until("/statistics", idle).await?
    );
    till.unlock();
    let answers = rush(day, visitor).await;
    let taken = answers.iter().filter(|answer| answer.is_ok());
    println!("the shoppers: {} taken", taken.count());
    println!("POST /close: {}", visitor.post("/close").await?);
    println!("POST /orders: {}", visitor.order(order, None).await?);
    println!("GET /stock: {}", visitor.get("/stock").await?);
    Ok(())
}
