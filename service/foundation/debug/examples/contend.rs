//! A kitchen in which everybody waits for something, and whose debug listener tells who for whom.
//!
//! ```text
//! cargo run -p debug --example contend
//! go tool pprof -top http://127.0.0.1:4200/debug/pprof/block     who waited
//! go tool pprof -top http://127.0.0.1:4200/debug/pprof/mutex     who kept others waiting
//! go tool pprof -tags http://127.0.0.1:4200/debug/pprof/block    for what, by name
//! ```
//!
//! In the block profile look for `order`, `work` and `take_from`; in the mutex profile for `recount`, which holds the
//! stock far too long. The labels `resource` and `task` say what it was, and whose stack it is.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Ready, pending};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sync::{Mutex, Pool, Receiver, Semaphore, Sender};
use tokio::time::sleep;

/// What there is to cook with.
struct Kitchen {
    stock: Mutex<u64>,
    stoves: Semaphore,
    ovens: Pool<MakeOven>,
}

type MakeOven = fn() -> Ready<Result<Oven, Infallible>>;

struct Oven;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    collect::contention::set_block_rate(1);
    collect::contention::set_mutex_fraction(1);

    let kitchen = Arc::new(Kitchen {
        stock: Mutex::new("stock", 0),
        stoves: Semaphore::new("stoves", 1),
        ovens: Pool::new("ovens", 1, || std::future::ready(Ok(Oven))),
    });
    let (orders, incoming) = sync::channel("orders", 4);
    for guest in 1..=4 {
        sync::spawn(format!("guest {guest}"), order(orders.clone()));
    }
    for cook in 1..=3 {
        let work = work(Arc::clone(&kitchen), incoming.clone());
        sync::spawn(format!("cook {cook}"), work);
    }
    thread::spawn(move || recount(&kitchen.stock));

    let variables = expvar::Registry::new();
    let standard = debug::Standard::new(debug::build!()).runtime(tokio::runtime::Handle::current());
    debug::publish_standard(&variables, standard)?;
    let listener = listen::bind("127.0.0.1:4200".parse()?, "this example's address")?;
    let running = debug::start(listener, debug::Config::new(variables), pending())?;
    println!("http://{}/debug/pprof/ until Ctrl-C", running.addr());
    tokio::signal::ctrl_c().await?;
    running.stop();
    Ok(())
}

/// Orders faster than anyone can cook: the channel is always full.
async fn order(orders: Sender<u64>) {
    for number in 0.. {
        if orders.send(number).await.is_err() {
            return;
        }
    }
}

async fn work(kitchen: Arc<Kitchen>, orders: Receiver<u64>) {
    while let Some(order) = orders.recv().await {
        take_from(&kitchen.stock, order);
        cook(&kitchen.stoves).await;
        bake(&kitchen).await;
    }
}

/// Quick, but has to wait for `recount`, and blocks a worker meanwhile.
fn take_from(stock: &Mutex<u64>, order: u64) {
    *stock.lock() += order;
}

async fn cook(stoves: &Semaphore) {
    let Ok(_stove) = stoves.acquire().await else {
        return;
    };
    sleep(Duration::from_millis(10)).await;
}

async fn bake(kitchen: &Kitchen) {
    let Ok(_oven) = kitchen.ovens.get().await else {
        return;
    };
    sleep(Duration::from_millis(10)).await;
}

/// Counts everything with the stock locked.
fn recount(stock: &Mutex<u64>) {
    loop {
        let counting = stock.lock();
        thread::sleep(Duration::from_millis(20));
        drop(counting);
        thread::sleep(Duration::from_millis(30));
    }
}
