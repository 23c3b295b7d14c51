//! A task that was started or woken last runs next, on the same worker, and no other worker may take it.
//!
//! `cargo run -p tasks --bin tasks-slot`

use std::thread;
use std::time::Duration;

use tokio::runtime::worker_index;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // ANCHOR: slot
    let packer = tokio::spawn(async {
        let courier = tokio::spawn(async {
            println!("courier: goes");
            worker_index()
        });
        thread::sleep(Duration::from_millis(20)); // the other worker is idle
        println!("packer: has also swept the floor");
        (worker_index(), courier)
    });
    // ANCHOR_END: slot
    let (packers, courier) = packer.await.expect("the packer does not panic");
    let couriers = courier.await.expect("the courier does not panic");
    println!("on the same worker: {}", packers == couriers);
}
