//! What messages about targets do to the state.

use std::time::Duration;

use cutaway_model::{At, Message, ProfileKind, TargetId, sanitize};

use super::FileNews;
use crate::health::Trouble;
use crate::profiling::Profiling;
use crate::state::State;
use crate::target::{Reading, Target};

pub(super) fn take_in(state: &mut State, message: Message) {
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
                target.sampled(&reading, limits, held);
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
            on_target(state, target, |target| target.restarted(at, &why));
        }
        Message::ProfileStarted {
            target,
            at,
            kind,
            seconds,
        } => {
            on_profile(state, (target, kind), |profiling| {
                profiling.started = Some((at, Duration::from_secs(u64::from(seconds))));
            });
        }
        Message::Profile {
            target,
            at,
            kind,
            profile,
        } => {
            if kind == ProfileKind::Mutex {
                on_target(state, target, |target| {
                    target.lints.locks.take(at, &profile);
                });
            }
            on_profile(state, (target, kind), |profiling| {
                profiling.captured(at, profile);
                if !held {
                    profiling.show_news();
                }
            });
        }
        Message::ProfileFailed {
            target,
            at,
            kind,
            cause,
        } => {
            on_profile(state, (target, kind), |profiling| {
                profiling.failed(at, cause);
            });
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

/// What came of something done to a file.
pub(super) fn take_file(state: &mut State, news: FileNews) {
    match news {
        FileNews::Opened {
            profile,
            base,
            complaint,
        } => {
            state.notice = complaint.map(|words| Err(clean(&words)));
            state.open(profile, base);
        }
        FileNews::Exported(done) => {
            state.notice = Some(match done {
                Ok(words) => Ok(clean(&words)),
                Err(words) => Err(clean(&words)),
            });
        }
        FileNews::Base {
            path,
            read: Ok(base),
        } => {
            state.notice = None;
            if state.tab.is_profile() {
                state.profiling_mut().compare_with_file(&path, base);
            }
        }
        FileNews::Base {
            path,
            read: Err(why),
        } => state.notice = Some(Err(clean(&format!("{path}: {why}")))),
        FileNews::Source { path, read } => state.sources.take(&path, read),
    }
}

fn clean(words: &str) -> String {
    sanitize(words).into_owned()
}

fn on_profile(
    state: &mut State,
    (target, kind): (TargetId, ProfileKind),
    change: impl FnOnce(&mut Profiling),
) {
    let mut profiles = state.profiles_mut().iter_mut();
    if let Some(profiling) = profiles.find(|profiling| profiling.is_about(target, kind)) {
        change(profiling);
    }
}

fn on_target(state: &mut State, id: TargetId, change: impl FnOnce(&mut Target)) {
    if let Some(target) = state.target_mut(id) {
        change(target);
    }
}
