//! A task whose awaits are always ready still lets others go first, now and then.
//!
//! `cargo run -p tasks --bin tasks-budget`

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (orders, mut packer) = mpsc::channel(1_000);
    for order in 0..1_000 {
        orders
            .try_send(order)
            .expect("there is room for a thousand");
    }
    drop(orders);

    // ANCHOR: budget
    let packed = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&packed);
    let all = tokio::spawn(async move {
        // There is always an order: no `recv` ever has to wait.
        while packer.recv().await.is_some() {
            packed.fetch_add(1, Ordering::Relaxed);
        }
    });
    let bell = tokio::spawn(async move { seen.load(Ordering::Relaxed) });
    // ANCHOR_END: budget

    let at_the_bell = bell.await.expect("does not panic");
    println!("packed when somebody went to the door: {at_the_bell}");
    all.await.expect("does not panic");
}
