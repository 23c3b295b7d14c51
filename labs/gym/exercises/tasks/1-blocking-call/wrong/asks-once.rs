//! Waits once, and takes the printer to be warm then.

use gym::time::{self, Duration, Instant};

/// How long to wait before the printer is asked again.
const AGAIN: Duration = Duration::from_millis(5);

/// A printer that has to warm up.
pub struct Printer {
    warm: Instant,
}

impl Printer {
    pub fn warm_after(time: Duration) -> Printer {
        Printer {
            warm: Instant::now() + time,
        }
    }

    /// Answers at once.
    pub fn is_ready(&self) -> bool {
        Instant::now() >= self.warm
    }
}

/// The label for an order.
pub async fn label(order: u32, printer: &Printer) -> String {
    let address = address(order).await;
    print(&address, printer).await
}

/// Asks the database.
async fn address(order: u32) -> String {
    time::sleep(Duration::from_millis(1)).await;
    format!("customer of order {order}")
}

async fn print(address: &str, printer: &Printer) -> String {
    wait_until_ready(printer).await;
    format!("To the {address}")
}

async fn wait_until_ready(printer: &Printer) {
    if !printer.is_ready() {
        time::sleep(AGAIN).await;
    }
}
