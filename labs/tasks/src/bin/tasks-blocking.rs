//! One worker, and a lookup that blocks it: nobody else gets a turn until it returns.
//!
//! `cargo run -p tasks --bin tasks-blocking`

use std::thread;
use std::time::Duration;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    // ANCHOR: all
    let lookup = tokio::spawn(async {
        println!("lookup: begins");
        let found = look_up(7);
        println!("lookup: order {found}");
    });
    let bell = tokio::spawn(async { println!("bell: somebody goes to the door") });

    lookup.await.expect("the lookup does not panic");
    bell.await.expect("the bell does not panic");
    // ANCHOR_END: all
}

/// The archive is a file, and reading a file blocks the thread.
fn look_up(order: u32) -> u32 {
    thread::sleep(Duration::from_millis(20));
    order
}
