//! What changes the state: messages from the targets, keys, sizes, time.

mod keys;
mod lists;
mod live;
mod mouse;
mod news;
mod objects;

use cutaway_model::{At, Command, Message, ProfileKind};
use ratatui::crossterm::event::{KeyEvent, KeyEventKind, MouseEvent};

pub(crate) use keys::{place, place_below_help};
pub(crate) use live::lint_at;

use crate::fleet;
use crate::live::Replay;
use crate::state::{State, Tab};
use crate::target::Target;
use crate::view::geometry;

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
    /// Everything was forgotten that is about targets: a recording begins anew, somewhere.
    Rewind(At),
    /// Where the recording stands.
    Replay(Replay),
    /// The mouse, where it is used.
    Mouse(MouseEvent),
}

/// How often a watched profile that is a snapshot is taken, in seconds.
const SNAPSHOT_SECONDS: u32 = 5;

/// Takes in `input`. Answers what is to be asked of the targets because of it.
pub fn update(state: &mut State, input: Input) -> Vec<Command> {
    let mut commands = Vec::new();
    let after_key = !matches!(input, Input::Message(_) | Input::Tick(_));
    match input {
        Input::Message(message) => news::take_in(state, message),
        Input::Key(key) if key.kind != KeyEventKind::Release => {
            keys::press(state, key, &mut commands);
        }
        Input::Key(_) => {}
        Input::Resize(width, height) => state.size = (width, height),
        Input::Tick(now) => {
            state.now = state.now.max(now);
            live::probe(state, &mut commands);
        }
        Input::Rewind(at) => rewind(state, at),
        Input::Replay(replay) => state.live.replay = Some(replay),
        Input::Mouse(event) => mouse::act(state, event),
    }
    fleet::refresh(state, after_key);
    settle(state);
    watch(state, &mut commands);
    commands
}

/// Forgets what was read; where one looks stays.
fn rewind(state: &mut State, at: At) {
    for target in &mut state.targets {
        *target = Target::new(&target.info);
    }
    state.now = at;
    state.paused = None;
    state.variables.made_for = None;
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
