//! What closing promises to those who close, and to those who order.

use super::exercise::{Closed, Shop};
use gym::sync::mpsc;
use gym::{Check, expect, note, task};
use std::sync::Arc;

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("what is accepted is packed", packed)
        .when_stuck(
            "The shop closes, and the packer still waits for orders: somebody has kept a sender.",
        )
        .case("closing again is fine", again)
        .when_stuck("The second `close` waits for something that happens once, and has happened.")
        .case("two close at the same time", both)
        .when_stuck("Two close, and one of them waits for news that only the other one gets.")
        .case("an order at closing time", late)
        .when_stuck("An order and closing time meet, and somebody waits for ever.")
}

async fn packed() {
    let (shelf, packed) = mpsc::channel(2);
    let shop = Shop::open(shelf);
    for order in [1, 2] {
        let placed = shop.place(order).await;
        expect(
            placed.is_ok(),
            "the order is accepted",
            || format!("{placed:?}"),
            "The shop is open.",
        );
    }
    let count = shop.close().await;
    expect(
        (count, packed.len()) == (2, 2),
        "`close` says 2, and 2 lie on the shelf",
        || format!("{count}, and {} on the shelf", packed.len()),
        "Both were accepted before it closed. They are finished, and then `close` returns.",
    );
}

async fn again() {
    let (shelf, _packed) = mpsc::channel(1);
    let shop = Shop::open(shelf);
    let placed = shop.place(1).await;
    expect(
        placed.is_ok(),
        "the order is accepted",
        || format!("{placed:?}"),
        "The shop is open.",
    );
    let counts = [shop.close().await, shop.close().await];
    expect(
        counts == [1, 1],
        "each `close` says that 1 was packed",
        || format!("{counts:?}"),
        "Whoever closes second asks the same question: is all packed, and how much was it?",
    );
    let refused = shop.place(2).await;
    expect(
        refused == Err(Closed(2)),
        "order 2 comes back",
        || format!("{refused:?}"),
        "A closed shop refuses. It does not panic, and it does not keep what it will not pack.",
    );
}

async fn both() {
    let (shelf, packed) = mpsc::channel(1);
    let (shop, packed) = (Arc::new(Shop::open(shelf)), Arc::new(packed));
    let placed = shop.place(1).await;
    expect(
        placed.is_ok(),
        "the order is accepted",
        || format!("{placed:?}"),
        "The shop is open.",
    );
    let closers = ["anna", "ben"].map(|name| {
        let (shop, packed) = (Arc::clone(&shop), Arc::clone(&packed));
        task::spawn_named(name, async move {
            let count = shop.close().await;
            note(format!("is told {count}"));
            expect(
                packed.len() == 1,
                "when `close` returns, the order lies on the shelf",
                || format!("{} there", packed.len()),
                "It was accepted before anybody closed, and is still being packed. Who closes second has to wait as well: after `close` \
                 the process may end.",
            );
            count
        })
    });
    let counts = task::join_all(closers).await;
    expect(
        counts == [Ok(1), Ok(1)],
        "both are told 1",
        || format!("{counts:?}"),
        "It is the same day.",
    );
}

async fn late() {
    let (shelf, packed) = mpsc::channel(1);
    let shop = Arc::new(Shop::open(shelf));
    let visited = Arc::clone(&shop);
    let shopper = task::spawn_named("shopper", async move {
        let placed = visited.place(1).await;
        note(if placed.is_ok() {
            "is accepted"
        } else {
            "is refused"
        });
        placed
    });
    let count = shop.close().await;
    note("the shop is closed");
    let placed = shopper.await.expect("the shopper does not panic");
    match placed {
        Ok(()) => expect(
            (count, packed.len()) == (1, 1),
            "an order that was accepted is packed before `close` returns",
            || format!("{count} counted, {} on the shelf", packed.len()),
            "It was accepted and never packed: the shopper was told that it is fine. Looking whether the shop is open and handing over the \
             order have to be one step, or the packer has to wait for those who have looked.",
        ),
        Err(back) => expect(
            (back, count) == (Closed(1), 0),
            "an order that is refused comes back, and is not packed",
            || format!("{count} packed"),
            "Whoever hears that the shop has closed orders elsewhere.",
        ),
    }
}
