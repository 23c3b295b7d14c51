//! Handing data over with a flag: what is written before the flag is seen by whoever sees the flag.
//!
//! `cargo run -p atomics --bin atomics-publish`

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

// ANCHOR: publish
static PRICE: AtomicU64 = AtomicU64::new(0);
static IS_SET: AtomicBool = AtomicBool::new(false);

fn set() {
    PRICE.store(42, Ordering::Relaxed);
    IS_SET.store(true, Ordering::Release); // what stands above happens before …
}

fn get() -> Option<u64> {
    if !IS_SET.load(Ordering::Acquire) {
        return None;
    }
    Some(PRICE.load(Ordering::Relaxed)) // … what stands below an Acquire that saw it
}
// ANCHOR_END: publish

fn main() {
    thread::scope(|scope| {
        scope.spawn(set);
        let price = loop {
            if let Some(price) = get() {
                break price;
            }
            thread::yield_now();
        };
        println!("the price is {price}");
    });
}
