//! What keys do to the state.

use std::sync::Arc;

use cutaway_model::{Command, Export, ProfileKind};
use ratatui::crossterm::event::KeyEvent;

use super::lists::{page, scroll, step};
use super::live;
use super::objects::{on_branch, open_or_close, toggle_all};
use crate::keys::{Action, Place};
use crate::profiling::{Aim, FilterKind, Mode, Profiling};
use crate::state::{Ask, State, Tab};

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
        _ if state.typing.is_some() => Place::Typing,
        Tab::Explain => Place::Explain,
        _ if live::selecting(state) => Place::Range,
        tab if tab.is_profile() => Place::Profile,
        _ if state.detail.is_some() => Place::Detail,
        Tab::Variables => Place::Variables,
        Tab::Board => Place::Board,
        Tab::Runtime => Place::Runtime,
        Tab::Lints => Place::Lints,
        _ => Place::Overview,
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
        Some(Action::Accept) => commands.extend(accept(state)),
        Some(action) => perform(state, action, commands),
        None if place == Place::Typing && state.field_mut().is_some_and(|field| field.key(key)) => {
            searched(state);
        }
        None => {}
    }
}

/// Does what an action says.
pub(super) fn perform(state: &mut State, action: Action, commands: &mut Vec<Command>) {
    if !live::act(state, action, commands) {
        act(state, action);
    }
}

fn act(state: &mut State, action: Action) {
    match action {
        Action::Quit | Action::Suspend | Action::ReadNow | Action::Accept => {}
        Action::Help => state.help = if state.help.is_some() { None } else { Some(0) },
        Action::Show(tab) => show(state, tab),
        Action::NextTab => show(state, neighbour(state.tab, 1)),
        Action::PreviousTab => show(state, neighbour(state.tab, Tab::ALL.len() - 1)),
        Action::NextTarget => select_target(state, 1),
        Action::PreviousTarget => select_target(state, state.targets.len().saturating_sub(1)),
        Action::Pause => pause(state),
        Action::Filter => state.typing = state.field().map(|_| Ask::Search),
        Action::Back => back(state),
        Action::Enter => enter(state),
        Action::Up | Action::Down | Action::Left | Action::Right => step(state, action),
        Action::PageUp => scroll(state, -page(state)),
        Action::PageDown => scroll(state, page(state)),
        Action::First => scroll(state, isize::MIN),
        Action::Last => scroll(state, isize::MAX),
        Action::FlipRate => flip_rate(state),
        Action::ToggleAll => toggle_all(state),
        Action::Longer => lengthen(state, true),
        Action::Shorter => lengthen(state, false),
        Action::Pin => pin(state),
        _ => look(state, action),
    }
}

/// What only profiles know.
fn look(state: &mut State, action: Action) {
    match action {
        Action::FilterBy(kind) => state.typing = Some(Ask::Filter(kind)),
        Action::OpenBase => ask_for_file(state, Ask::Base),
        Action::Export => ask_for_file(state, Ask::Export),
        Action::Insert => insert_function(state),
        Action::NextProfile => turn_profile(state, true),
        Action::PreviousProfile => turn_profile(state, false),
        _ => {
            let profiling = state.profiling_mut();
            match action {
                Action::Look(mode) if profiling.mode == mode => drop(profiling.turn_home()),
                Action::Look(mode) => profiling.turn(mode),
                Action::NextMode => profiling.turn(neighbour_mode(profiling.mode, 1)),
                Action::PreviousMode => {
                    profiling.turn(neighbour_mode(profiling.mode, Mode::ALL.len() - 1));
                }
                Action::Order => profiling.next_order(),
                Action::TurnOver => profiling.upwards = !profiling.upwards,
                Action::ToggleFold => profiling.toggle_fold(),
                Action::NextMatch => step_match(profiling, true),
                Action::PreviousMatch => step_match(profiling, false),
                Action::NextMeasure => profiling.next_sample_type(),
                Action::TagIgnore => filter_by_tag(profiling, FilterKind::TagIgnore),
                Action::NoFilters => {
                    profiling.filters.clear();
                    profiling.refresh();
                }
                Action::Mark => profiling.mark(),
                Action::Compare => profiling.next_compare(),
                _ => {}
            }
        }
    }
}

fn neighbour_mode(mode: Mode, steps: usize) -> Mode {
    let here = Mode::ALL
        .iter()
        .position(|other| *other == mode)
        .unwrap_or(0);
    Mode::ALL[(here + steps) % Mode::ALL.len()]
}

fn step_match(profiling: &mut Profiling, forward: bool) {
    if profiling.mode == Mode::Callers {
        profiling.sandwich.current_mut().step_match(forward);
    } else {
        profiling.flame.step_match(forward);
    }
}

fn filter_by_tag(profiling: &mut Profiling, kind: FilterKind) {
    if profiling.mode != Mode::Tags {
        return;
    }
    let row = profiling.tags.selected();
    let filter = row.and_then(|row| row.value.as_ref().map(|(_, filter)| Arc::clone(filter)));
    if let Some(filter) = filter {
        profiling.filters.field_mut(kind).set(&filter);
        profiling.refresh();
    }
}

