//! What a shop promises its customers, however many come at once.

use super::exercise::Goods;
use gym::{Check, expect, note, task};
use std::sync::Arc;

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("one customer after the other", alone)
        .when_stuck("One task alone waits for a lock: it holds it already.")
        .case("the last piece is sold once", last_piece)
        .when_stuck(LOCKS)
        .case("a piece comes back while others are sold", comes_back)
        .when_stuck(LOCKS)
        .case("no piece is on its way", on_its_way)
        .when_stuck(LOCKS)
}

const LOCKS: &str = "Each holds the lock that the other one waits for. Whoever needs two locks has to take them in the same order as \
                     everybody else; better is one lock for what belongs together.";

async fn alone() {
    let goods = Goods::new(2);
    let sold = [
        goods.sell(1).await,
        goods.sell(2).await,
        goods.sell(1).await,
    ];
    expect(
        sold == [true, false, true],
        "of 2 pieces, 1 is sold, then not 2, then 1",
        || format!("{sold:?}"),
        "It sells if there are so many, and otherwise changes nothing.",
    );
    goods.take_back().await;
    let counts = goods.counts().await;
    expect(
        counts == (1, 1),
        "1 on the shelf, 1 sold",
        || format!("{} on the shelf, {} sold", counts.0, counts.1),
        "2 were sold, and 1 has come back.",
    );
}

async fn last_piece() {
    let goods = Arc::new(Goods::new(1));
    let customers = ["anna", "ben"].map(|name| {
        let goods = Arc::clone(&goods);
        task::spawn_named(name, async move {
            let sold = goods.sell(1).await;
            note(if sold { "has the piece" } else { "is refused" });
            sold
        })
    });
    let sold = task::join_all(customers).await;
    let count = sold.iter().filter(|sold| **sold == Ok(true)).count();
    expect(
        count == 1,
        "1 customer gets the piece",
        || format!("{count} were sold"),
        "Between looking and taking, the lock was given back. What the first customer saw was not true any more when the \
         other one had been there.",
    );
}

async fn comes_back() {
    let goods = Arc::new(Goods::new(2));
    expect(
        goods.sell(1).await,
        "1 of 2 is sold",
        || "it is not".to_owned(),
        "",
    );
    let (buys, returns) = (Arc::clone(&goods), Arc::clone(&goods));
    let people = [
        task::spawn_named("anna", async move { buys.sell(1).await }),
        task::spawn_named("ben", async move {
            returns.take_back().await;
            true
        }),
    ];
    task::join_all(people).await;
    let counts = goods.counts().await;
    expect(
        counts == (1, 1),
        "1 on the shelf, 1 sold",
        || format!("{} on the shelf, {} sold", counts.0, counts.1),
        "Anna has bought one and Ben has brought one back. One of the two has written a count that it had read before the \
         other one changed it.",
    );
}

async fn on_its_way() {
    let goods = Arc::new(Goods::new(1));
    let (buys, counts) = (Arc::clone(&goods), Arc::clone(&goods));
    let customer = task::spawn_named("anna", async move {
        if buys.sell(1).await {
            buys.take_back().await;
        }
    });
    let owner = task::spawn_named("owner", async move { counts.counts().await });
    let counts = owner.await;
    task::join_all([customer]).await;
    let sum = counts.as_ref().map_or(0, |counts| counts.0 + counts.1);
    expect(
        sum == 1,
        "1 piece in all, whenever the owner counts",
        || match sum {
            0 => "a piece is neither on the shelf nor sold".to_owned(),
            _ => format!("{sum} pieces in all: one was counted twice"),
        },
        "Both counts have to change at once for everybody who looks at both, and whoever looks has to see both at once.",
    );
}
