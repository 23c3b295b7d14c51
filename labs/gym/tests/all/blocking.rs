//! Locks and threads as std's.

use super::{explored, fault, options};
use gym::blocking::{Condvar, Mutex, OnceLock, RwLock};
use gym::sync::mpsc;
use gym::time::Duration;
use gym::{Check, FaultKind, What, expect, task, thread};
use std::sync::Arc;

const SOUND: &str = "never poisoned";

#[test]
fn two_threads_under_a_lock_have_two_orders() {
    let check = Check::new().case("both add", || async {
        let stock = Arc::new(Mutex::new(0));
        let threads = [1, 2].map(|more| {
            let stock = Arc::clone(&stock);
            thread::spawn(move || *stock.lock().expect(SOUND) += more)
        });
        for thread in threads {
            thread.join().expect("a panic ends the schedule");
        }
        let sum = *stock.lock().expect(SOUND);
        expect(sum == 3, "3", || sum.to_string(), "");
    });
    let said = explored(&check);
    assert!(
        said.starts_with("all ") && said.ends_with(" schedules"),
        "{said}"
    );
}

#[test]
fn a_lock_that_is_let_go_between_look_and_act_is_found_and_who_holds_is_on_record() {
    let check = Check::new().case("sold once", || async {
        let (stock, sold) = (Mutex::new(1), Mutex::new(0));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let left = *stock.lock().expect(SOUND);
                    if left > 0 {
                        *stock.lock().expect(SOUND) -= 1;
                        *sold.lock().expect(SOUND) += 1;
                    }
                });
            }
        });
        let sold = *sold.lock().expect(SOUND);
        expect(sold == 1, "1 sold", || format!("{sold} sold"), "");
    });
    let verdict = check.run(&options());
    assert_eq!(fault(&verdict), (FaultKind::Expectation, "2 sold"));
    let events = verdict.fault.expect("a fault").events;
    let of = |what| events.iter().filter(|event| event.what == what).count();
    assert_eq!((of(What::Holds), of(What::Frees)), (7, 7));
}

#[test]
fn a_scope_waits_and_hands_results_out() {
    let check = Check::new().case("sum", || async {
        let parts = [1, 2, 3];
        let sum = thread::scope(|scope| {
            let half = scope.spawn(|| parts[0] + parts[1]);
            half.join().expect("a panic ends the schedule") + parts[2]
        });
        expect(sum == 6, "6", || sum.to_string(), "");
    });
    assert_eq!(explored(&check), "the only schedule");
    let panics = Check::new().case("panics", || async {
        thread::scope(|scope| {
            scope.spawn(|| panic!("no box"));
        });
    });
    let verdict = panics.run(&options());
    let (kind, observed) = fault(&verdict);
    assert_eq!(kind, FaultKind::Panic);
    assert!(observed.contains("panicked: no box"), "{observed}");
}

#[test]
fn a_lock_taken_twice_says_who_holds_it() {
    let check = Check::new().case("twice", || async {
        let stock = Mutex::new(());
        let _first = stock.lock();
        let _second = stock.lock();
    });
    let verdict = check.run(&options());
    let (kind, observed) = fault(&verdict);
    assert_eq!(kind, FaultKind::Stuck);
    assert!(observed.ends_with("which it holds itself"), "{observed}");
}

/// A shelf for one order, with a bell.
fn shelf(looks_again: bool) -> Check {
    Check::new().case("each packer gets an order", move || async move {
        let shelf = Arc::new((Mutex::new(0), Condvar::new()));
        let packers = [(); 2].map(|()| {
            let shelf = Arc::clone(&shelf);
            thread::spawn(move || {
                let mut orders = shelf.0.lock().expect(SOUND);
                if looks_again {
                    orders = shelf
                        .1
                        .wait_while(orders, |orders| *orders == 0)
                        .expect(SOUND);
                } else if *orders == 0 {
                    orders = shelf.1.wait(orders).expect(SOUND);
                }
                expect(*orders > 0, "an order", || "an empty shelf".into(), "");
                *orders -= 1;
            })
        });
        for _ in 0..2 {
            *shelf.0.lock().expect(SOUND) += 1;
            shelf.1.notify_all();
        }
        for packer in packers {
            packer.join().expect("a panic ends the schedule");
        }
    })
}

#[test]
fn who_does_not_look_again_after_a_call_is_found() {
    explored(&shelf(true));
    assert_eq!(
        fault(&shelf(false).run(&options())),
        (FaultKind::Expectation, "an empty shelf")
    );
}

#[test]
fn readers_share_and_a_value_is_made_once() {
    let check = Check::new().case("made once", || async {
        let made = Arc::new((OnceLock::new(), RwLock::new(0)));
        let threads = [7, 8].map(|value| {
            let made = Arc::clone(&made);
            thread::spawn(move || {
                *made.0.get_or_init(|| {
                    *made.1.write().expect(SOUND) += 1;
                    value
                })
            })
        });
        let values = threads.map(|thread| thread.join().expect("a panic ends the schedule"));
        expect(
            values[0] == values[1],
            "one value",
            || format!("{values:?}"),
            "",
        );
        let (one, other) = (made.1.read().expect(SOUND), made.1.read().expect(SOUND));
        expect(
            (*one, *other) == (1, 1),
            "made once",
            || one.to_string(),
            "",
        );
        expect(made.0.set(9) == Err(9), "for good", String::new, "");
    });
    explored(&check);
}

#[test]
fn what_blocks_a_task_for_long_is_a_fault_and_on_a_thread_it_is_none() {
    let sleeps = Check::new().case("sleeps", || async {
        thread::sleep(Duration::from_millis(200));
    });
    let verdict = sleeps.run(&options());
    assert_eq!(
        fault(&verdict),
        (
            FaultKind::Blocked,
            "main sleeps for 200ms, and its thread with it"
        )
    );
    let beside = Check::new().case("on a thread of its own", || async {
        let (orders, mut shelf) = mpsc::channel(1);
        let slow = task::spawn_blocking(move || {
            thread::sleep(Duration::from_millis(200));
            orders.blocking_send(7).expect("open");
        });
        let order = shelf.recv().await;
        expect(order == Some(7), "7", || format!("{order:?}"), "");
        slow.await.expect("it can't be aborted");
    });
    explored(&beside);
}
