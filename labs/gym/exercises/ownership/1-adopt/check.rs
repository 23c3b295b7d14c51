//! What an owner owes its tasks, and what it does not.

use super::exercise::Shop;
use gym::sync::mpsc;
use gym::{Check, expect, note};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_millis(500);

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("`confirm` does not wait for the post", confirmed_at_once)
        .when_stuck("`confirm` waits for a letter that the post does not take. The customer should have an answer now.")
        .case("`close` waits for letters under way", closing_waits)
        .when_stuck("The post takes letters, and closing waits nevertheless. A tracker waits for more tasks to come until it is closed.")
        .case("`close` does not wait for ever", not_for_ever)
        .when_stuck("The post takes no letter, and closing waits for it. A patience that is not kept is none.")
        .case("what is given up is not sent later", given_up_is_given_up)
        .when_stuck("A task of the shop still holds the post: it was given up, and not stopped.")
}

async fn confirmed_at_once() {
    let (post, mut letters) = mpsc::channel(1);
    let shop = Shop::open(post);
    // There is room for one letter, and nobody to take it away.
    shop.confirm(1);
    shop.confirm(2);
    note("both orders are confirmed");
    let mut got = [letters.recv().await, letters.recv().await];
    got.sort_unstable();
    expect(
        got == [Some(1), Some(2)],
        "both letters are sent",
        || format!("{got:?}"),
        "Confirming starts the letter, and somebody has to write it.",
    );
}

async fn closing_waits() {
    let (post, mut letters) = mpsc::channel(2);
    let shop = Shop::open(post);
    shop.confirm(1);
    shop.confirm(2);
    let given_up = shop.close(PATIENCE).await;
    note("the shop is closed");
    let mut there = 0;
    while letters.try_recv().is_ok() {
        there += 1;
    }
    expect(
        there == 2,
        "when `close` returns, both letters are at the post",
        || format!("{there} of them"),
        "A task that nobody waits for dies with the process. After `close` the process ends.",
    );
    expect(
        given_up == 0,
        "none was given up",
        || format!("{given_up}"),
        "The post took every letter in time.",
    );
}

async fn not_for_ever() {
    let (post, mut letters) = mpsc::channel(1);
    let shop = Shop::open(post);
    shop.confirm(1);
    shop.confirm(2);
    let given_up = shop.close(PATIENCE).await;
    let there = usize::from(letters.try_recv().is_ok());
    expect(
        (there, given_up) == (1, 1),
        "one letter at the post, and one given up",
        || format!("{there} at the post, {given_up} given up"),
        "The post had room for one. The shop has to know of the other one, so that somebody can send it tomorrow.",
    );
}

async fn given_up_is_given_up() {
    let (post, mut letters) = mpsc::channel(1);
    let shop = Shop::open(post);
    shop.confirm(1);
    shop.confirm(2);
    shop.close(PATIENCE).await;
    note("the shop is closed");
    let first = letters.recv().await;
    let second = letters.recv().await;
    expect(
        first.is_some() && second.is_none(),
        "one letter, and then no more: nobody holds the post any longer",
        || format!("{first:?}, then {second:?}"),
        "It was reported as given up, and went out afterwards. Whoever sends it again tomorrow sends it twice.",
    );
}
