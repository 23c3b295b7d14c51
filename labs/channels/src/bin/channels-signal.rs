//! A channel that carries no data, only the news that something happened; closing it twice is harmless.
//!
//! `cargo run -p channels --bin channels-signal`

use tokio::sync::{mpsc, watch};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // ANCHOR: signal
    let (closing, mut closed) = watch::channel(false);
    let (orders, mut incoming) = mpsc::channel::<u32>(1);

    let shop = tokio::spawn(async move {
        let mut taken = 0;
        loop {
            tokio::select! {
                biased; // the signal first: nothing is taken after closing
                _ = closed.wait_for(|yes| *yes) => break taken,
                order = incoming.recv() => match order {
                    Some(_) => taken += 1,
                    None => break taken,
                },
            }
        }
    });

    // Each send waits until the order before it has been taken.
    for order in 1..=3 {
        orders.send(order).await.expect("the shop is open");
    }
    // The third lies in the channel when the shop closes.
    closing.send_replace(true);
    closing.send_replace(true); // no harm; a second close() panics in Go

    let taken = shop.await.expect("the shop does not panic");
    println!("orders sent: 3, taken before closing: {taken}");
    // ANCHOR_END: signal
}
