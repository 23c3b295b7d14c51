//! A loop that is interrupted and loses nothing.

use super::exercise::pack;
use gym::sync::{mpsc, oneshot};
use gym::{Check, expect, note, task};

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("two orders are a parcel", two_orders)
        .when_stuck("All orders are sent and the channel is closed; the packer should end.")
        .case("a question between two orders", between)
        .when_stuck("Somebody asked while one order was waiting for a second, and got no answer. The second order comes after the answer.")
        .case("a question at any moment", at_any_moment)
        .when_stuck("The packer does not end, or does not answer.")
}

async fn two_orders() {
    let ((orders, taken), (ask, questions)) = (mpsc::channel(4), mpsc::channel(1));
    let packer = task::spawn_named("packer", pack(taken, questions));
    for order in 1..=4 {
        let _ = orders.send(order).await;
    }
    drop((orders, ask));
    parcels(
        packer,
        &[(1, 2), (3, 4)],
        "Orders are packed in the order in which they come.",
    )
    .await;
}

async fn between() {
    let ((orders, taken), (ask, questions)) = (mpsc::channel(1), mpsc::channel(1));
    let packer = task::spawn_named("packer", pack(taken, questions));
    let _ = orders.send(1).await;
    let answered = question(&ask).await;
    note("has the answer");
    expect(
        answered == Some(0),
        "no parcel so far",
        || format!("{answered:?}"),
        "One order is no parcel.",
    );
    let _ = orders.send(2).await;
    drop((orders, ask));
    parcels(
        packer,
        &[(1, 2)],
        "Order 1 had been taken out of the channel when the question came. The future that held it was dropped, and the order with it.",
    )
    .await;
}

async fn at_any_moment() {
    let ((orders, taken), (ask, questions)) = (mpsc::channel(2), mpsc::channel(1));
    let packer = task::spawn_named("packer", pack(taken, questions));
    let customer = task::spawn_named("customer", async move { question(&ask).await });
    let _ = orders.send(1).await;
    let _ = orders.send(2).await;
    drop(orders);
    task::join_all([customer]).await;
    parcels(
        packer,
        &[(1, 2)],
        "A question is no reason to lose an order.",
    )
    .await;
}

async fn question(ask: &mpsc::Sender<oneshot::Sender<usize>>) -> Option<usize> {
    let (answer, answered) = oneshot::channel();
    ask.send(answer).await.ok()?;
    answered.await.ok()
}

async fn parcels(packer: task::JoinHandle<Vec<(u32, u32)>>, right: &[(u32, u32)], why: &str) {
    let found = packer.await.unwrap_or_default();
    expect(
        found == right,
        &format!("the parcels {right:?}"),
        || format!("{found:?}"),
        why,
    );
}
