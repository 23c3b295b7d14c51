//! Some named tasks, one of which is stuck, and what a dump tells of them:
//! `cargo run -p collect --example tasks`; with `2` behind `--`, task by task.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, oneshot};
use tokio::time::{sleep, timeout};

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), collect::Error> {
    let debug = std::env::args().nth(1).and_then(|arg| arg.parse().ok());
    let (orders, kitchen) = sync::channel::<u32>("orders", 0);
    let till = Arc::new(Mutex::new(0));
    let closing = till.lock().await;

    for number in 1..=3 {
        sync::spawn(format!("cook {number}"), cook(kitchen.clone()));
    }
    for _ in 0..100 {
        sync::spawn("customer", queue(Arc::clone(&till)));
    }
    sync::spawn("clock", async {
        loop {
            sleep(Duration::from_mins(1)).await;
        }
    });
    // What must not be: it keeps a thread of the runtime from all other tasks.
    let (began, blocks) = oneshot::channel();
    sync::spawn("accounts", async move {
        let _ = began.send(());
        std::thread::sleep(Duration::from_secs(2));
    });
    blocks.await.expect("the task says so before anything else");

    let dump = collect::tasks::dump(Duration::from_millis(500)).await?;
    println!("{}", dump.text(debug.unwrap_or(1)));
    for task in dump.stuck() {
        println!("stuck: {:?}, started at {}", task.name, task.location);
    }
    drop((orders, closing));
    Ok(())
}

async fn cook(kitchen: sync::Receiver<u32>) {
    while let Some(order) = kitchen.recv().await {
        sleep(Duration::from_millis(u64::from(order))).await;
    }
}

async fn queue(till: Arc<Mutex<u32>>) {
    let patience = Duration::from_secs(30);
    if let Ok(mut sales) = timeout(patience, till.lock()).await {
        *sales += 1;
    }
}
