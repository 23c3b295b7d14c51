//! Distinct stacks with what each amounts to: tasks that wait at the same place are one line.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::flame::Stacks;
use crate::matcher::Matcher;

/// The stacks, the largest first; in a comparison, those that changed most.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    pub(crate) rows: Vec<Group>,
    /// The row the cursor is on.
    pub(crate) cursor: usize,
}

/// One stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// Its innermost node.
    pub(crate) node: u32,
    pub(crate) amount: i64,
    pub(crate) base: i64,
    /// Its frames' names, the innermost first: what it is known by.
    path: Vec<Arc<str>>,
}

impl Groups {
    /// Lists the stacks of a tree, those the search matches; the cursor stays on its stack.
    pub(super) fn show(&mut self, stacks: &Stacks, search: &Matcher) {
        let old = self.selected().map(|group| group.path.clone());
        let nodes = stacks.nodes.iter().zip(0_u32..).skip(1);
        let ends = nodes.filter(|(node, _)| node.flat != 0 || node.base_flat != 0);
        let group = |(node, at): (&crate::flame::Node, u32)| {
            let mut path = stacks.path(at);
            path.reverse();
            Group {
                node: at,
                amount: node.flat,
                base: node.base_flat,
                path: path.into_iter().map(|(name, _)| name).collect(),
            }
        };
        let matches = |group: &Group| group.path.iter().any(|name| search.matches(name));
        self.rows = ends.map(group).filter(matches).collect();
        let order = |group: &Group| Reverse(group.change().unsigned_abs());
        self.rows
            .sort_by(|a, b| (order(a), &a.path).cmp(&(order(b), &b.path)));
        let found = old.and_then(|old| self.rows.iter().position(|group| group.path == old));
        self.cursor = found
            .unwrap_or(self.cursor)
            .min(self.rows.len().saturating_sub(1));
    }

    pub(crate) fn selected(&self) -> Option<&Group> {
        self.rows.get(self.cursor)
    }
}

impl Group {
    /// How much more there is than in the base.
    pub(crate) fn change(&self) -> i64 {
        self.amount.saturating_sub(self.base)
    }
}
