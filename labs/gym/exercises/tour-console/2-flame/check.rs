//! A profile of the shop.

use super::exercise::{Time, time_of};
use gym::{Check, expect};

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("a function alone", alone)
        .case("who calls spends nothing itself", caller)
        .case("one function, several callers", callers)
        .case("a function that calls itself", recursive)
        .case("one name begins like another", names)
        .case("a function that never ran", absent)
}

fn check_time(name: &str, profile: &str, flat: u64, cum: u64, why: &str) {
    let found = time_of(name, profile);
    expect(
        found == Time { flat, cum },
        &format!("{name}: {flat} flat, {cum} cum"),
        || format!("{} flat, {} cum", found.flat, found.cum),
        why,
    );
}

async fn alone() {
    check_time(
        "idle",
        "idle 3\n",
        3,
        3,
        "Who calls nobody has the same in both.",
    );
}

async fn caller() {
    let profile = "main;handle;parse 30\nmain;handle;write 50\nmain;handle 2\n";
    check_time(
        "handle",
        profile,
        2,
        82,
        "In 80 samples `handle` stood in the stack and waited for what it had called. The last frame was running.",
    );
    check_time(
        "write",
        profile,
        50,
        50,
        "The last frame was running; it had called nobody.",
    );
}

async fn callers() {
    let profile = "main;order;write 50\nmain;cancel;write 20\nmain;browse;read 10\n";
    check_time(
        "write",
        profile,
        70,
        70,
        "It has a box below each of its callers. All of them are one function.",
    );
}

async fn recursive() {
    let profile = "main;visit;visit;visit 40\nmain;visit;compare 10\n";
    check_time(
        "visit",
        profile,
        40,
        50,
        "A sample in which a function stands three times is one sample. Counted for each frame, it would have more samples than there are.",
    );
}

async fn names() {
    let profile = "main;order_total 10\nmain;order;order_total 5\nmain;reorder 7\n";
    check_time(
        "order",
        profile,
        0,
        5,
        "`order_total` and `reorder` are each another function.",
    );
}

async fn absent() {
    check_time(
        "lock",
        "main;handle;parse 30\n",
        0,
        0,
        "What waits uses no CPU, and is in no sample.",
    );
}
