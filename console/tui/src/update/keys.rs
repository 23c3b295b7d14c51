//! What keys do to the state.

use cutaway_model::Command;
use ratatui::crossterm::event::KeyEvent;

use super::lists::{page, scroll, step};
use super::live;
use super::objects::{on_branch, open_or_close, toggle_all};
use crate::keys::{Action, Place};
use crate::state::{State, Tab};

/// Where keys go at present.
pub(crate) fn place(state: &State) -> Place {
    if state.help.is_some() {
        Place::Help
    } else {
        place_below_help(state)
    }
}

/// Where keys go when the list of keys is closed.
pub(crate) fn place_below_help(state: &State) -> Place {
    match state.tab {
        _ if state.typing => Place::Typing,
        Tab::Explain => Place::Explain,
        _ if live::selecting(state) => Place::Range,
        Tab::Cpu => Place::Cpu,
        _ if state.detail.is_some() => Place::Detail,
        Tab::Overview => Place::Overview,
        Tab::Variables => Place::Variables,
        Tab::Board => Place::Board,
        Tab::Runtime => Place::Runtime,
        Tab::Lints => Place::Lints,
    }
}

pub(super) fn press(state: &mut State, key: KeyEvent, commands: &mut Vec<Command>) {
    let place = place(state);
    match state.live.keymap.action(place, key) {
        Some(Action::Quit) => commands.push(Command::Quit),
        Some(Action::Suspend) => commands.push(Command::Suspend),
        Some(Action::ReadNow) => commands.extend(
            state
                .target()
                .map(|target| Command::PollNow(target.info.id)),
        ),
        Some(action) => {
            let done = live::act(state, action, commands);
            if !done {
                act(state, action);
            }
        }
        None if place == Place::Typing && state.field_mut().is_some_and(|field| field.key(key)) => {
            searched(state);
        }
        None => {}
    }
}

fn act(state: &mut State, action: Action) {
    match action {
        Action::Help => state.help = if state.help.is_some() { None } else { Some(0) },
        Action::Show(tab) => show(state, tab),
        Action::NextTab => show(state, neighbour(state.tab, 1)),
        Action::PreviousTab => show(state, neighbour(state.tab, Tab::ALL.len() - 1)),
        Action::NextTarget => select_target(state, 1),
        Action::PreviousTarget => select_target(state, state.targets.len().saturating_sub(1)),
        Action::Pause => pause(state),
        Action::Filter => state.typing = state.field().is_some(),
        Action::Accept => state.typing = false,
        Action::Back => back(state),
        Action::Enter => enter(state),
        Action::Up | Action::Down | Action::Left | Action::Right => step(state, action),
        Action::PageUp => scroll(state, -page(state)),
        Action::PageDown => scroll(state, page(state)),
        Action::First => scroll(state, isize::MIN),
        Action::Last => scroll(state, isize::MAX),
        Action::Pin => pin(state),
        Action::FlipRate => flip_rate(state),
        Action::ToggleAll => toggle_all(state),
        Action::Longer => lengthen(state, true),
        Action::Shorter => lengthen(state, false),
        Action::ToggleTable => state.profiling.tabular = !state.profiling.tabular,
        Action::TurnOver => state.profiling.upwards = !state.profiling.upwards,
        Action::ToggleFold => {
            state.profiling.fold = !state.profiling.fold;
            state.profiling.refresh();
        }
        Action::NextMatch => state.profiling.flame.step_match(true),
        Action::PreviousMatch => state.profiling.flame.step_match(false),
        Action::NextProfile => turn_profile(state, true),
        Action::PreviousProfile => turn_profile(state, false),
        Action::NextMeasure => state.profiling.next_sample_type(),
        // Done already.
        _ => {}
    }
}

pub(super) fn show(state: &mut State, tab: Tab) {
    state.help = None;
    state.detail = None;
    state.tab = tab;
}

fn neighbour(tab: Tab, steps: usize) -> Tab {
    let here = Tab::ALL.iter().position(|other| *other == tab).unwrap_or(0);
    Tab::ALL[(here + steps) % Tab::ALL.len()]
}

fn select_target(state: &mut State, steps: usize) {
    if !state.targets.is_empty() {
        state.selected = (state.selected + steps) % state.targets.len();
    }
}

pub(super) fn pause(state: &mut State) {
    let held = state.paused.is_none();
    state.paused = held.then_some(state.now);
    state
        .targets
        .iter_mut()
        .for_each(|target| target.hold(held));
    if !held {
        state.profiling.refresh();
    }
}

/// Undoes the last thing that narrowed the view.
fn back(state: &mut State) {
    if state.typing {
        state.typing = false;
        clear_search(state);
    } else if state.detail.is_some() && state.tab != Tab::Cpu {
        state.detail = None;
    } else if state.tab == Tab::Cpu && !state.profiling.tabular && state.profiling.flame.is_zoomed()
    {
        state.profiling.flame.zoom_out();
    } else if state.field().is_some_and(|field| !field.is_empty()) {
        clear_search(state);
    } else if state.tab == Tab::Cpu {
        state.profiling.tabular = false;
    }
}

fn clear_search(state: &mut State) {
    if let Some(field) = state.field_mut() {
        field.clear();
    }
    searched(state);
}

/// The filter or search changed.
fn searched(state: &mut State) {
    match (state.tab, state.targets.get(state.selected)) {
        (Tab::Cpu, _) => state.profiling.search_again(),
        (Tab::Explain, _) => state.live.explain.cursor = 0,
        (Tab::Overview, _) => {}
        (_, Some(target)) => state.variables.rebuild(target),
        _ => {}
    }
}

fn enter(state: &mut State) {
    match state.tab {
        Tab::Cpu if state.profiling.tabular => {
            let name = state.profiling.table.selected().map(|row| row.name.clone());
            if let Some(name) = name {
                state.profiling.flame.select_function(&name);
                state.profiling.tabular = false;
            }
        }
        Tab::Cpu => state.profiling.flame.zoom_in(),
        Tab::Variables if on_branch(state) => open_or_close(state, |open| !open),
        _ => state.detail = state.under_cursor(),
    }
}

fn pin(state: &mut State) {
    let Some(target) = state.targets.get(state.selected) else {
        return;
    };
    if state.tab == Tab::Board && state.detail.is_none() {
        state.board.remove_selected(target);
    } else if let Some(path) = state.under_cursor() {
        state.board.toggle(&path);
    }
}

fn flip_rate(state: &mut State) {
    if let Some(path) = state.under_cursor()
        && !state.flipped.remove(&path)
    {
        state.flipped.insert(path);
    }
}

fn lengthen(state: &mut State, longer: bool) {
    if state.tab == Tab::Cpu {
        state.profiling.change_keep(longer);
    } else {
        state.change_window(longer);
    }
}

fn turn_profile(state: &mut State, forward: bool) {
    let Some(target) = state.target() else { return };
    let offered = target.profiles.clone().unwrap_or_default();
    let here = offered
        .iter()
        .position(|kind| *kind == state.profiling.kind);
    let steps = if forward {
        1
    } else {
        offered.len().saturating_sub(1)
    };
    let next = here.and_then(|here| offered.get((here + steps) % offered.len().max(1)));
    if let (Some(kind), id) = (next.copied(), target.info.id) {
        state.profiling.turn_to(id, kind);
    }
}
