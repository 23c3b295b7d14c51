//! Calling an async function runs none of it.
//!
//! `cargo run -p tasks --bin tasks-lazy`

// ANCHOR: lazy
async fn send_receipt(order: u32) {
    tokio::task::yield_now().await;
    println!("receipt of order {order} is sent");
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let receipt = send_receipt(7);
    println!("called");
    receipt.await;
    println!("awaited");
}
// ANCHOR_END: lazy
