//! With a bound that nobody waits for: what does not fit is refused at once, and handed back.
//!
//! `cargo run -p channels --bin channels-refuses`

use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // ANCHOR: full
    let (orders, mut packer) = mpsc::channel::<u32>(2);

    let writer = tokio::spawn(async move {
        for number in 1..=5 {
            match orders.try_send(number) {
                Ok(()) => println!("order {number} is on the shelf"),
                Err(refused) => println!("order {} is refused", refused.into_inner()),
            }
        }
    });
    while let Some(number) = packer.recv().await {
        println!("order {number} is packed");
    }
    // ANCHOR_END: full
    writer.await.expect("the writer does not panic");
}
