//! Opening and closing objects in the tree of variables.

use crate::state::State;
use crate::tree::Node;

pub(super) fn on_branch(state: &State) -> bool {
    let row = state.variables.tree.rows.get(state.variables.cursor);
    row.is_some_and(|row| matches!(row.node, Node::Branch { .. }))
}

/// Opens or closes the object under the cursor: `wanted` tells from whether it is open.
pub(super) fn open_or_close(state: &mut State, wanted: impl FnOnce(bool) -> bool) {
    let Some(target) = state.targets.get(state.selected) else {
        return;
    };
    let variables = &mut state.variables;
    let Some(row) = variables.tree.rows.get(variables.cursor) else {
        return;
    };
    let Node::Branch { path, open, .. } = &row.node else {
        return;
    };
    if wanted(*open) != *open {
        let path = path.clone();
        if !variables.toggled.remove(&path) {
            variables.toggled.insert(path);
        }
        variables.rebuild(target);
    }
}

/// Opens every object; if all are open, closes them.
pub(super) fn toggle_all(state: &mut State) {
    let Some(target) = state.targets.get(state.selected) else {
        return;
    };
    let any_closed = |state: &State| {
        let mut rows = state.variables.tree.rows.iter();
        rows.any(|row| matches!(row.node, Node::Branch { open: false, .. }))
    };
    let open = any_closed(state);
    // Objects within objects come to light one level at a time.
    loop {
        let variables = &mut state.variables;
        let wrong = variables
            .tree
            .rows
            .iter()
            .filter_map(|row| match &row.node {
                Node::Branch {
                    path,
                    open: is_open,
                    ..
                } if *is_open != open => Some(path.clone()),
                _ => None,
            });
        let wrong: Vec<_> = wrong.collect();
        let before = variables.tree.rows.len();
        for path in wrong {
            if !variables.toggled.remove(&path) {
                variables.toggled.insert(path);
            }
        }
        variables.rebuild(target);
        if variables.tree.rows.len() == before {
            break;
        }
    }
}

/// Closes the object under the cursor; from anything else goes to the object around it.
pub(super) fn close_or_leave(state: &mut State) {
    let rows = &state.variables.tree.rows;
    let Some(row) = rows.get(state.variables.cursor) else {
        return;
    };
    if matches!(row.node, Node::Branch { open: true, .. }) && state.variables.filter.is_empty() {
        open_or_close(state, |_| false);
    } else if let Some(around) = rows[..state.variables.cursor]
        .iter()
        .rposition(|other| other.depth < row.depth)
    {
        state.variables.cursor = around;
    }
}
