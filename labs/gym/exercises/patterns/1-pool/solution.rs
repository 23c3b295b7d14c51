//! A few packers share one channel of orders.
//!
//! tokio's `mpsc` has one receiver. Several tasks can share it behind a lock: whoever has the lock waits for the next order.

//: solution
use gym::sync::{Mutex, mpsc};
use gym::task::JoinSet;
use std::sync::Arc;
//: starter
//| use gym::sync::mpsc;
//| use gym::task;
//: end

/// Packs every order with `packers` tasks, and returns when the last one is packed.
pub async fn pack_all<P, F>(orders: mpsc::Receiver<u32>, packers: usize, pack: P)
where
    P: Fn(u32) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    //: solution
    let orders = Arc::new(Mutex::new(orders));
    let mut pool = JoinSet::new();
    for _ in 0..packers {
        let (orders, pack) = (Arc::clone(&orders), pack.clone());
        pool.spawn(async move {
            loop {
                // The lock is given back at the end of this line, before the work.
                let order = orders.lock().await.recv().await;
                let Some(order) = order else { return };
                pack(order).await;
            }
        });
    }
    while pool.join_next().await.is_some() {}
    //: starter
    //| // As many tasks as there are orders, and nobody waits for them.
    //| let _ = packers;
    //| let mut orders = orders;
    //| while let Some(order) = orders.recv().await {
    //|     task::spawn(pack(order));
    //| }
    //: end
}
