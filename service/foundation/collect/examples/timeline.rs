//! A second of a kitchen as a timeline: `cargo run -p collect --example timeline -- kitchen.json`, then open the file in
//! <https://ui.perfetto.dev> or `chrome://tracing`.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

#[tokio::main(worker_threads = 2)]
async fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1);
    let path = path.unwrap_or_else(|| "timeline.json".to_owned());
    let (orders, kitchen) = sync::channel::<u64>("orders", 2);
    let stoves = Arc::new(sync::Semaphore::new("stoves", 1));
    for number in 1..=3 {
        let (kitchen, stoves) = (kitchen.clone(), Arc::clone(&stoves));
        sync::spawn(format!("cook {number}"), async move {
            while let Some(order) = kitchen.recv().await {
                let Ok(_stove) = stoves.acquire().await else {
                    return;
                };
                sleep(Duration::from_millis(order)).await;
            }
        });
    }
    sync::spawn("guests", async move {
        for order in (1..30).cycle() {
            if orders.send(order).await.is_err() {
                return;
            }
        }
    });

    let timeline = collect::timeline::capture(Duration::from_secs(1)).await;
    std::fs::write(&path, timeline.chrome_json())?;
    let (events, dropped) = (timeline.events(), timeline.dropped());
    println!("{path}: {events} events, {dropped} before them");
    Ok(())
}
