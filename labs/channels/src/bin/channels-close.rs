//! Closing a channel: what was sent is still delivered, then the receiver hears that no more will come.
//!
//! `cargo run -p channels --bin channels-close`

use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // ANCHOR: drain
    let (orders, mut packer) = mpsc::channel::<&str>(4);

    orders.send("teapot").await.expect("the packer is there");
    orders.send("tea towel").await.expect("the packer is there");
    drop(orders); // the last sender: this closes the channel

    while let Some(order) = packer.recv().await {
        println!("packed: {order}");
    }
    println!("no more orders will come");
    // ANCHOR_END: drain

    // ANCHOR: refused
    let (orders, mut packer) = mpsc::channel::<&str>(4);
    packer.close(); // from here on sends fail; what was sent could still be received

    if let Err(refused) = orders.send("sugar bowl").await {
        println!("not taken, and handed back: {}", refused.0);
    }
    // ANCHOR_END: refused
}
