//! What a once-flag promises, whatever a machine may reorder.

use super::exercise::Once;
use gym::atomic::thread;
use gym::{Check, expect, note};
use std::sync::Arc;

/// The cases.
pub fn check() -> Check {
    Check::new()
        .orderings("it is set once", alone)
        .orderings("who sees that it is set sees the value", seen)
        .when_stuck(WAITS)
        .orderings("two come at once, and one of them sets it", two)
        .when_stuck(WAITS)
}

const WAITS: &str = "Neither `set` nor `get` needs to wait for anybody.";

fn alone() {
    let price = Once::new();
    let before = price.get();
    let set = (price.set(7), price.set(8));
    let after = price.get();
    expect(
        (before, set, after) == (None, (true, false), Some(7)),
        "nothing; then the first `set` is taken, the second refused; then 7",
        || format!("{before:?}; {set:?}; {after:?}"),
        "The first one counts.",
    );
}

fn seen() {
    let price = Arc::new(Once::new());
    let sets = Arc::clone(&price);
    let writer = thread::spawn_named("writer", move || sets.set(7));
    let got = price.get();
    note(format!("has got {got:?}"));
    expect(
        got.is_none_or(|got| got == 7),
        "nothing yet, or 7",
        || format!("{got:?}"),
        "The flag says that the value is there.",
    );
    let set = writer.join().expect("a panic ends the execution");
    let after = price.get();
    expect(
        (set, after) == (true, Some(7)),
        "it is set in the end",
        || format!("`set` says {set}, and `get` {after:?}"),
        "The thread that has set it is over.",
    );
}

fn two() {
    let price = Arc::new(Once::new());
    let sets = Arc::clone(&price);
    let other = thread::spawn_named("other", move || sets.set(2));
    let one = price.set(1);
    let got = price.get();
    note(format!("has got {got:?}"));
    let other = other.join().expect("a panic ends the execution");
    expect(
        one != other,
        "one of the two sets it",
        || format!("the first says {one}, the other {other}"),
        "Each `set` says whether it was the one.",
    );
    let last = price.get();
    expect(
        last == Some(if one { 1 } else { 2 }) && (got.is_none() || got == last),
        "the value of the one that says so, from the first time it is seen",
        || format!("first {got:?}, then {last:?}"),
        "What is set stays.",
    );
}
