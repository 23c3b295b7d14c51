//! Waiting for whichever is first, and turning one of the sources off.
//!
//! `cargo run -p channels --bin channels-select`

/// What the module takes its primitives from.
mod prims {
    pub(crate) use tokio::select;
    pub(crate) use tokio::sync::mpsc;
}
#[path = "../both.rs"]
mod both;

use prims::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (web_orders, web) = mpsc::channel::<u32>(8);
    let (phone_orders, phone) = mpsc::channel::<u32>(8);
    for number in 1..=3 {
        web_orders.send(number).await.expect("web is open");
        phone_orders
            .send(100 + number)
            .await
            .expect("phone is open");
    }
    drop((web_orders, phone_orders));

    both::both(web, phone, |source, number| {
        println!("{source} order {number}");
    })
    .await;
    println!("both closed");
}
