//! A task that was woken last runs next, on the worker that woke it, and no other worker may take it.
//!
//! `cargo run -p tasks --bin tasks-slot`

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::worker_index;
use tokio::sync::Notify;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // ANCHOR: slot
    let packed = Arc::new(Notify::new());
    let news = Arc::clone(&packed);
    let courier = tokio::spawn(async move {
        news.notified().await;
        println!("courier: goes");
        worker_index()
    });
    let packer = tokio::spawn(async move {
        tokio::task::yield_now().await;
        packed.notify_one(); // the courier could go now, and one worker is idle
        thread::sleep(Duration::from_millis(20));
        println!("packer: has also swept the floor");
        worker_index()
    });
    // ANCHOR_END: slot
    let (courier, packer) = (courier.await, packer.await);
    let same = courier.expect("does not panic") == packer.expect("does not panic");
    println!("on the same worker: {same}");
}
