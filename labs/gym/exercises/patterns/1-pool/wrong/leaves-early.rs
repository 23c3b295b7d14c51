//! Returns when the channel is empty and closed.

use gym::sync::{Mutex, Notify, mpsc};
use gym::task;
use std::sync::Arc;

/// Packs every order with `packers` tasks.
pub async fn pack_all<P, F>(orders: mpsc::Receiver<u32>, packers: usize, pack: P)
where
    P: Fn(u32) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let orders = Arc::new(Mutex::new(orders));
    let empty = Arc::new(Notify::new());
    for _ in 0..packers {
        let (orders, pack, empty) = (Arc::clone(&orders), pack.clone(), Arc::clone(&empty));
        task::spawn(async move {
            loop {
                let order = orders.lock().await.recv().await;
                let Some(order) = order else {
                    return empty.notify_one();
                };
                pack(order).await;
            }
        });
    }
    empty.notified().await;
}
