//! Follows the arrows in both directions.

use std::collections::{BTreeMap, BTreeSet};

/// A crate that another one uses.
#[derive(Clone, Debug)]
pub struct Use {
    /// Its name.
    pub name: String,
    /// Whether only tests use it (`[dev-dependencies]`).
    pub only_tests: bool,
}

/// The crates of a workspace, by name, and what each of them uses.
pub type Graph = BTreeMap<String, Vec<Use>>;

/// The crates that have to be compiled again after a change in one of them, that one included.
pub fn reached(graph: &Graph, changed: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::from([changed.to_owned()]);
    loop {
        let mut more = BTreeSet::new();
        for (name, uses) in graph {
            for used in uses.iter().filter(|used| !used.only_tests) {
                if reached.contains(name) || reached.contains(&used.name) {
                    more.insert(name.clone());
                    more.insert(used.name.clone());
                }
            }
        }
        if more.is_subset(&reached) {
            return reached;
        }
        reached.extend(more);
    }
}