fn ask_for_file(state: &mut State, what: Ask) {
    state.file.clear();
    state.notice = None;
    state.typing = Some(what);
}

/// Puts the selected function into the filter being typed, as an expression for its whole name.
fn insert_function(state: &mut State) {
    let Some(Ask::Filter(FilterKind::Focus | FilterKind::Ignore | FilterKind::Hide)) = state.typing
    else {
        return;
    };
    let function = state.profiling().selected_function();
    if let (Some(function), Some(field)) = (function, state.field_mut()) {
        field.set(&format!("^{}$", regex::escape(&function)));
    }
}

/// Ends typing and does what it was for.
fn accept(state: &mut State) -> Option<Command> {
    let what = state.typing.take();
    let file = state.file.as_str().trim().to_owned();
    match what {
        Some(Ask::Filter(_)) => {
            state.profiling_mut().refresh();
            None
        }
        Some(Ask::Base) if !file.is_empty() => Some(Command::ReadBase(file)),
        Some(Ask::Export) if !file.is_empty() => {
            let profiling = state.profiling();
            let [now, base] = profiling.profiles();
            Some(Command::Export(Export {
                path: file,
                now,
                base,
                sample_type: profiling.measure().map(|(kind, _)| kind.to_owned()),
            }))
        }
        _ => None,
    }
}

pub(super) fn show(state: &mut State, tab: Tab) {
    if state.still.is_some() {
        return;
    }
    state.notice = None;
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
        state.profiles_mut().iter_mut().for_each(Profiling::refresh);
    }
}

/// Undoes the last thing that narrowed the view.
fn back(state: &mut State) {
    if let Some(what) = state.typing {
        if let Some(field) = state.field_mut() {
            field.clear();
        }
        state.typing = None;
        match what {
            Ask::Search => searched(state),
            Ask::Filter(_) => state.profiling_mut().refresh(),
            Ask::Base | Ask::Export => {}
        }
    } else if state.tab.is_profile() {
        back_in_profile(state);
    } else if state.detail.is_some() {
        state.detail = None;
    } else if state.field().is_some_and(|field| !field.is_empty()) {
        clear_search(state);
    }
}

fn back_in_profile(state: &mut State) {
    state.notice = None;
    let profiling = state.profiling_mut();
    if profiling.mode == Mode::Graph && profiling.flame.is_zoomed() {
        profiling.flame.zoom_out();
    } else if profiling.search.is_empty() {
        profiling.turn_home();
    } else {
        clear_search(state);
    }
}

fn clear_search(state: &mut State) {
    if let Some(field) = state.field_mut() {
        field.clear();
    }
    searched(state);
}

/// What is typed changed.
fn searched(state: &mut State) {
    if !matches!(state.typing, None | Some(Ask::Search)) {
        // Filters and files cost: they count when they are complete.
        return;
    }
    match (state.tab, state.targets.get(state.selected)) {
        (tab, _) if tab.is_profile() => state.profiling_mut().search_again(),
        (Tab::Explain, _) => state.live.explain.cursor = 0,
        (Tab::Overview, _) => {}
        (_, Some(target)) => state.variables.rebuild(target),
        _ => {}
    }
}

fn enter(state: &mut State) {
    match state.tab {
        tab if tab.is_profile() => enter_profile(state.profiling_mut()),
        Tab::Variables if on_branch(state) => open_or_close(state, |open| !open),
        _ => state.detail = state.under_cursor(),
    }
}

fn enter_profile(profiling: &mut Profiling) {
    match profiling.mode {
        Mode::Graph => profiling.flame.zoom_in(),
        Mode::Top | Mode::Lines => {
            if let Some(name) = profiling.selected_function() {
                profiling.turn_to_see(Mode::Graph, Aim::Function(name));
            }
        }
        Mode::Callers => profiling.turn(Mode::Callers),
        Mode::Tags => filter_by_tag(profiling, FilterKind::TagFocus),
        Mode::Stacks => {
            if let Some(path) = profiling.groups.selected_path() {
                profiling.turn_to_see(Mode::Graph, Aim::Path(path));
            }
        }
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
    if state.tab.is_profile() {
        state.profiling_mut().change_keep(longer);
    } else {
        state.change_window(longer);
    }
}

/// Turns to another kind of this view that the target has.
fn turn_profile(state: &mut State, forward: bool) {
    let Some(target) = state.target().filter(|_| state.still.is_none()) else {
        return;
    };
    let (id, profiling) = (target.info.id, state.profiling());
    let offered = profiling.kinds.iter().copied();
    let offered: Vec<ProfileKind> = offered.filter(|kind| target.offers(*kind)).collect();
    let here = offered.iter().position(|kind| *kind == profiling.kind);
    let steps = if forward {
        1
    } else {
        offered.len().saturating_sub(1)
    };
    let next = here.and_then(|here| offered.get((here + steps) % offered.len().max(1)));
    if let Some(kind) = next.copied() {
        state.profiling_mut().turn_to(id, kind);
    }
}
