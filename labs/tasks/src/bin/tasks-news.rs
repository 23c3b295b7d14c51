//! Telling many: each piece of news to everybody, or the state as it is now.
//!
//! `cargo run -p tasks --bin tasks-news`

use tokio::sync::{broadcast, watch};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // ANCHOR: news
    let (news, mut packer) = broadcast::channel(2); // keeps two for who is slow
    let (price, mut shelf) = watch::channel(1);
    for number in 2..=4 {
        news.send(number).expect("somebody listens");
        price.send(number).expect("somebody looks");
    }
    drop((news, price));

    loop {
        match packer.recv().await {
            Ok(number) => println!("broadcast: {number}"),
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                println!("broadcast: missed {missed}");
            }
            Err(broadcast::error::RecvError::Closed) => break,
        }
    }
    while shelf.changed().await.is_ok() {
        println!("watch: {}", *shelf.borrow_and_update());
    }
    // ANCHOR_END: news
}
