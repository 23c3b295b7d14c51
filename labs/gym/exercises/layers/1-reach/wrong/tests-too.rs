//! Takes a use in tests for a use like any other.

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
        let uses_one = |uses: &Vec<Use>| uses.iter().any(|used| reached.contains(&used.name));
        let more = graph.iter().filter(|(_, uses)| uses_one(uses));
        let more: BTreeSet<String> = more.map(|(name, _)| name.clone()).collect();
        if more.is_subset(&reached) {
            return reached;
        }
        reached.extend(more);
    }
}
