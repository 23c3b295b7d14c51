//! Takes the observing off the stacks: a profile's leaf is the operation that waited, not what noted that.

use std::collections::HashMap;

use profile::{Line, Profile};

/// The files of the machinery, without debug information its modules: [`sync`]'s hook and what tells it, and this.
const FILES: [&str; 5] = [
    "sync/src/observe.rs",
    "sync/src/wait.rs",
    "sync/src/guard.rs",
    "sync/src/resource.rs",
    "collect/src/contention/collector.rs",
];
const MODULES: [&str; 5] = [
    "sync::observe::",
    "sync::wait::",
    "sync::guard::",
    "sync::resource::",
    "collect::contention::",
];
/// How many places from the leaf may be machinery.
const DEEPEST: usize = 24;

/// Trims all stacks.
pub(super) fn all(profile: &mut Profile, stacks: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
    let machinery: Vec<bool> = profile.functions.iter().map(is_machinery).collect();
    let mut cut_places = HashMap::new();
    let trim = |stack: Vec<u32>| {
        let part = |line: &Line| machinery[line.function as usize];
        let last = |place: &u32| {
            let lines = &profile.locations[*place as usize].lines;
            lines.iter().rposition(part)
        };
        let near = &stack[..stack.len().min(DEEPEST)];
        let Some((at, line)) = near
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, place)| Some((at, last(place)?)))
        else {
            return stack;
        };
        let place = stack[at];
        let rest = profile.locations[place as usize].lines[line + 1..].to_vec();
        let callers = stack[at + 1..].iter().copied();
        if rest.is_empty() {
            return callers.collect();
        }
        // The rest of a place whose inlined functions are machinery is another place at the same address.
        let cut = *cut_places.entry((place, line)).or_insert_with(|| {
            let mut location = profile.locations[place as usize].clone();
            location.lines = rest;
            profile.locations.push(location);
            (profile.locations.len() - 1) as u32
        });
        std::iter::once(cut).chain(callers).collect()
    };
    stacks.into_iter().map(trim).collect()
}

fn is_machinery(function: &profile::Function) -> bool {
    FILES.iter().any(|end| function.filename.ends_with(end))
        || MODULES.iter().any(|part| function.name.contains(part))
}
