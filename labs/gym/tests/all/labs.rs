//! The labs' own code, explored: the same file that the lab's program is made of, with the explorer's
//! primitives in place of tokio's.

use super::{explored, fault, options};
use gym::{Check, FaultKind, expect, note, task};
use prims::{mpsc, select};

/// What the labs' modules take their primitives from.
mod prims {
    pub(crate) use gym::select;
    pub(crate) use gym::sync::mpsc;
}
#[path = "../../../channels/src/both.rs"]
mod both;

/// Two writers, each with its source, and who takes from both.
fn two_sources<F>(
    takes_both: impl Fn(mpsc::Receiver<u32>, mpsc::Receiver<u32>) -> F + Send + Sync + Copy + 'static,
) -> Check
where
    F: Future<Output = Vec<u32>> + 'static,
{
    Check::new().case("all orders of both are taken", move || async move {
        let (web, web_orders) = mpsc::channel(1);
        let (phone, phone_orders) = mpsc::channel(1);
        let writers =
            [("web", web, [1, 2]), ("phone", phone, [101, 102])].map(|(name, orders, numbers)| {
                task::spawn_named(name, async move {
                    for number in numbers {
                        orders.send(number).await.expect("it is open");
                    }
                })
            });
        let mut taken = takes_both(web_orders, phone_orders).await;
        note(format!("has taken {taken:?}"));
        taken.sort_unstable();
        expect(
            taken == [1, 2, 101, 102],
            "all four orders",
            || format!("{taken:?}"),
            "",
        );
        task::join_all(writers).await;
    })
}

#[test]
fn the_channels_lab_takes_all_orders_of_both_sources() {
    let check = two_sources(|web, phone| async move {
        let mut taken = Vec::new();
        both::both(web, phone, |_, number| taken.push(number)).await;
        taken
    });
    let said = explored(&check);
    assert!(said.starts_with("all "), "{said}");
}

#[test]
fn without_switching_a_branch_off_orders_are_lost() {
    let check = two_sources(|mut web, mut phone| async move {
        let mut taken = Vec::new();
        loop {
            let order = select! {
                order = web.recv() => order,
                order = phone.recv() => order,
            };
            match order {
                Some(number) => taken.push(number),
                None => break taken,
            }
        }
    });
    assert_eq!(fault(&check.run(&options())).0, FaultKind::Expectation);
}
