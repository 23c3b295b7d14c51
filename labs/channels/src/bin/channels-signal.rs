//! A channel that carries no data, only the news that something happened; closing it twice is harmless.
//!
//! `cargo run -p channels --bin channels-signal`

use tokio::sync::{mpsc, watch};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // ANCHOR: signal
    let (closing, closed) = watch::channel(false);
    let (orders, mut counter) = mpsc::channel::<u32>(1);

    let shop = tokio::spawn({
        let mut closed = closed.clone();
        async move {
            let mut taken = 0;
            loop {
                tokio::select! {
                    biased; // look at the signal first, so that no order is taken after closing
                    _ = closed.wait_for(|yes| *yes) => break taken,
                    order = counter.recv() => match order {
                        Some(_) => taken += 1,
                        None => break taken,
                    },
                }
            }
        }
    });

    orders.send(1).await.expect("the shop is open");
    orders.send(2).await.expect("the shop is open"); // there is room again: the first one was taken
    orders.reserve().await.expect("the shop is open"); // and now the second one
    closing.send_replace(true);
    closing.send_replace(true); // closing twice changes nothing; Go's close() would panic here
    println!(
        "orders taken before closing: {}",
        shop.await.expect("the shop does not panic")
    );
    // ANCHOR_END: signal
}
