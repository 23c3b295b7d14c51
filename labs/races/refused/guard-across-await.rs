use std::sync::{Arc, Mutex};

/// Asks for what `tokio::spawn` asks for.
fn spawn(_task: impl Future<Output = ()> + Send + 'static) {}

async fn payment() {}

fn main() {
    let stock = Arc::new(Mutex::new(1));
    // ANCHOR: guard
    spawn(async move {
        let mut stock = stock.lock().expect("nobody has panicked");
        payment().await;
        *stock -= 1;
    });
    // ANCHOR_END: guard
}
