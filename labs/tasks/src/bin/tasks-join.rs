//! Three ways to wait for two things.
//!
//! `cargo run -p tasks --bin tasks-join`

use tokio::task::yield_now;

/// Says so when it is dropped before it is done.
struct Errand(&'static str, bool);

impl Drop for Errand {
    fn drop(&mut self) {
        if !self.1 {
            println!("  {}: given up", self.0);
        }
    }
}

async fn fetch(what: &'static str, steps: u32) -> &'static str {
    let mut errand = Errand(what, false);
    println!("  {what}: begins");
    for _ in 0..steps {
        yield_now().await;
    }
    println!("  {what}: here");
    errand.1 = true;
    what
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // ANCHOR: ways
    println!("one after the other");
    fetch("tea", 2).await;
    fetch("cup", 1).await;

    println!("join: both, in this task");
    tokio::join!(fetch("tea", 2), fetch("cup", 1));

    println!("spawn: a task of its own");
    let tea = tokio::spawn(fetch("tea", 2));
    fetch("cup", 1).await;
    tea.await.expect("does not panic");

    println!("select: whichever is first");
    tokio::select! {
        biased; // polled in this order
        _ = fetch("tea", 2) => {}
        _ = fetch("cup", 1) => {}
    }
    // ANCHOR_END: ways
}
