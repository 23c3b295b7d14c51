//! Tasks that do the same, together.

use std::collections::HashMap;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::{Dump, Task, Trace};

/// Tasks that were started by the same line and wait in the same place.
#[derive(Debug)]
pub struct Group<'a> {
    /// How many tasks it is.
    pub count: usize,
    /// What they do, as [`Dump::doing`] says it.
    pub doing: &'static str,
    /// False if they did not answer.
    pub answered: bool,
    /// Where they wait, if that is known.
    pub trace: Option<&'a Trace>,
    /// The line that started them.
    pub location: &'static Location<'static>,
    /// Their names, each with the number of tasks that have it, the most frequent first.
    pub names: Vec<(Arc<str>, usize)>,
    /// The age of the oldest.
    pub oldest: Duration,
    /// For how long the one that has been at it the longest has been doing this.
    pub longest: Duration,
}

/// What the tasks of a group have in common.
type Key = (bool, &'static str, Option<u32>, *const Location<'static>);

/// The largest first.
pub(super) fn groups(dump: &Dump) -> Vec<Group<'_>> {
    let mut members: HashMap<Key, Vec<&Task>> = HashMap::new();
    for task in dump.tasks() {
        let location = std::ptr::from_ref(task.location);
        let key = (task.answered, dump.doing(task), task.trace, location);
        members.entry(key).or_default().push(task);
    }
    let mut groups: Vec<(u64, Group<'_>)> = members
        .into_values()
        .filter_map(|tasks| {
            let first = tasks.first()?;
            Some((first.id.get(), group(dump, first, &tasks)))
        })
        .collect();
    groups.sort_by(|(first, a), (second, b)| b.count.cmp(&a.count).then(first.cmp(second)));
    groups.into_iter().map(|(_, group)| group).collect()
}

fn group<'a>(dump: &'a Dump, first: &Task, tasks: &[&Task]) -> Group<'a> {
    let longest = |duration: fn(&Task) -> Duration| {
        let durations = tasks.iter().map(|task| duration(task));
        durations.max().unwrap_or_default()
    };
    let mut names: HashMap<&Arc<str>, usize> = HashMap::new();
    for task in tasks {
        *names.entry(&task.name).or_default() += 1;
    }
    let mut names: Vec<(Arc<str>, usize)> = names
        .into_iter()
        .map(|(name, count)| (Arc::clone(name), count))
        .collect();
    names.sort_unstable_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.cmp(b)));
    Group {
        count: tasks.len(),
        doing: dump.doing(first),
        answered: first.answered,
        trace: dump.trace(first),
        location: first.location,
        names,
        oldest: longest(|task| task.age),
        longest: longest(|task| task.since),
    }
}
