//! What the archive promises to those who ask, and to those who don't.

use super::exercise::Archive;
use gym::time::{self, Duration};
use gym::{Check, expect, note, task, thread};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

const LADDERS: usize = 2;

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("a call blocks no worker", one)
        .case("never more calls than ladders", three)
        .when_stuck("Somebody waits for a ladder that nobody brings back: a permit has to be dropped when its call ends.")
        .case("who gives up leaves the call behind, not the ladder", gives_up)
        .when_stuck("Somebody waits for a ladder that nobody brings back: a permit has to be dropped when its call ends.")
}

/// An archive that counts how many calls are under way. That is counted beside the archive: looking at it is no step.
fn archive() -> Arc<Archive> {
    let calls = AtomicUsize::new(0);
    Arc::new(Archive::new(LADDERS, move |order| {
        let now = calls.fetch_add(1, SeqCst) + 1;
        note(format!("goes up a ladder for order {order}"));
        expect(
            now <= LADDERS,
            "at most 2 calls at once",
            || format!("{now} calls at once"),
            "There are two ladders. A call that has begun stands on its own until it ends, whoever still waits for it.",
        );
        thread::sleep(Duration::from_millis(10));
        calls.fetch_sub(1, SeqCst);
        format!("record of order {order}")
    }))
}

async fn one() {
    let record = archive().find(7).await;
    expect(
        record == "record of order 7",
        "the record of order 7",
        || format!("{record:?}"),
        "What is found is what is returned.",
    );
}

async fn three() {
    let archive = archive();
    let customers = [1, 2, 3].map(|order| {
        let archive = Arc::clone(&archive);
        task::spawn_named(format!("customer {order}"), async move {
            archive.find(order).await
        })
    });
    let records = task::join_all(customers).await;
    for (order, record) in (1..).zip(records) {
        expect(
            record == Ok(format!("record of order {order}")),
            "each customer gets the record of their own order",
            || format!("customer {order}: {record:?}"),
            "Nobody is refused: who finds no ladder waits.",
        );
    }
}

async fn gives_up() {
    let archive = archive();
    for order in [1, 2] {
        let waited = time::timeout(Duration::from_millis(1), archive.find(order)).await;
        expect(
            waited.is_err(),
            "a lookup takes longer than this customer waits",
            || format!("{waited:?}"),
            "The call itself takes 10 ms.",
        );
        note("gives up waiting");
    }
    let record = archive.find(3).await;
    expect(
        record == "record of order 3",
        "the next customer gets a record",
        || format!("{record:?}"),
        "As soon as one of the two calls ends, there is a ladder again.",
    );
}
