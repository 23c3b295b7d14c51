//! Takes the next order and packs it, all under the lock.

use gym::sync::{Mutex, mpsc};
use gym::task::JoinSet;
use std::sync::Arc;

/// Packs every order with `packers` tasks.
pub async fn pack_all<P, F>(orders: mpsc::Receiver<u32>, packers: usize, pack: P)
where
    P: Fn(u32) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let orders = Arc::new(Mutex::new(orders));
    let mut pool = JoinSet::new();
    for _ in 0..packers {
        let (orders, pack) = (Arc::clone(&orders), pack.clone());
        pool.spawn(async move {
            while let Some(order) = orders.lock().await.recv().await {
                pack(order).await;
            }
        });
    }
    while pool.join_next().await.is_some() {}
}
