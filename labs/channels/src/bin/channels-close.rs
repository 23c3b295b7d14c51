//! Closing a channel: what was sent is still delivered, then the receiver hears that no more will come.
//!
//! `cargo run -p channels --bin channels-close`

use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // ANCHOR: drain
    let (orders, mut kitchen) = mpsc::channel::<&str>(4);

    orders.send("espresso").await.expect("the kitchen is open");
    orders.send("tea").await.expect("the kitchen is open");
    drop(orders); // the last sender is gone: this is what closes the channel

    while let Some(order) = kitchen.recv().await {
        println!("made: {order}");
    }
    println!("no more orders will come");
    // ANCHOR_END: drain

    // ANCHOR: refused
    let (orders, mut kitchen) = mpsc::channel::<&str>(4);
    kitchen.close(); // the receiver closes: new orders are refused, earlier ones could still be drained

    if let Err(refused) = orders.send("cake").await {
        println!("not taken, and handed back: {}", refused.0);
    }
    // ANCHOR_END: refused
}
