//! Distinct stacks with what each amounts to: tasks that wait at the same place are one line.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use crate::flame::{Stacks, Step};
use crate::matcher::Matcher;

/// The stacks, the largest first; in a comparison, those that changed most.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    /// The tree that they are in.
    pub(crate) stacks: Arc<Stacks>,
    pub(crate) rows: Vec<Group>,
    /// The row the cursor is on.
    pub(crate) cursor: usize,
}

/// One stack.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// Its innermost node.
    pub(crate) node: u32,
    pub(crate) amount: i64,
    pub(crate) base: i64,
}

impl Groups {
    /// Lists these stacks; the cursor stays on its stack. Answers those of before.
    pub(super) fn put(&mut self, stacks: Arc<Stacks>, rows: Vec<Group>) -> Self {
        let path = self.selected_path();
        let cursor = self.cursor.min(rows.len().saturating_sub(1));
        let next = Self {
            stacks,
            rows,
            cursor,
        };
        let old = std::mem::replace(self, next);
        if let Some(path) = path {
            let node = self.stacks.find(&path);
            let is_it = |group: &Group| group.node == node && self.stacks.path(node) == path;
            if let Some(found) = self.rows.iter().position(is_it) {
                self.cursor = found;
            }
        }
        old
    }

    pub(crate) fn selected(&self) -> Option<&Group> {
        self.rows.get(self.cursor)
    }

    /// The frames of the selected stack, from the root on.
    pub(crate) fn selected_path(&self) -> Option<Vec<Step>> {
        Some(self.stacks.path(self.selected()?.node))
    }
}

impl Group {
    /// How much more there is than in the base.
    pub(crate) fn change(&self) -> i64 {
        self.amount.saturating_sub(self.base)
    }
}

/// The stacks of a tree that the search matches, in their order.
pub(super) fn group_rows(stacks: &Stacks, search: &Matcher) -> Vec<Group> {
    let matched = search.matched_of(stacks.frames.iter().map(|frame| &*frame.name));
    let names = |node: u32| std::iter::successors(Some(node), |at| stacks.parent(*at));
    let frame = |node: u32| stacks.nodes[node as usize].frame as usize;
    let nodes = stacks.nodes.iter().zip(0_u32..).skip(1);
    let ends = nodes.filter(|(node, _)| node.flat != 0 || node.base_flat != 0);
    let group = |(node, at): (&crate::flame::Node, u32)| Group {
        node: at,
        amount: node.flat,
        base: node.base_flat,
    };
    let matches = |group: &Group| {
        let Some(matched) = &matched else { return true };
        names(group.node).any(|node| matched[frame(node)])
    };
    let mut rows: Vec<Group> = ends.map(group).filter(matches).collect();
    // Of equals, by the names of their frames, the innermost first.
    let by_names = |a: &Group, b: &Group| -> Ordering {
        let name = |node: u32| &*stacks.frames[frame(node)].name;
        names(a.node).map(name).cmp(names(b.node).map(name))
    };
    let size = |group: &Group| Reverse(group.change().unsigned_abs());
    rows.sort_by(|a, b| size(a).cmp(&size(b)).then_with(|| by_names(a, b)));
    rows
}
