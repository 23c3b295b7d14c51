//! What a rendezvous promises.

use super::exercise::{Closed, rendezvous};
use gym::{Check, expect, note, task};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("`send` returns when the order is taken", one_order)
        .when_stuck("A hand-over needs both sides to go on: the receiver with the order, and the sender with its answer.")
        .case("an order that nobody takes is no success", nobody)
        .when_stuck("The receiver is gone, and `send` still waits for its answer. Whoever waits has to hear that no answer will come.")
        .case("two writers, each with a hand-over of its own", two_writers)
        .when_stuck("One of the writers waits for ever: its answer went to the other one, or to nobody.")
        .case("the end: `None` when all senders are gone", the_end)
        .when_stuck("All senders are dropped, and `recv` still waits. Something keeps a sender alive.")
}

async fn one_order() {
    let (orders, mut shelf) = rendezvous();
    // Counted beside the channel: looking at it is no step.
    let taken = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&taken);
    let writer = task::spawn_named("writer", async move {
        let sent = orders.send(1).await;
        note("send has returned");
        expect(
            sent == Ok(()),
            "`send` of an order that is taken returns `Ok`",
            || format!("{sent:?}"),
            "The packer has the order: the sender should hear of it.",
        );
        expect(
            seen.load(SeqCst) == 1,
            "when `send` returns, the packer has the order",
            || "`send` returned, and the packer had nothing yet".to_owned(),
            "The order lies in the channel's buffer: there was room, so `send` did not wait for anybody. Even a channel of \
             capacity 1 is a shelf.",
        );
    });
    let order = shelf.recv().await;
    taken.fetch_add(1, SeqCst);
    note("has the order");
    expect(
        order == Some(1),
        "the packer gets order 1",
        || format!("{order:?}"),
        "What was sent is what is received.",
    );
    task::join_all([writer]).await;
}

async fn nobody() {
    let (orders, shelf) = rendezvous();
    let writer = task::spawn_named("writer", async move { orders.send(1).await });
    drop(shelf);
    note("goes home");
    for sent in task::join_all([writer]).await {
        expect(
            sent == Ok(Err(Closed)),
            "`send` returns `Err(Closed)`",
            || "`send` returned `Ok(())`, and nobody ever took it".to_owned(),
            "The receiver was dropped with the order still in the channel. If the answer can't come any more, the wait for it ends \
             with an error: pass that on.",
        );
    }
}

async fn two_writers() {
    let (orders, mut shelf) = rendezvous();
    let taken = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let writers = ["writer 1", "writer 2"].into_iter().enumerate().map(|(number, name)| {
        let (orders, taken) = (orders.clone(), Arc::clone(&taken));
        task::spawn_named(name, async move {
            let sent = orders.send(number).await;
            note("send has returned");
            expect(
                sent != Ok(()) || taken[number].load(SeqCst) == 1,
                "each `send` returns when its own order is taken",
                || format!("`send` returned to {name}, whose order nobody had taken"),
                "The answer was meant for the other writer. An answer has to find the one who waits for it.",
            );
        })
    });
    let writers: Vec<_> = writers.collect();
    drop(orders);
    for _ in 0..2 {
        let order = shelf.recv().await;
        expect(
            order.is_some(),
            "two orders arrive",
            || "one did not".to_owned(),
            "No order may be lost.",
        );
        if let Some(order) = order {
            taken[order].fetch_add(1, SeqCst);
            note(format!("has the order of writer {}", order + 1));
        }
    }
    task::join_all(writers).await;
}

async fn the_end() {
    let (orders, mut shelf) = rendezvous::<u32>();
    let writer = task::spawn_named("writer", async move { drop(orders) });
    let order = shelf.recv().await;
    expect(
        order.is_none(),
        "`recv` returns `None`",
        || format!("{order:?}"),
        "All senders are gone, and nothing was sent.",
    );
    task::join_all([writer]).await;
}
