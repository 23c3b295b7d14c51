//! What the mouse does, where it is used: tabs and lines are clicked, lists are scrolled.

use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::keys::show;
use super::lists::scroll;
use crate::state::{State, Tab};
use crate::view::{geometry, header};

/// Lines for one step of the wheel.
const STEP: isize = 3;

pub(super) fn act(state: &mut State, event: MouseEvent) {
    match event.kind {
        MouseEventKind::ScrollDown => scroll(state, STEP),
        MouseEventKind::ScrollUp => scroll(state, -STEP),
        MouseEventKind::Down(MouseButton::Left) => click(state, event.column, event.row),
        _ => {}
    }
}

fn click(state: &mut State, column: u16, row: u16) {
    let body = geometry::body(state.size);
    if row == 1 && body.y == 2 {
        if let Some(tab) = header::tab_at(state, column) {
            show(state, tab);
        }
        return;
    }
    if state.help.is_some()
        || state.detail.is_some()
        || !(body.y..body.y + body.height).contains(&row)
    {
        return;
    }
    let line = usize::from(row - body.y);
    match state.tab {
        Tab::Overview if state.targets.len() > 1 => {
            if let Some(target) = crate::view::fleet::target_at(state, line) {
                state.selected = target;
            }
        }
        Tab::Variables => {
            let top = usize::from(body.height > 6);
            let rows = usize::from(body.height) - top;
            let first = (state.variables.cursor + 1).saturating_sub(rows);
            let at = (first + line).checked_sub(top);
            if let Some(at) = at.filter(|at| *at < state.variables.tree.rows.len()) {
                state.variables.cursor = at;
            }
        }
        _ => {}
    }
}
