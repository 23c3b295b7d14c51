//! Folded stacks: one line for each stack, as flame graph tools read them.

use std::fmt::Write as _;

use crate::Profile;
use crate::tree::{CallTree, ROOT};

/// The stacks with a value of their own at `index` in [`Profile::sample_types`]: functions from the root to the leaf
/// between semicolons, a space, the value. Lines are sorted. A semicolon or line break in a name becomes a colon or a space; samples without a stack are `<unknown>`.
pub fn write(profile: &Profile, index: usize) -> String {
    let tree = CallTree::new(profile, index);
    let mut lines: Vec<String> = (0..tree.nodes.len() as u32)
        .filter(|node| tree.nodes[*node as usize].own != 0)
        .map(|node| line(&tree, node))
        .collect();
    lines.sort_unstable();
    lines.concat()
}

fn line(tree: &CallTree, node: u32) -> String {
    let mut names = Vec::new();
    let mut at = node;
    while at != ROOT {
        let node = &tree.nodes[at as usize];
        names.push(node.name.replace(';', ":").replace(['\n', '\r'], " "));
        at = node.parent;
    }
    if names.is_empty() {
        names.push("<unknown>".to_owned());
    }
    names.reverse();
    let mut line = names.join(";");
    let own = tree.nodes[node as usize].own;
    // Writing to a string cannot fail.
    let _ = writeln!(line, " {own}");
    line
}
