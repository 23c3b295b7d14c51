//! A future that is polled by several `select!`s, one after the other, has to stay where it is.
//!
//! `cargo run -p tasks --bin tasks-pin`

use std::pin::pin;

use tokio::task::yield_now;

async fn look_up(order: u32) -> String {
    let text = format!("order {order}");
    let record = &text; // a reference into the future itself
    for _ in 0..2 {
        yield_now().await;
    }
    record.clone()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // ANCHOR: pin
    let mut lookup = pin!(look_up(7));
    let record = loop {
        tokio::select! {
            biased; // the lookup first
            record = &mut lookup => break record,
            () = yield_now() => println!("still waiting"),
        }
    };
    println!("{record}");
    // ANCHOR_END: pin
}
