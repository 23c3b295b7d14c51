//! Three ways to do ten things, at most three at a time. What differs is who holds the line.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

async fn pack(order: u32) -> u32 {
    sleep(Duration::from_millis(u64::from(10 - order))).await;
    order
}

// ANCHOR: tickets
/// A ticket for each place. Ten tasks exist, and three of them work.
async fn with_tickets() -> Vec<u32> {
    let tickets = Arc::new(Semaphore::new(3));
    let mut packers = JoinSet::new();
    for order in 0..10 {
        let tickets = Arc::clone(&tickets);
        packers.spawn(async move {
            let _ticket = tickets.acquire().await;
            pack(order).await
        });
    }
    packers.join_all().await
}
// ANCHOR_END: tickets

// ANCHOR: unordered
/// Three futures at a time, in this task. Whoever is done first comes out first.
async fn as_they_come() -> Vec<u32> {
    stream::iter(0..10)
        .map(pack)
        .buffer_unordered(3)
        .collect()
        .await
}
// ANCHOR_END: unordered

// ANCHOR: ordered
/// The same, and each waits for its turn to come out.
async fn in_order() -> Vec<u32> {
    stream::iter(0..10).map(pack).buffered(3).collect().await
}
// ANCHOR_END: ordered

#[tokio::main]
async fn main() {
    let sorted = |mut orders: Vec<u32>| {
        orders.sort_unstable();
        orders
    };
    println!("tickets, sorted: {:?}", sorted(with_tickets().await));
    println!("as they come, sorted: {:?}", sorted(as_they_come().await));
    println!("in order: {:?}", in_order().await);
}
