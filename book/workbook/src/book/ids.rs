//! An id stands once on a page: a link and a label can mean only one thing.

use super::expand::Expanded;
use super::problem::Problems;
use std::collections::BTreeSet;

/// Notes the ids that the finished page has `twice`, besides those in its pictures, at the line that repeats them.
pub(super) fn check(chapter: &Expanded, twice: Option<&BTreeSet<String>>, problems: &mut Problems) {
    for id in twice.into_iter().flatten() {
        problems.note(
            line(chapter, id),
            format!("the id {id:?} is on this page twice"),
        );
    }
    let mut seen = BTreeSet::new();
    for (reference, svg) in &chapter.pictures {
        let ids = svg
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        for id in ids.filter(|id| !seen.insert(*id)) {
            problems.note(
                line(chapter, reference),
                format!("the id {id:?} is in two pictures of this page"),
            );
        }
    }
}

/// The line of the last place that says so; the first one if it is nowhere to be seen.
fn line(chapter: &Expanded, what: &str) -> usize {
    let lines = chapter.text.lines().zip(&chapter.lines);
    let attribute = format!("id=\"{what}\"");
    let mut found = 1;
    for (text, line) in lines {
        if text.contains(&attribute) || text.contains(what) {
            found = *line;
        }
    }
    found
}
