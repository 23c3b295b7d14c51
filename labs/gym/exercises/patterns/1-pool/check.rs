//! What a pool promises: all of it, not too much at once, and not too little.

use super::exercise::pack_all;
use gym::sync::{Barrier, mpsc};
use gym::{Check, expect, task};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("every order is packed when it returns", all)
        .when_stuck("All orders are sent and the channel is closed; the pool should end.")
        .case("never more than two at once", not_too_many)
        .when_stuck("All orders are sent and the channel is closed; the pool should end.")
        .case("two at once, if there is work for two", both_work)
        .when_stuck(
            "The first packer waits for the second, who never begins. Somebody keeps the lock while he packs: in `while let Some(order) = \
             orders.lock().await.recv().await { … }` the guard lives until the end of the block.",
        )
}

async fn orders(count: u32) -> mpsc::Receiver<u32> {
    let (sender, orders) = mpsc::channel(3);
    for order in 1..=count {
        let _ = sender.send(order).await;
    }
    orders
}

async fn all() {
    let packed = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&packed);
    let pack = move |_| {
        let seen = Arc::clone(&seen);
        async move {
            task::yield_now().await;
            seen.fetch_add(1, SeqCst);
        }
    };
    pack_all(orders(2).await, 2, pack).await;
    let packed = packed.load(SeqCst);
    expect(
        packed == 2,
        "2 orders packed",
        || format!("{packed}"),
        "The channel was empty, and an order was still in somebody's hands. Who takes an order has to be waited for.",
    );
}

async fn not_too_many() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let highest = Arc::clone(&most);
    let pack = move |_| {
        let (now, most) = (Arc::clone(&now), Arc::clone(&highest));
        async move {
            most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
            task::yield_now().await;
            now.fetch_sub(1, SeqCst);
        }
    };
    pack_all(orders(3).await, 2, pack).await;
    let most = most.load(SeqCst);
    expect(
        most <= 2,
        "at most 2 orders are packed at once",
        || format!("{most}"),
        "A task for each order has no bound: a busy day makes a hundred thousand of them, and each wants a table.",
    );
}

async fn both_work() {
    let meet = Arc::new(Barrier::new(2));
    let pack = move |_| {
        let meet = Arc::clone(&meet);
        async move {
            meet.wait().await;
        }
    };
    pack_all(orders(2).await, 2, pack).await;
}
