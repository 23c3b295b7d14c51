//! `select!` over schedules.

use super::{explored, fault, options};
use gym::sync::{mpsc, oneshot};
use gym::time::{Duration, sleep};
use gym::{Check, FaultKind, expect, select, task};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Both are ready; what was taken over all schedules.
fn taken(biased: bool) -> (String, BTreeSet<u32>) {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let into = Arc::clone(&seen);
    let check = Check::new().case("three are ready", move || {
        let into = Arc::clone(&into);
        async move {
            let [mut one, mut two, mut three] = [1, 2, 3].map(|order| {
                let (orders, shelf) = mpsc::channel(1);
                orders.try_send(order).expect("there is room");
                shelf
            });
            let order = if biased {
                select! { biased; order = one.recv() => order, order = two.recv() => order, order = three.recv() => order }
            } else {
                select! { order = one.recv() => order, order = two.recv() => order, order = three.recv() => order }
            };
            into.lock().expect("no panic").extend(order);
        }
    });
    let said = explored(&check);
    let seen = seen.lock().expect("no panic").clone();
    (said, seen)
}

#[test]
fn each_ready_branch_is_taken_unless_biased() {
    assert_eq!(
        taken(false),
        ("all 3 schedules".into(), BTreeSet::from([1, 2, 3]))
    );
    assert_eq!(
        taken(true),
        ("the only schedule".into(), BTreeSet::from([1]))
    );
}

#[test]
fn what_comes_to_the_same_is_tried_once() {
    let check = Check::new().case("one is ready", || async {
        let (_empty, mut waits) = mpsc::channel::<u32>(1);
        let (_silent, waits_too) = oneshot::channel::<u32>();
        let (orders, mut shelf) = mpsc::channel(1);
        orders.try_send(7).expect("there is room");
        let order = select! {
            order = waits.recv() => order,
            order = shelf.recv() => order,
            order = waits_too => order.ok(),
        };
        expect(order == Some(7), "7", || format!("{order:?}"), "");
    });
    // Asking the first comes to the same as asking the second; asking the third is the same again.
    assert_eq!(explored(&check), "all 2 schedules");
}

#[test]
fn patterns_conditions_and_else() {
    #[derive(Debug)]
    enum Order {
        Tea { cups: u32, with: (u32, Option<u32>) },
        Other,
    }
    let check = Check::new().case("patterns", || async {
        let (orders, mut shelf) = mpsc::channel(4);
        for order in [
            Order::Other,
            Order::Tea {
                cups: 1,
                with: (2, Some(3)),
            },
        ] {
            orders.try_send(order).expect("there is room");
        }
        drop(orders);
        let mut seen = Vec::new();
        let never = false;
        for _ in 0..3 {
            select! {
                biased;
                () = std::future::ready(()), if never => seen.push(0),
                Some(Order::Tea { mut cups, with: (ref milk, Some(mut sugar)) }) = shelf.recv() => {
                    cups += 10;
                    sugar += 10;
                    seen.extend([cups, *milk, sugar]);
                }
                else => { seen.push(9) }
            }
        }
        // The first order does not match, so its branch is out, and there is no other.
        expect(
            seen == [9, 11, 2, 13, 9],
            "9, 11, 2, 13, 9",
            || format!("{seen:?}"),
            "",
        );
    });
    explored(&check);
}

#[test]
fn handlers_break_and_continue_the_loop_around_them() {
    let check = Check::new().case("loops", || async {
        let (orders, mut shelf) = mpsc::channel(2);
        let writer = task::spawn(async move {
            for order in 1..=3 {
                orders.send(order).await.expect("open");
            }
        });
        let mut sum = 0;
        let sum = loop {
            select! {
                order = shelf.recv() => match order {
                    Some(order) => {
                        if order == 2 {
                            continue;
                        }
                        sum += order;
                    }
                    None => break sum,
                },
                () = sleep(Duration::from_secs(1)) => panic!("time passes only when nobody can move"),
            }
        };
        writer.await.expect("nobody aborts it");
        expect(sum == 4, "4", || sum.to_string(), "");
    });
    let said = explored(&check);
    assert!(said.starts_with("all "), "{said}");
}

/// Two orders make a parcel; the bell asks how it goes.
fn parcels(keeps: bool) -> Check {
    Check::new().case("no order is lost", move || async move {
        let (orders, mut shelf) = mpsc::channel(2);
        let (bell, mut rings) = mpsc::channel(1);
        let writers = [
            task::spawn_named("writer", async move {
                for order in [1, 2] {
                    orders.send(order).await.expect("open");
                }
            }),
            task::spawn_named(
                "customer",
                async move { bell.send(()).await.expect("open") },
            ),
        ];
        let (mut half, mut answers) = (None, true);
        let parcel = loop {
            let parcel = async {
                if keeps {
                    if half.is_none() {
                        half = shelf.recv().await;
                    }
                    (half, shelf.recv().await)
                } else {
                    (shelf.recv().await, shelf.recv().await)
                }
            };
            select! {
                parcel = parcel => break parcel,
                ring = rings.recv(), if answers => answers = ring.is_some(),
            }
        };
        task::join_all(writers).await;
        expect(
            parcel == (Some(1), Some(2)),
            "(1, 2)",
            || format!("{parcel:?}"),
            "",
        );
    })
}

#[test]
fn the_loser_is_dropped_with_what_it_has() {
    let verdict = parcels(false).run(&options());
    assert_eq!(fault(&verdict).0, FaultKind::Expectation);
    let said = explored(&parcels(true));
    assert!(said.starts_with("all "), "{said}");
}

#[test]
fn without_a_branch_and_without_else_it_panics_as_tokios() {
    let check = Check::new().case("none", || async {
        select! { 1 = std::future::ready(2) => () }
    });
    let verdict = check.run(&options());
    let (kind, observed) = fault(&verdict);
    assert_eq!(kind, FaultKind::Panic);
    assert!(observed.contains("no else branch"), "{observed}");
}
