//! Tasks that belong together, tasks that are counted, and futures by hand.

use super::{explored, fault, options};
use gym::sync::oneshot;
use gym::task::{self, JoinSet, TaskTracker};
use gym::{Check, FaultKind, expect};
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

#[test]
fn a_set_is_joined_in_the_order_of_ends_and_all_orders_come() {
    let orders = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&orders);
    let check = Check::new().case("joined", move || {
        let seen = Arc::clone(&seen);
        async move {
            let mut set = JoinSet::new();
            for number in 1..=3 {
                set.spawn(async move {
                    task::yield_now().await;
                    number
                });
            }
            let mut ends = Vec::new();
            while let Some(end) = set.join_next().await {
                ends.push(end.expect("nobody aborts it"));
            }
            seen.lock().expect("no panic").insert(ends);
        }
    });
    explored(&check);
    assert_eq!(orders.lock().expect("no panic").len(), 6);
}

#[test]
fn a_set_aborts_what_it_drops() {
    let check = Check::new().case("aborted", || async {
        let (never, gone) = oneshot::channel::<()>();
        let mut set = JoinSet::new();
        set.spawn(async move {
            let _never = never;
            std::future::pending::<()>().await;
        });
        set.spawn(async {});
        let first = set.join_next().await;
        expect(
            first == Some(Ok(())),
            "one ends",
            || format!("{first:?}"),
            "",
        );
        drop(set);
        expect(gone.await.is_err(), "the other is dropped", String::new, "");
        let mut set = JoinSet::new();
        set.spawn(std::future::pending::<()>());
        set.shutdown().await;
        expect(set.is_empty(), "none is left", String::new, "");
    });
    explored(&check);
}

#[test]
fn a_tracker_waits_for_tasks_that_nobody_holds() {
    let check = |waits: bool| {
        Check::new().case("none is left behind", move || async move {
            let tracker = TaskTracker::new();
            let done = Arc::new(Mutex::new(0));
            for _ in 0..2 {
                let done = Arc::clone(&done);
                drop(tracker.spawn(async move {
                    task::yield_now().await;
                    *done.lock().expect("no panic") += 1;
                }));
            }
            tracker.close();
            if waits {
                tracker.wait().await;
            }
            let done = *done.lock().expect("no panic");
            expect(done == 2, "2 done", || format!("{done} done"), "");
        })
    };
    explored(&check(true));
    assert_eq!(
        fault(&check(false).run(&options())),
        (FaultKind::Expectation, "0 done")
    );
}

/// A door that somebody opens; a future by hand.
#[derive(Clone, Default)]
struct Door(Arc<Mutex<(bool, Option<Waker>)>>);

impl Door {
    fn open(&self) {
        let waker = {
            let mut door = self.0.lock().expect("no panic");
            door.0 = true;
            door.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

struct Passes {
    door: Door,
    leaves_its_waker: bool,
    polls: u32,
}

impl Future for Passes {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        self.polls += 1;
        let mut door = self.door.0.lock().expect("no panic");
        if door.0 {
            return Poll::Ready(self.polls);
        }
        if self.leaves_its_waker {
            door.1 = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

fn door(leaves_its_waker: bool) -> Check {
    Check::new().case("the guest comes in", move || async move {
        let door = Door::default();
        let guest = Passes {
            door: door.clone(),
            leaves_its_waker,
            polls: 0,
        };
        let guest = task::spawn_named("guest", guest);
        task::yield_now().await;
        door.open();
        let polls = guest.await.expect("nobody aborts it");
        expect(
            polls <= 2,
            "at most two polls",
            || format!("{polls} polls"),
            "",
        );
    })
}

#[test]
fn a_future_without_a_waker_waits_for_ever_and_is_named() {
    explored(&door(true));
    let verdict = door(false).run(&options());
    let (kind, observed) = fault(&verdict);
    assert_eq!(kind, FaultKind::Stuck);
    assert!(
        observed.contains("guest has returned `Pending`, and nobody is going to wake it"),
        "{observed}"
    );
}
