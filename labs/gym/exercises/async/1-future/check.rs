//! What a future owes to who polls it.

use super::exercise::Bell;
use gym::{Check, expect, note, task};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

const NOBODY_WAKES: &str = "The bell has been rung, and the clerk still waits. `Pending` is a promise: somebody will call the waker of \
     this poll. Either the waker was not left for `ring`, or it came after `ring` had looked, or it is an older one.";

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("rung before anybody waits", before)
        .case("rung at any moment", any_moment)
        .when_stuck(NOBODY_WAKES)
        .case("another task may wait in the end", another)
        .when_stuck(NOBODY_WAKES)
}

async fn before() {
    let bell = Bell::new();
    bell.ring();
    bell.ring();
    bell.rung().await;
    bell.rung().await;
}

async fn any_moment() {
    let bell = Bell::new();
    let rung = bell.rung();
    let clerk = task::spawn_named("clerk", async move {
        let mut rung = pin!(rung);
        let mut polls = 0;
        poll_fn(|context| {
            polls += 1;
            expect(
                polls <= 2,
                "one poll to look, and one when the bell was rung",
                || format!("{polls} polls"),
                "Only `ring` has a reason to call the waker. A future that wakes itself is never late, and keeps a processor busy.",
            );
            rung.as_mut().poll(context)
        })
        .await;
        note("goes to the door");
    });
    bell.ring();
    note("has rung");
    task::join_all([clerk]).await;
}

async fn another() {
    let bell = Bell::new();
    let mut rung = Box::pin(bell.rung());
    let polled = poll_fn(|context| Poll::Ready(rung.as_mut().poll(context))).await;
    expect(
        polled.is_pending(),
        "nobody has rung yet",
        || "the future was ready".to_owned(),
        "It is ready when the bell has been rung.",
    );
    note("has looked, and lets the clerk wait");
    let clerk = task::spawn_named("clerk", rung);
    task::yield_now().await;
    bell.ring();
    note("has rung");
    task::join_all([clerk]).await;
}
