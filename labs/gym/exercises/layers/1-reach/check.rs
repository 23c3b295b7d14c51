//! A small shop in layers.

use super::exercise::{Graph, Use, reached};
use gym::{Check, expect};
use std::collections::BTreeSet;

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("who uses it", top)
        .case("the arrows are followed upwards", upwards)
        .case("who uses them, too", above)
        .case("a use in tests goes no further", tests)
        .case("tests in a circle", circle)
        .case("one arrow up, and everything hangs together", up)
}

/// `NAME: USED USED ~ONLY_IN_TESTS`, a crate a line.
fn graph(lines: &str) -> Graph {
    let uses = |word: &str| Use {
        name: word.trim_start_matches('~').to_owned(),
        only_tests: word.starts_with('~'),
    };
    let line = |line: &str| {
        let (name, names) = line.split_once(':')?;
        Some((
            name.trim().to_owned(),
            names.split_whitespace().map(uses).collect(),
        ))
    };
    lines.lines().filter_map(line).collect()
}

const SHOP: &str = "api: order stores web
    load: web
    stores: order
    order: types
    types:
    web: sync
    sync:";

fn check_reached(lines: &str, changed: &str, right: &[&str], why: &str) {
    let found = reached(&graph(lines), changed);
    let right: BTreeSet<String> = right.iter().map(|name| (*name).to_owned()).collect();
    let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    expect(
        found == right,
        &format!("{changed} changes: {}", list(&right)),
        || list(&found),
        why,
    );
}

async fn top() {
    check_reached(
        "api: order\n order:",
        "order",
        &["api", "order"],
        "`api` uses `order`, and is compiled against it.",
    );
}

async fn upwards() {
    check_reached(
        SHOP,
        "load",
        &["load"],
        "What `load` uses has not changed, and nobody uses `load`: a change at the top is the cheapest there is.",
    );
    check_reached(
        SHOP,
        "api",
        &["api"],
        "What `api` uses has not changed. A change goes from who is used to who uses.",
    );
}

async fn above() {
    check_reached(
        SHOP,
        "types",
        &["api", "order", "stores", "types"],
        "`order` uses `types`, so it becomes another; whatever stands on top of it must be compiled again.",
    );
    check_reached(
        SHOP,
        "sync",
        &["api", "load", "sync", "web"],
        "`web` uses `sync`, and everything stands on top of it that uses `web`.",
    );
}

async fn tests() {
    check_reached(
        "api: web\n web: sync ~fixtures\n sync:\n fixtures:",
        "fixtures",
        &["fixtures"],
        "`web` uses it in tests: only its tests are new, and `api` never sees them.",
    );
}

async fn circle() {
    check_reached(
        "api: stores\n stores: order\n order: ~stores",
        "stores",
        &["api", "stores"],
        "`order` uses `stores` in its tests, as Cargo allows: only its tests are new.",
    );
}

async fn up() {
    let lines = format!("{SHOP} order");
    check_reached(
        &lines,
        "order",
        &["api", "load", "order", "stores", "sync", "web"],
        "One arrow from `sync` up to `order`, and a change of what an order is reaches the load tool.",
    );
}
