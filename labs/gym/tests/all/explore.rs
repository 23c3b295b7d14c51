//! Orders of steps, and what is said of them.

use super::{explored, fault, options};
use gym::sync::atomic::{AtomicUsize, Ordering};
use gym::sync::{Mutex, Notify, mpsc, oneshot};
use gym::time::{Duration, Instant, sleep, timeout};
use gym::{Check, FaultKind, Options, expect, task};
use std::sync::Arc;

/// Two buyers of the last piece, who look before they take.
fn oversold() -> Check {
    Check::new().case("one piece is sold once", || async {
        let (stock, sold) = (Arc::new(AtomicUsize::new(1)), Arc::new(AtomicUsize::new(0)));
        let buyers = ["anna", "ben"].map(|name| {
            let (stock, sold) = (Arc::clone(&stock), Arc::clone(&sold));
            task::spawn_named(name, async move {
                if stock.load(Ordering::SeqCst) > 0 {
                    stock.store(0, Ordering::SeqCst);
                    sold.fetch_add(1, Ordering::SeqCst);
                }
            })
        });
        task::join_all(buyers).await;
        let count = sold.load(Ordering::SeqCst);
        expect(count == 1, "1 sold", || format!("{count} sold"), "");
    })
}

#[test]
fn a_race_is_found_with_the_fewest_preemptions_and_can_be_replayed() {
    let verdict = oversold().run(&options());
    assert_eq!(fault(&verdict), (FaultKind::Expectation, "2 sold"));
    let failed = verdict.fault.expect("a fault");
    let (case, choices) = failed
        .replay
        .split_once(':')
        .expect("a case and its choices");
    assert_eq!(case, "1");
    let again = oversold().run(&Options {
        replay: Some((1, choices.to_owned())),
        ..options()
    });
    let again = again.fault.expect("the same fault");
    assert_eq!((again.fault, again.events), (failed.fault, failed.events));
    assert_eq!(again.schedules, 1);
}

#[test]
fn with_a_lock_every_order_is_tried_and_none_fails() {
    let check = Check::new().case("one piece is sold once", || async {
        let stock = Arc::new(Mutex::new((1, 0)));
        let buyers = ["anna", "ben"].map(|name| {
            let stock = Arc::clone(&stock);
            task::spawn_named(name, async move {
                let mut stock = stock.lock().await;
                if stock.0 > 0 {
                    task::yield_now().await;
                    *stock = (stock.0 - 1, stock.1 + 1);
                }
            })
        });
        task::join_all(buyers).await;
        let sold = stock.lock().await.1;
        expect(sold == 1, "1 sold", || format!("{sold} sold"), "");
    });
    let said = explored(&check);
    assert!(
        said.starts_with("all ") && said.ends_with(" schedules"),
        "{said}"
    );
}

#[test]
fn nothing_is_claimed_that_was_not_tried() {
    let busy = |steps: usize| {
        Check::new().case("many steps", move || async move {
            let shared = Arc::new(AtomicUsize::new(0));
            let tasks = [(); 3].map(|()| {
                let shared = Arc::clone(&shared);
                task::spawn(async move {
                    for _ in 0..steps {
                        shared.fetch_add(1, Ordering::SeqCst);
                    }
                })
            });
            task::join_all(tasks).await;
        })
    };
    assert_eq!(
        explored(&busy(1)),
        "all 6 schedules",
        "three tasks of one step, in every order"
    );
    let said = explored(&busy(12));
    let (tried, sampled) = said
        .split_once(" preemption")
        .expect("a limit on preemptions");
    assert!(
        tried.starts_with("all ") && tried.contains("with at most"),
        "{said}"
    );
    assert!(sampled.ends_with("and 500 sampled, seed 7"), "{said}");
}

#[test]
fn a_deadlock_says_who_waits_for_what() {
    let check = Check::new()
        .case("both locks", || async {
            let locks = Arc::new((Mutex::new(()), Mutex::new(())));
            let other = Arc::clone(&locks);
            let ben = task::spawn_named("ben", async move {
                let _second = other.1.lock().await;
                let _first = other.0.lock().await;
            });
            let first = locks.0.lock().await;
            let second = locks.1.lock().await;
            drop((second, first));
            ben.await.expect("nobody aborts it");
        })
        .when_stuck("the order of locks");
    let verdict = check.run(&options());
    let (kind, observed) = fault(&verdict);
    assert_eq!(kind, FaultKind::Stuck);
    assert!(
        observed.contains("main waits to lock on the lock (line "),
        "{observed}"
    );
    assert!(
        observed.contains("ben waits to lock on the lock (line "),
        "{observed}"
    );
    assert_eq!(
        verdict.fault.expect("a fault").fault.why,
        "the order of locks"
    );
}

#[test]
fn faults_that_are_no_expectation() {
    let endless = Check::new().case("endless", || async {
        loop {
            task::yield_now().await;
        }
    });
    assert_eq!(fault(&endless.run(&options())).0, FaultKind::Endless);

    let panics = Check::new().case("panics", || async {
        task::spawn_named("packer", async { panic!("no box") })
            .await
            .expect("it ends the schedule");
    });
    let verdict = panics.run(&options());
    let (kind, observed) = fault(&verdict);
    assert_eq!(kind, FaultKind::Panic);
    assert!(
        observed.starts_with("packer panicked: no box at line "),
        "{observed}"
    );

    let bomb = Check::new().case("bomb", || async {
        loop {
            drop(task::spawn(async { std::future::pending::<()>().await }));
        }
    });
    assert_eq!(fault(&bomb.run(&options())).0, FaultKind::Tasks);
}

#[test]
fn a_call_that_nobody_hears_is_found() {
    let check = Check::new().case("the call is heard", || async {
        let bell = Arc::new(Notify::new());
        let ringer = Arc::clone(&bell);
        let ringing = task::spawn_named("ringer", async move { ringer.notify_waiters() });
        bell.notified().await;
        ringing.await.expect("nobody aborts it");
    });
    assert_eq!(fault(&check.run(&options())).0, FaultKind::Stuck);
}

#[test]
fn time_jumps_when_everybody_waits() {
    let check = Check::new().case("a slow answer", || async {
        let started = Instant::now();
        let (answer, question) = oneshot::channel();
        let slow = task::spawn_named("slow", async move {
            sleep(Duration::from_hours(1)).await;
            answer.send(1)
        });
        let early = timeout(Duration::from_secs(2), question).await;
        expect(early.is_err(), "the deadline", || format!("{early:?}"), "");
        expect(
            started.elapsed() == Duration::from_secs(2),
            "2 s",
            || format!("{:?}", started.elapsed()),
            "",
        );
        let late = slow.await.expect("nobody aborts it");
        expect(
            late == Err(1),
            "the receiver is gone",
            || format!("{late:?}"),
            "",
        );
    });
    assert_eq!(explored(&check), "all 2 schedules");
}

#[test]
fn dropping_the_last_sender_closes_and_aborting_ends() {
    let check = Check::new().case("close and abort", || async {
        let (orders, mut shelf) = mpsc::channel::<u32>(1);
        let writer = task::spawn_named("writer", async move {
            orders.send(1).await.expect("open");
            std::future::pending::<()>().await;
        });
        expect(shelf.recv().await == Some(1), "1", String::new, "");
        writer.abort();
        expect(writer.await.is_err(), "aborted", String::new, "");
        expect(shelf.recv().await.is_none(), "closed", String::new, "");
    });
    explored(&check);
}
