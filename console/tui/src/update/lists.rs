//! Moving about: cursors, scrolling, steps in the flame graph.

use super::objects::{close_or_leave, open_or_close};
use crate::keys::Action;
use crate::profiling::{Mode, Profiling};
use crate::state::{State, Tab};
use crate::view::{board, geometry, help, lints, overview, runtime};

pub(super) fn step(state: &mut State, action: Action) {
    let (columns, rows) = match action {
        Action::Left => (-1, 0),
        Action::Right => (1, 0),
        Action::Up => (0, -1),
        _ => (0, 1),
    };
    match state.tab {
        _ if state.help.is_some() => scroll(state, rows),
        tab if tab.is_profile() => step_profile(state, action, rows),
        Tab::Runtime | Tab::Lints | Tab::Explain => scroll(state, rows),
        _ if state.detail.is_some() => {}
        Tab::Overview if rows != 0 && state.targets.len() > 1 => scroll(state, rows),
        Tab::Board => {
            state.board.cursor = board::grid(state).step(state.board.cursor, columns, rows);
        }
        Tab::Variables if action == Action::Left => close_or_leave(state),
        Tab::Variables if action == Action::Right => open_or_close(state, |_| true),
        Tab::Variables => scroll(state, rows),
        _ => state.card = overview::grid(state).step(state.card, columns, rows),
    }
}

fn step_profile(state: &mut State, action: Action, rows: isize) {
    let profiling = state.profiling_mut();
    match (profiling.mode, action) {
        (Mode::Graph, _) => step_flame(profiling, action),
        (Mode::Callers, Action::Left) => profiling.sandwich.current_mut().step_aside(false),
        (Mode::Callers, Action::Right) => profiling.sandwich.current_mut().step_aside(true),
        (Mode::Callers, Action::Up) => profiling.sandwich.step_up(),
        (Mode::Callers, _) => profiling.sandwich.step_down(),
        _ => scroll(state, rows),
    }
}

fn step_flame(profiling: &mut Profiling, action: Action) {
    let upwards = profiling.upwards;
    let flame = &mut profiling.flame;
    match action {
        Action::Left => flame.step_aside(false),
        Action::Right => flame.step_aside(true),
        Action::Up if upwards => flame.step_in(),
        Action::Down if !upwards => flame.step_in(),
        _ => flame.step_out(),
    }
}

/// Moves the cursor of the list on the screen by so many rows, as far as there are.
pub(super) fn scroll(state: &mut State, rows: isize) {
    if let Some(top) = state.help {
        state.help = Some(moved(top, rows, help::last_top(state) + 1));
        return;
    }
    match state.tab {
        tab if tab.is_profile() => scroll_profile(state.profiling_mut(), rows),
        Tab::Overview if state.targets.len() > 1 => {
            let order = crate::fleet::order(state);
            let here = order.iter().position(|at| *at == state.selected);
            let next = here.map_or(0, |here| moved(here, rows, order.len()));
            let next = order.get(next).copied();
            state.selected = next.unwrap_or(state.selected);
        }
        Tab::Overview => {
            let count = state.target().map_or(0, |target| target.vitals.list.len());
            state.card = moved(state.card, rows, count);
        }
        Tab::Variables if state.detail.is_none() => {
            state.variables.cursor = moved(
                state.variables.cursor,
                rows,
                state.variables.tree.rows.len(),
            );
        }
        Tab::Board => {
            let count = state
                .target()
                .map_or(0, |target| state.board.charts(target).len());
            state.board.cursor = moved(state.board.cursor, rows, count);
        }
        Tab::Runtime => {
            let count = state
                .target()
                .map_or(0, |target| runtime::count(state, target));
            state.live.runtime = moved(state.live.runtime, rows, count);
        }
        Tab::Lints => state.live.lint = moved(state.live.lint, rows, lints::count(state)),
        Tab::Explain => {
            let count = state.live.explain.shown().len();
            state.live.explain.cursor = moved(state.live.explain.cursor, rows, count);
        }
        _ => {}
    }
}

fn scroll_profile(profiling: &mut Profiling, rows: isize) {
    match profiling.mode {
        Mode::Graph if rows < 0 => profiling.flame.step_home(),
        Mode::Graph => {}
        Mode::Callers => {
            profiling.sandwich.above = false;
            profiling.sandwich.callees.step_home();
        }
        Mode::Top => {
            let table = &mut profiling.table;
            let row = moved(table.cursor(), rows, table.shown().len());
            table.move_to(row);
        }
        Mode::Lines => {
            let lines = &mut profiling.lines;
            lines.cursor = moved(lines.cursor, rows, lines.rows.len());
        }
        Mode::Tags => {
            let tags = &mut profiling.tags;
            tags.cursor = moved(tags.cursor, rows, tags.rows.len());
        }
        Mode::Stacks => {
            let groups = &mut profiling.groups;
            groups.cursor = moved(groups.cursor, rows, groups.rows.len());
        }
    }
}

fn moved(from: usize, by: isize, count: usize) -> usize {
    from.saturating_add_signed(by).min(count.saturating_sub(1))
}

pub(super) fn page(state: &State) -> isize {
    (geometry::body(state.size).height as isize - 2).max(1)
}
