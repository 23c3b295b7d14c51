//! Which crates have to be compiled again after a change?

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
    //: solution
    let mut reached = BTreeSet::from([changed.to_owned()]);
    loop {
        let uses_one = |uses: &Vec<Use>| {
            let mut built = uses.iter().filter(|used| !used.only_tests);
            built.any(|used| reached.contains(&used.name))
        };
        let more = graph.iter().filter(|(_, uses)| uses_one(uses));
        let more: BTreeSet<String> = more.map(|(name, _)| name.clone()).collect();
        if more.is_subset(&reached) {
            return reached;
        }
        reached.extend(more);
    }
    //: starter
    //| let mut reached = BTreeSet::from([changed.to_owned()]);
    //| for used in graph.get(changed).into_iter().flatten() {
    //|     reached.insert(used.name.clone());
    //| }
    //| reached
    //: end
}
