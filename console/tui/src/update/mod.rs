//! What changes the state: messages from the targets, keys, sizes, time.

mod keys;
mod lists;
mod live;
mod mouse;
mod news;
mod objects;
pub(crate) mod replicas;
mod rings;

use std::sync::Arc;

use cutaway_model::{At, Command, Message, Profile, ProfileKind, TargetId};
use ratatui::crossterm::event::{KeyEvent, KeyEventKind, MouseEvent};

pub(crate) use keys::{place, place_below_help};
pub(crate) use live::lint_at;

use crate::fleet;
use crate::live::Replay;
use crate::profiling::{Mode, Prepared};
use crate::state::State;
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
    /// What came of a command that is about a file.
    File(FileNews),
    /// What came of [`Work`](crate::Work).
    Prepared(Prepared),
}

/// What came of a command that is about a file.
#[derive(Clone, Debug)]
pub enum FileNews {
    /// The file of [`State::of_file`] was read.
    Opened {
        /// The profile.
        profile: Arc<Profile>,
        /// What it is compared with.
        base: Option<Arc<Profile>>,
        /// What there is to say about it.
        complaint: Option<String>,
    },
    /// Of [`Command::Export`]: what was written, or why nothing was.
    Exported(Result<String, String>),
    /// Of [`Command::ReadBase`].
    Base {
        /// The file.
        path: String,
        /// The profile, or why there is none.
        read: Result<Arc<Profile>, String>,
    },
    /// Of [`Command::ReadSource`].
    Source {
        /// The file.
        path: String,
        /// Its lines, or why there are none.
        read: Result<Vec<String>, String>,
    },
}

/// How often a watched profile that is a snapshot is taken, in seconds.
const SNAPSHOT_SECONDS: u32 = 5;

/// Takes in `input`. Answers what is to be asked of the targets because of it.
pub fn update(state: &mut State, input: Input) -> Vec<Command> {
    let mut commands = Vec::new();
    let after_key = !matches!(input, Input::Message(_) | Input::Tick(_));
    let passed = matches!(input, Input::Tick(_));
    let found = matches!(
        input,
        Input::Message(Message::Targets(_) | Message::Endpoints { .. })
    );
    let listed = matches!(input, Input::Message(Message::Targets(_)));
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
        Input::Mouse(event) => mouse::act(state, event, &mut commands),
        Input::File(news) => news::take_file(state, news),
        Input::Prepared(prepared) => state.take_prepared(prepared),
    }
    // The table's rows are places in the list.
    fleet::refresh(state, after_key || listed);
    settle(state);
    if after_key || passed || found {
        replicas::settle(state);
    }
    ask_for_source(state, &mut commands);
    watch(state, &mut commands);
    if after_key || found {
        rings::ask(state, &mut commands);
    }
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
    if state.tab.is_profile() && state.still.is_none() {
        let (kind, id) = (kind_to_show(state, target), target.info.id);
        state.profiling_mut().turn_to(id, kind);
    }
    if state.tab.is_profile() {
        let width = geometry::body(state.size).width;
        state.profiling_mut().set_width(width);
        state.profiling_mut().bring_up();
    }
}

/// The kind that is looked at, if this target has it; otherwise the first of this view's that it has.
fn kind_to_show(state: &State, target: &Target) -> ProfileKind {
    let profiling = state.profiling();
    let Some(offered) = target.profiles.as_deref() else {
        return profiling.kind;
    };
    let mut kinds = std::iter::once(&profiling.kind).chain(profiling.kinds);
    let known = kinds.find(|kind| offered.contains(kind));
    known.copied().unwrap_or(profiling.kind)
}

/// Asks for the source of the lines on the screen.
fn ask_for_source(state: &mut State, commands: &mut Vec<Command>) {
    if !state.tab.is_profile() || state.profiling().mode != Mode::Lines {
        return;
    }
    let row = state.profiling().lines.selected();
    let file = row
        .map(|row| Arc::clone(&row.file))
        .filter(|file| !file.is_empty());
    if let Some(file) = file
        && state.sources.ask(&file)
    {
        commands.push(Command::ReadSource(file));
    }
}

/// Asks for the profiles on the screen, and no longer for those that are not.
fn watch(state: &mut State, commands: &mut Vec<Command>) {
    let quitting = commands.contains(&Command::Quit);
    let wanted = if quitting { Vec::new() } else { wanted(state) };
    if wanted == state.watching {
        return;
    }
    let watching = std::mem::replace(&mut state.watching, wanted.clone());
    let before = watching.iter().filter(|before| !wanted.contains(before));
    for (target, kind) in before.copied() {
        commands.insert(0, Command::StopProfile { target, kind });
        for profiling in state.profiles_mut() {
            if let Some(feed) = profiling.feed_mut(target, kind) {
                feed.started = None;
            }
        }
    }
    let new = wanted.iter().filter(|new| !watching.contains(new));
    for (target, kind) in new.copied() {
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
}

/// The profiles on the screen that come from targets: not those of the past, and none while it is held.
fn wanted(state: &State) -> Vec<(TargetId, ProfileKind)> {
    let profiling = state.profiling();
    let live = state.paused.is_none() && state.still.is_none() && profiling.past().is_none();
    if !live || !state.tab.is_profile() {
        return Vec::new();
    }
    let kind = profiling.kind;
    let ids = profiling.feeds().filter_map(|feed| feed.target);
    let offers = |id: &TargetId| {
        let mut targets = state.targets.iter();
        targets.any(|target| target.info.id == *id && target.offers(kind))
    };
    ids.filter(offers).map(|id| (id, kind)).collect()
}
