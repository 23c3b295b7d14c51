//! Get or insert: one step, or two that look like one.
//!
//! `cargo run -p maps --bin maps-entry`

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Barrier, Mutex, RwLock};
use std::thread;

use dashmap::DashMap;

/// How often a price was found out, which takes a call to the supplier.
static ASKED: AtomicU32 = AtomicU32::new(0);

fn ask(product: &str) -> u32 {
    ASKED.fetch_add(1, Ordering::Relaxed);
    product.len() as u32
}

// ANCHOR: one_step
fn one_step(prices: &Mutex<HashMap<String, u32>>, product: &str) -> u32 {
    let mut prices = prices.lock().expect("nobody panics");
    *prices
        .entry(product.to_owned())
        .or_insert_with(|| ask(product)) // under the lock, if it must
}
// ANCHOR_END: one_step

// ANCHOR: two_steps
fn two_steps(prices: &RwLock<HashMap<String, u32>>, product: &str) -> u32 {
    if let Some(price) = prices.read().expect("nobody panics").get(product) {
        return *price;
    }
    // Here nobody has the lock, so look again: `entry` does.
    let mut prices = prices.write().expect("nobody panics");
    *prices
        .entry(product.to_owned())
        .or_insert_with(|| ask(product))
}
// ANCHOR_END: two_steps

// ANCHOR: sharded
fn sharded(prices: &DashMap<String, u32>, product: &str) -> u32 {
    // The entry keeps its shard locked until the end of the statement.
    *prices
        .entry(product.to_owned())
        .or_insert_with(|| ask(product))
}
// ANCHOR_END: sharded

fn main() {
    let (locked, shared, shards) = (Mutex::default(), RwLock::default(), DashMap::new());
    at_once("one lock", || one_step(&locked, "teapot"));
    at_once("read, then write", || two_steps(&shared, "teapot"));
    at_once("sharded", || sharded(&shards, "teapot"));
}

/// Four threads want the same price in the same moment.
fn at_once(name: &str, price: impl Fn() -> u32 + Sync) {
    ASKED.store(0, Ordering::Relaxed);
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                start.wait();
                assert_eq!(price(), 6);
            });
        }
    });
    println!("{name}: asked {}×", ASKED.load(Ordering::Relaxed));
}
