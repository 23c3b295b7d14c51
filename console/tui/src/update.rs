//! What changes the state: messages from the targets, keys, sizes, time.

use std::time::Duration;

use cutaway_model::{At, Command, Message, ProfileKind, TargetId};
use ratatui::crossterm::event::{KeyEvent, KeyEventKind};

use crate::health::Trouble;
use crate::keys::{self, Action, Place};
use crate::state::{State, Tab};
use crate::target::{Reading, Target};
use crate::tree::Node;
use crate::view::{board, geometry, help, overview};

/// What the state is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// News about a target.
    Message(Message),
    /// A key. Releases are ignored.
    Key(KeyEvent),
    /// The terminal's columns and rows.
    Resize(u16, u16),
    /// The present.
    Tick(At),
}

/// How often a watched profile that is a snapshot is taken, in seconds.
const SNAPSHOT_SECONDS: u32 = 5;

/// Takes in `input`. Answers what is to be asked of the targets because of it.
pub fn update(state: &mut State, input: Input) -> Vec<Command> {
    let mut commands = Vec::new();
    match input {
        Input::Message(message) => take_in(state, message),
        Input::Key(key) if key.kind != KeyEventKind::Release => press(state, key, &mut commands),
        Input::Key(_) => {}
        Input::Resize(width, height) => state.size = (width, height),
        Input::Tick(now) => state.now = state.now.max(now),
    }
    settle(state);
    watch(state, &mut commands);
    commands
}

/// Brings what is derived up to date: the tree, the flame graph, cursors.
fn settle(state: &mut State) {
    let Some(target) = state.targets.get(state.selected) else {
        return;
    };
    if state.variables.made_for != Some((target.info.id, target.shape)) {
        state.variables.rebuild(target);
    }
    state.card = state.card.min(target.vitals.list.len().saturating_sub(1));
    state.board.cursor = state
        .board
        .cursor
        .min(state.board.charts(target).len().saturating_sub(1));
    if state.tab == Tab::Cpu {
        let kind = offered(state, target);
        state.profiling.turn_to(target.info.id, kind);
        state
            .profiling
            .flame
            .set_width(geometry::body(state.size).width);
    }
}

/// The kind that is looked at, if this target has it; otherwise its first.
fn offered(state: &State, target: &Target) -> ProfileKind {
    let kind = state.profiling.kind;
    match target.profiles.as_deref() {
        Some(offered) if !offered.contains(&kind) => {
            offered.first().copied().unwrap_or(ProfileKind::Cpu)
        }
        _ => kind,
    }
}

/// Asks for the profile on the screen, and no longer for one that is not.
fn watch(state: &mut State, commands: &mut Vec<Command>) {
    let quitting = commands.contains(&Command::Quit);
    let looked_at = state.tab == Tab::Cpu && state.paused.is_none() && !quitting;
    let wanted = state
        .target()
        .filter(|_| looked_at)
        .map(|target| (target.info.id, state.profiling.kind));
    if wanted == state.watching {
        return;
    }
    if let Some((target, kind)) = state.watching {
        commands.insert(0, Command::StopProfile { target, kind });
        state.profiling.started = None;
    }
    if let Some((target, kind)) = wanted {
        let seconds = if kind == ProfileKind::Cpu {
            state.options.profile_seconds
        } else {
            SNAPSHOT_SECONDS
        };
        commands.push(Command::WatchProfile {
            target,
            kind,
            seconds,
        });
    }
    state.watching = wanted;
}

fn take_in(state: &mut State, message: Message) {
    let (limits, held) = (state.limits(), state.paused.is_some());
    if let Some(at) = time_of(&message) {
        state.now = state.now.max(at);
    }
    match message {
        Message::Targets(targets) => set_targets(state, &targets),
        Message::Endpoints {
            target, endpoints, ..
        } => on_target(state, target, |target| target.serves(&endpoints)),
        Message::Sample {
            target,
            at,
            took,
            source,
            values,
            kinds,
            warnings,
        } => {
            let reading = Reading {
                at,
                took,
                source,
                values: &values,
                kinds: &kinds,
                warnings,
            };
            on_target(state, target, |target| {
                target.sampled(&reading, limits, held)
            });
        }
        Message::Failed {
            target,
            at,
            source,
            cause,
            failures,
            retry_in,
        } => {
            let trouble = Trouble {
                cause,
                failures,
                retry: at + retry_in,
            };
            on_target(state, target, |target| target.failed(at, source, trouble));
        }
        Message::Restarted { target, at, why } => {
            on_target(state, target, |target| target.restarted(at, &why))
        }
        Message::ProfileStarted {
            target,
            at,
            kind,
            seconds,
        } => {
            if state.profiling.is_about(target, kind) {
                state.profiling.started = Some((at, Duration::from_secs(u64::from(seconds))));
            }
        }
        Message::Profile {
            target,
            at,
            kind,
            profile,
        } => {
            if state.profiling.is_about(target, kind) {
                state.profiling.captured(at, profile);
                if !held {
                    state.profiling.refresh();
                }
            }
        }
        Message::ProfileFailed {
            target,
            at,
            kind,
            cause,
        } => {
            if state.profiling.is_about(target, kind) {
                state.profiling.failed(at, cause);
            }
        }
    }
}

