//! Two threads count orders. Each single step is atomic, and yet orders are lost.
//!
//! `cargo run -p races --bin races-lost-update`

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

const ORDERS: u64 = 20_000_000;

fn main() {
    let counted = two_threads(|total| {
        // ANCHOR: lost
        let seen = total.load(Ordering::Relaxed);
        total.store(seen + 1, Ordering::Relaxed); // whatever was counted in between is gone
        // ANCHOR_END: lost
    });
    println!("load, then store: {counted} of {}", 2 * ORDERS);

    let counted = two_threads(|total| {
        // ANCHOR: kept
        total.fetch_add(1, Ordering::Relaxed);
        // ANCHOR_END: kept
    });
    println!("fetch_add: {counted} of {}", 2 * ORDERS);
}

fn two_threads(count: impl Fn(&AtomicU64) + Sync) -> u64 {
    let (total, both) = (AtomicU64::new(0), Barrier::new(2));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                both.wait(); // neither is done before the other begins
                (0..ORDERS).for_each(|_| count(&total));
            });
        }
    });
    total.into_inner()
}
