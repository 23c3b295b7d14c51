//! What the mouse does, where it is used: what is clicked is selected, what is selected already is opened, headings sort,
//! frames are zoomed into, and the wheel moves as the arrows do.

use cutaway_model::Command;
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::keys::{perform, show};
use super::lists::{scroll, step};
use crate::draw::Hit;
use crate::flame::Order;
use crate::fleet::Column;
use crate::keys::Action;
use crate::profiling::{Mode, Profiling};
use crate::state::{State, Tab};
use crate::view::{self, geometry, header};

/// Lines for one step of the wheel.
const STEP: isize = 3;

pub(super) fn act(state: &mut State, event: MouseEvent, commands: &mut Vec<Command>) {
    match event.kind {
        MouseEventKind::ScrollDown => wheel(state, true),
        MouseEventKind::ScrollUp => wheel(state, false),
        MouseEventKind::Down(MouseButton::Left) => {
            click(state, event.column, event.row, commands);
        }
        _ => {}
    }
}

fn wheel(state: &mut State, down: bool) {
    let in_graph = state.help.is_none()
        && state.tab.is_profile()
        && matches!(state.profiling().mode, Mode::Graph | Mode::Callers);
    if in_graph {
        step(state, if down { Action::Down } else { Action::Up });
    } else {
        scroll(state, if down { STEP } else { -STEP });
    }
}

fn click(state: &mut State, column: u16, row: u16, commands: &mut Vec<Command>) {
    if row == 1 && geometry::body(state.size).y == 2 {
        if let Some(tab) = header::tab_at(state, column) {
            show(state, tab);
        }
        return;
    }
    if state.help.is_some() {
        return;
    }
    match view::hit(state, column, row) {
        Some(Hit::Item(at)) => match cursor(state) {
            Some(cursor) if *cursor != at => *cursor = at,
            Some(_) => perform(state, Action::Enter, commands),
            None => move_in_table(state, at, commands),
        },
        Some(Hit::Target(at)) if state.selected == at => perform(state, Action::Enter, commands),
        Some(Hit::Target(at)) => state.selected = at,
        Some(Hit::Heading(place)) if state.tab.is_profile() => {
            sort_functions(state.profiling_mut(), place);
        }
        Some(Hit::Heading(place)) => sort_fleet(state, Column::ALL[place]),
        Some(Hit::Function(at)) => select_function(state.profiling_mut(), at),
        Some(Hit::Frame { node, above }) => zoom(state.profiling_mut(), node, above),
        None => {}
    }
}

/// The cursor of the list on the screen; the table of functions keeps its own.
fn cursor(state: &mut State) -> Option<&mut usize> {
    match state.tab {
        tab if tab.is_profile() => {
            let profiling = state.profiling_mut();
            match profiling.mode {
                Mode::Lines => Some(&mut profiling.lines.cursor),
                Mode::Tags => Some(&mut profiling.tags.cursor),
                Mode::Stacks => Some(&mut profiling.groups.cursor),
                Mode::Graph | Mode::Callers | Mode::Top => None,
            }
        }
        Tab::Overview => Some(&mut state.card),
        Tab::Variables => Some(&mut state.variables.cursor),
        Tab::Board => Some(&mut state.board.cursor),
        Tab::Runtime => Some(&mut state.live.runtime),
        Tab::Lints => Some(&mut state.live.lint),
        Tab::Explain => Some(&mut state.live.explain.cursor),
        _ => None,
    }
}

fn move_in_table(state: &mut State, at: usize, commands: &mut Vec<Command>) {
    let table = &mut state.profiling_mut().table;
    if table.cursor() == at {
        return perform(state, Action::Enter, commands);
    }
    table.move_to(at);
}

/// Sorts by a column; the other way round if it is sorted by it already.
fn sort_fleet(state: &mut State, column: Column) {
    let fleet = &mut state.live.fleet;
    if fleet.sort == column {
        fleet.reversed ^= true;
    } else {
        (fleet.sort, fleet.reversed) = (column, false);
    }
}

/// Sorts by flat, cum or name, in this order.
fn sort_functions(profiling: &mut Profiling, place: usize) {
    const ORDERS: [Order; 3] = [Order::Flat, Order::Cum, Order::Name];
    let wanted = ORDERS[place.min(ORDERS.len() - 1)];
    // There is a fourth order in comparisons.
    for _ in 0..=ORDERS.len() {
        if profiling.table.order() == wanted {
            return;
        }
        profiling.next_order();
    }
}

fn select_function(profiling: &mut Profiling, at: usize) {
    let name = profiling.table.shown().nth(at).map(|row| row.name.clone());
    if let Some(name) = name {
        profiling.flame.select_function(&name);
    }
}

/// Selects a frame and zooms into it; out of it again if that is done already.
fn zoom(profiling: &mut Profiling, node: u32, above: bool) {
    let flame = if profiling.mode == Mode::Callers {
        profiling.sandwich.above = above;
        profiling.sandwich.current_mut()
    } else {
        &mut profiling.flame
    };
    if flame.zoom() == node {
        flame.zoom_out();
    } else {
        flame.select_in_view(node);
        flame.zoom_in();
    }
}
