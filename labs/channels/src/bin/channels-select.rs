//! Waiting for whichever is first, and turning one of the sources off.
//!
//! `cargo run -p channels --bin channels-select`

use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (web_orders, mut web) = mpsc::channel::<u32>(8);
    let (phone_orders, mut phone) = mpsc::channel::<u32>(8);
    for number in 1..=3 {
        web_orders.send(number).await.expect("web is open");
        phone_orders
            .send(100 + number)
            .await
            .expect("phone is open");
    }
    drop((web_orders, phone_orders));

    // ANCHOR: select
    let (mut web_open, mut phone_open) = (true, true);
    while web_open || phone_open {
        tokio::select! {
            // `, if` switches a branch off, as assigning nil does in Go.
            order = web.recv(), if web_open => match order {
                Some(number) => println!("web order {number}"),
                None => web_open = false,
            },
            order = phone.recv(), if phone_open => match order {
                Some(number) => println!("phone order {number}"),
                None => phone_open = false,
            },
        }
    }
    println!("both closed");
    // ANCHOR_END: select
}
