//! With a bound: the writer waits while the shelf is full.
//!
//! `cargo run -p channels --bin channels-waits`

use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // ANCHOR: full
    let (orders, mut packer) = mpsc::channel::<u32>(2);

    let writer = tokio::spawn(async move {
        for number in 1..=5 {
            orders.send(number).await.expect("the packer is there");
            println!("order {number} is on the shelf");
        }
    });
    while let Some(number) = packer.recv().await {
        println!("order {number} is packed");
    }
    // ANCHOR_END: full
    writer.await.expect("the writer does not panic");
}
