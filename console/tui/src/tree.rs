//! The variables of a target as the rows of a tree.
//!
//! Objects are branches, values are leaves; an object with a single value in it takes no row of its own. A filter shows
//! what matches, and the way to it, whatever is closed.

use std::collections::HashSet;

use cutaway_model::{Path, sanitize};

use crate::matcher::Matcher;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// How far it is indented.
    pub(crate) depth: u16,
    /// Its name, safe for the screen.
    pub(crate) label: String,
    /// What it stands for.
    pub(crate) node: Node,
}

/// What a row stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// An object.
    Branch {
        /// Its path.
        path: Path,
        /// Whether what is in it is shown.
        open: bool,
        /// How many values are in it.
        leaves: usize,
    },
    /// A variable.
    Leaf(Path),
}

/// All rows, and what the filter found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    /// From top to bottom.
    pub(crate) rows: Vec<Row>,
    /// How many variables match the filter.
    pub(crate) matched: usize,
    /// How many there are.
    pub(crate) total: usize,
}

/// An object with more values than this is closed at first.
const OPEN_AT_FIRST: usize = 16;
/// In a target with no more variables than this, everything is open at first.
const FEW: usize = 48;

impl Tree {
    /// The rows for `paths`, which are sorted. Those in `toggled` are open or closed against the rule.
    pub(crate) fn new<'a>(
        paths: impl Iterator<Item = &'a Path>,
        filter: &Matcher,
        toggled: &HashSet<Path>,
    ) -> Self {
        let mut total = 0;
        let matching = paths
            .inspect(|_| total += 1)
            .filter(|path| filter.is_everything() || filter.matches(&path.to_string()));
        let matching: Vec<&Path> = matching.collect();
        let everything_open = total <= FEW;
        let mut tree = Self {
            rows: Vec::new(),
            matched: matching.len(),
            total,
        };
        let builder = Builder {
            filtered: !filter.is_everything(),
            everything_open,
            toggled,
        };
        builder.add(&mut tree.rows, &matching, 0);
        tree
    }

    /// The row of the node at `path`.
    pub(crate) fn position(&self, path: &Path) -> Option<usize> {
        self.rows.iter().position(|row| row.node.path() == path)
    }
}

impl Node {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Branch { path, .. } | Self::Leaf(path) => path,
        }
    }
}

struct Builder<'a> {
    filtered: bool,
    everything_open: bool,
    toggled: &'a HashSet<Path>,
}

impl Builder<'_> {
    /// Adds `paths`, which have their first `depth` segments in common.
    fn add(&self, rows: &mut Vec<Row>, paths: &[&Path], depth: usize) {
        for group in paths.chunk_by(|a, b| a.segments().get(depth) == b.segments().get(depth)) {
            // A value and an object of the same name stand side by side.
            let (values, objects) =
                group.split_at(usize::from(group[0].segments().len() <= depth + 1));
            rows.extend(values.iter().map(|value| leaf(value, depth)));
            match objects {
                [] => {}
                [one] => rows.push(leaf(one, depth)),
                many => self.add_branch(rows, many, depth),
            }
        }
    }

    fn add_branch(&self, rows: &mut Vec<Row>, paths: &[&Path], depth: usize) {
        let segments = &paths[0].segments()[..=depth];
        let path = Path::new(segments.iter().cloned());
        let open = self.is_open(&path, paths.len());
        let label = label(&segments[depth..]);
        rows.push(Row {
            depth: depth as u16,
            label,
            node: Node::Branch {
                path,
                open,
                leaves: paths.len(),
            },
        });
        if open {
            self.add(rows, paths, depth + 1);
        }
    }

    fn is_open(&self, path: &Path, leaves: usize) -> bool {
        let at_first = self.everything_open || leaves <= OPEN_AT_FIRST;
        self.filtered || at_first != self.toggled.contains(path)
    }
}

fn leaf(path: &Path, depth: usize) -> Row {
    let label = label(path.segments().get(depth..).unwrap_or_default());
    Row {
        depth: depth as u16,
        label,
        node: Node::Leaf(path.clone()),
    }
}

fn label(segments: &[std::sync::Arc<str>]) -> String {
    let joined = segments.join(".");
    if joined.is_empty() {
        "\"\"".to_owned()
    } else {
        sanitize(&joined).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(paths: &[&str], filter: &str, toggled: &[&str]) -> Vec<String> {
        let mut paths: Vec<Path> = paths.iter().map(|path| Path::from(*path)).collect();
        paths.sort();
        let toggled = toggled.iter().map(|path| Path::from(*path)).collect();
        let tree = Tree::new(paths.iter(), &Matcher::new(filter), &toggled);
        let text = |row: &Row| {
            let mark = match row.node {
                Node::Branch { open: true, .. } => "▾ ",
                Node::Branch { open: false, .. } => "▸ ",
                Node::Leaf(_) => "",
            };
            format!("{}{mark}{}", "  ".repeat(usize::from(row.depth)), row.label)
        };
        tree.rows.iter().map(text).collect()
    }

    #[test]
    fn objects_are_branches_unless_they_hold_one_value() {
        let paths = ["a.x", "a.y", "b.only.one", "c"];
        assert_eq!(
            rows(&paths, "", &[]),
            ["▾ a", "  x", "  y", "b.only.one", "c"]
        );
        assert_eq!(rows(&paths, "", &["a"]), ["▸ a", "b.only.one", "c"]);
    }

    #[test]
    fn a_filter_opens_the_way_to_what_matches() {
        let paths = ["a.x.p50", "a.x.p99", "a.y.p99", "b"];
        assert_eq!(rows(&paths, "p99", &["a"]), ["▾ a", "  x.p99", "  y.p99"]);
    }

    #[test]
    fn a_value_and_an_object_may_share_a_name() {
        assert_eq!(
            rows(&["a", "a.x", "a.y"], "", &[]),
            ["a", "▾ a", "  x", "  y"]
        );
    }

    #[test]
    fn names_cannot_reach_the_terminal_unchanged() {
        assert_eq!(rows(&["\u{1b}[2J", ""], "", &[]), ["\"\"", "␛[2J"]);
    }

    #[test]
    fn large_objects_are_closed_at_first() {
        let paths: Vec<String> = (0..60).map(|at| format!("big.v{at}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        assert_eq!(rows(&paths, "", &[]), ["▸ big"]);
    }
}
