//! Drains, and then closes: what arrives between the two is lost.

use gym::sync::mpsc;

pub async fn close(mut orders: mpsc::Receiver<u32>) -> Vec<u32> {
    let mut packed = Vec::new();
    while let Ok(order) = orders.try_recv() {
        packed.push(order);
    }
    orders.close();
    packed
}
