//! What messages about targets do to the state.

use std::collections::HashMap;
use std::time::Duration;

use cutaway_model::{At, Message, ProfileKind, TargetId, sanitize};

use super::{FileNews, rings};
use crate::health::Trouble;
use crate::profiling::Feed;
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
            let length = Duration::from_secs(u64::from(seconds));
            on_feed(state, (target, kind), |feed| {
                feed.started = Some((at, length));
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
            let mut profiles = state.profiles_mut().iter_mut();
            let profiling =
                profiles.find_map(|of| of.feed_mut(target, kind).is_some().then_some(of));
            if let Some(profiling) = profiling {
                profiling.captured(target, at, profile);
                if !held {
                    profiling.came_in();
                }
            }
        }
        Message::ProfileFailed {
            target,
            at,
            kind,
            cause,
        } => {
            on_feed(state, (target, kind), |feed| feed.failed(at, cause));
        }
        Message::Ring { target, at, news } => rings::take_in(state, target, at, &news),
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
        | Message::ProfileFailed { at, .. }
        | Message::Ring { at, .. } => Some(*at),
    }
}

fn set_targets(state: &mut State, infos: &[cutaway_model::TargetInfo]) {
    let selected = state.target().map(|target| target.info.id);
    let old = std::mem::take(&mut state.targets);
    let mut old: HashMap<TargetId, Target> = old
        .into_iter()
        .map(|target| (target.info.id, target))
        .collect();
    for info in infos {
        let target = match old.remove(&info.id) {
            Some(mut target) => {
                target.known_as(info);
                target
            }
            None => Target::new(info),
        };
        state.targets.push(target);
    }
    let mut targets = state.targets.iter();
    let again = targets.position(|target| Some(target.info.id) == selected);
    let last = state.targets.len().saturating_sub(1);
    state.selected = again.unwrap_or(state.selected).min(last);
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

/// Changes what is known of a target's captures, where those are looked at.
fn on_feed(
    state: &mut State,
    (target, kind): (TargetId, ProfileKind),
    change: impl FnOnce(&mut Feed),
) {
    let mut profiles = state.profiles_mut().iter_mut();
    if let Some(feed) = profiles.find_map(|profiling| profiling.feed_mut(target, kind)) {
        change(feed);
    }
}

fn on_target(state: &mut State, id: TargetId, change: impl FnOnce(&mut Target)) {
    if let Some(target) = state.target_mut(id) {
        change(target);
    }
}
