//! Folded stacks: one line for each stack, as flame graph tools read and write them.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::tree::{CallTree, ROOT};
use crate::{Error, Function, Line, Location, Profile, Sample, ValueType};

/// The stacks with a value of their own at `index` in [`Profile::sample_types`]: functions from the root to the leaf
/// between semicolons, a space, the value. Lines are sorted. A semicolon or line break in a name becomes a colon or a
/// space; samples without a stack are `<unknown>`.
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

/// Reads folded stacks, as `write` and other programs write them, into a profile whose values are of one type. Empty
/// lines are skipped; equal stacks stay apart until [`Profile::compact`].
///
/// ```
/// use profile::{ValueType, folded};
///
/// let profile = folded::read("main;read 3\nmain 1\n", ValueType::new("samples", "count"))?;
/// assert_eq!(folded::write(&profile, 0), "main 1\nmain;read 3\n");
/// # Ok::<(), profile::Error>(())
/// ```
pub fn read(text: &str, sample_type: ValueType) -> Result<Profile, Error> {
    let mut profile = Profile {
        sample_types: vec![sample_type],
        ..Profile::default()
    };
    let mut known: HashMap<&str, u32> = HashMap::new();
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() {
            continue;
        }
        let (stack, value) = split(line).ok_or_else(|| Error::Folded {
            line: number,
            text: line.chars().take(80).collect(),
        })?;
        let mut frame = |name| {
            *known.entry(name).or_insert_with(|| {
                add_function(&mut profile, name);
                profile.locations.len() as u32 - 1
            })
        };
        let locations = stack.rsplit(';').map(&mut frame).collect();
        profile.samples.push(Sample {
            locations,
            values: vec![value],
            labels: Vec::new(),
        });
    }
    Ok(profile)
}

fn split(line: &str) -> Option<(&str, i64)> {
    let (stack, value) = line.trim_end().rsplit_once([' ', '\t'])?;
    let stack = stack.trim_end();
    (!stack.is_empty()).then_some((stack, value.parse().ok()?))
}

/// Adds a function, and a location for it.
fn add_function(profile: &mut Profile, name: &str) {
    let function = profile.functions.len() as u32;
    profile.functions.push(Function {
        name: name.into(),
        ..Function::default()
    });
    profile.locations.push(Location {
        lines: vec![Line { function, line: 0 }],
        ..Location::default()
    });
}