fn time_of(message: &Message) -> Option<At> {
    match message {
        Message::Targets(_) => None,
        Message::Endpoints { at, .. }
        | Message::Sample { at, .. }
        | Message::Failed { at, .. }
        | Message::Restarted { at, .. }
        | Message::ProfileStarted { at, .. }
        | Message::Profile { at, .. }
        | Message::ProfileFailed { at, .. } => Some(*at),
    }
}

fn set_targets(state: &mut State, infos: &[cutaway_model::TargetInfo]) {
    let mut old = std::mem::take(&mut state.targets);
    for info in infos {
        let known = old.iter().position(|target| target.info.id == info.id);
        state
            .targets
            .push(known.map_or_else(|| Target::new(info), |at| old.swap_remove(at)));
    }
    state.selected = state.selected.min(state.targets.len().saturating_sub(1));
}

fn on_target(state: &mut State, id: TargetId, change: impl FnOnce(&mut Target)) {
    if let Some(target) = state.target_mut(id) {
        change(target);
    }
}

/// Where keys go at present.
pub(crate) fn place(state: &State) -> Place {
    match state.tab {
        _ if state.help.is_some() => Place::Help,
        _ if state.typing => Place::Typing,
        Tab::Cpu => Place::Cpu,
        _ if state.detail.is_some() => Place::Detail,
        Tab::Overview => Place::Overview,
        Tab::Variables => Place::Variables,
        Tab::Board => Place::Board,
    }
}

fn press(state: &mut State, key: KeyEvent, commands: &mut Vec<Command>) {
    let place = place(state);
    match keys::action(place, key) {
        Some(Action::Quit) => commands.push(Command::Quit),
        Some(Action::ReadNow) => commands.extend(
            state
                .target()
                .map(|target| Command::PollNow(target.info.id)),
        ),
        Some(action) => act(state, action),
        None if place == Place::Typing => {
            if state.field_mut().is_some_and(|field| field.key(key)) {
                searched(state);
            }
        }
        None => {}
    }
}

fn act(state: &mut State, action: Action) {
    match action {
        Action::Quit | Action::ReadNow => {}
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
    }
}

fn show(state: &mut State, tab: Tab) {
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

fn pause(state: &mut State) {
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

fn on_branch(state: &State) -> bool {
    let row = state.variables.tree.rows.get(state.variables.cursor);
    row.is_some_and(|row| matches!(row.node, Node::Branch { .. }))
}

/// Opens or closes the object under the cursor: `wanted` tells from whether it is open.
fn open_or_close(state: &mut State, wanted: impl FnOnce(bool) -> bool) {
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
fn toggle_all(state: &mut State) {
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

fn step(state: &mut State, action: Action) {
    let (columns, rows) = match action {
        Action::Left => (-1, 0),
        Action::Right => (1, 0),
        Action::Up => (0, -1),
        _ => (0, 1),
    };
    match state.tab {
        _ if state.help.is_some() => scroll(state, rows),
        Tab::Cpu if state.profiling.tabular => scroll(state, rows),
        Tab::Cpu => step_flame(state, action),
        _ if state.detail.is_some() => {}
        Tab::Overview if rows != 0 && state.targets.len() > 1 => scroll(state, rows),
        Tab::Overview => state.card = overview::grid(state).step(state.card, columns, rows),
        Tab::Board => {
            state.board.cursor = board::grid(state).step(state.board.cursor, columns, rows)
        }
        Tab::Variables if action == Action::Left => close_or_leave(state),
        Tab::Variables if action == Action::Right => open_or_close(state, |_| true),
        Tab::Variables => scroll(state, rows),
    }
}

fn step_flame(state: &mut State, action: Action) {
    let upwards = state.profiling.upwards;
    let flame = &mut state.profiling.flame;
    match action {
        Action::Left => flame.step_aside(false),
        Action::Right => flame.step_aside(true),
        Action::Up if upwards => flame.step_in(),
        Action::Down if !upwards => flame.step_in(),
        _ => flame.step_out(),
    }
}

/// Closes the object under the cursor; from anything else goes to the object around it.
fn close_or_leave(state: &mut State) {
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

/// Moves the cursor of the list on the screen by so many rows, as far as there are.
fn scroll(state: &mut State, rows: isize) {
    if let Some(top) = state.help {
        state.help = Some(moved(top, rows, help::last_top(state.size) + 1));
        return;
    }
    match state.tab {
        Tab::Cpu if state.profiling.tabular => {
            let table = &mut state.profiling.table;
            let row = moved(table.cursor(), rows, table.shown().len());
            table.move_to(row);
        }
        Tab::Cpu if rows < 0 => state.profiling.flame.step_home(),
        Tab::Overview if state.targets.len() > 1 => {
            state.selected = moved(state.selected, rows, state.targets.len())
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
        Tab::Cpu | Tab::Variables => {}
    }
}

fn moved(from: usize, by: isize, count: usize) -> usize {
    from.saturating_add_signed(by).min(count.saturating_sub(1))
}

fn page(state: &State) -> isize {
    (geometry::body(state.size).height as isize - 2).max(1)
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
