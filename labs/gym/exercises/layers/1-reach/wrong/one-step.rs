//! Finds those that use the changed crate, and stops.

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
    let uses_it = |uses: &Vec<Use>| {
        let mut built = uses.iter().filter(|used| !used.only_tests);
        built.any(|used| used.name == changed)
    };
    let above = graph.iter().filter(|(_, uses)| uses_it(uses));
    let mut reached: BTreeSet<String> = above.map(|(name, _)| name.clone()).collect();
    reached.insert(changed.to_owned());
    reached
}
