//! What keys do in the views of what runs.

use std::time::Duration;

use cutaway_model::{Command, ProfileKind};

use super::keys::{pause, show};
use super::{replicas, rings};
use crate::explain::{self, Card};
use crate::keys::Action;
use crate::lints::{Finding, Lint};
use crate::live::Range;
use crate::state::{State, Tab};
use crate::target::Target;
use crate::view::runtime;

/// Between two mutex profiles of the selected target, for the lint of hot locks.
const LOCKS: Duration = Duration::from_secs(5);

/// Does what the key says; whether it was one of these.
pub(super) fn act(state: &mut State, action: Action, commands: &mut Vec<Command>) -> bool {
    match action {
        Action::Explain => explain(state),
        Action::Copy => commands.extend(copied(state).map(Command::Copy)),
        Action::Sort => state.live.fleet.next_sort(),
        Action::ReverseSort => state.live.fleet.reversed ^= true,
        Action::WholeFleet => state.live.fleet.whole ^= true,
        Action::Overlay => state.live.overlay ^= true,
        Action::Across => across(state),
        Action::Range => range(state),
        Action::Then => rings::show_then(state),
        Action::KeepRing => rings::switch(state),
        Action::Replicas => replicas::next_scope(state),
        Action::RangeDone => {
            if let Some(range) = &mut state.live.range {
                range.selecting = false;
            }
        }
        Action::Rewind => commands.push(Command::Seek(-5)),
        Action::Forward => commands.push(Command::Seek(5)),
        Action::RewindFar => commands.push(Command::Seek(-60)),
        Action::ForwardFar => commands.push(Command::Seek(60)),
        Action::Slower => commands.push(Command::Speed { faster: false }),
        Action::Faster => commands.push(Command::Speed { faster: true }),
        Action::Pause if state.live.replay.is_some() => commands.push(Command::Play),
        Action::Left | Action::Right if selecting(state) => {
            let (window, interval) = (state.window(), state.options.interval);
            if let Some(range) = &mut state.live.range {
                range.step(window, interval, action == Action::Right);
            }
        }
        Action::Back if state.live.range.is_some() && is_charted(state) => state.live.range = None,
        Action::Back if state.tab == Tab::Explain && state.live.explain.filter.is_empty() => {
            if let Some(from) = state.live.explain.from.take() {
                state.tab = from;
            }
        }
        Action::Back if state.live.across => state.live.across = false,
        Action::Back
            if state.tab == Tab::Overview
                && state.detail.is_none()
                && state.live.fleet.whole
                && state.live.fleet.filter.is_empty() =>
        {
            state.live.fleet.whole = false;
        }
        Action::Enter if state.tab == Tab::Lints => evidence(state),
        Action::Enter if state.tab == Tab::Explain => {}
        Action::Enter
            if state.tab == Tab::Overview && state.live.fleet.whole && state.detail.is_none() =>
        {
            state.live.fleet.whole = false;
        }
        _ => return false,
    }
    true
}

/// Whether a range of time is being selected.
pub(super) fn selecting(state: &State) -> bool {
    is_charted(state) && state.live.range.is_some_and(|range| range.selecting)
}

fn is_charted(state: &State) -> bool {
    state.tab == Tab::Board || state.detail.is_some()
}

fn range(state: &mut State) {
    if let Some(range) = state.live.range.as_mut().filter(|range| range.selecting) {
        range.mark();
    } else {
        if state.paused.is_none() {
            // What moves cannot be selected.
            pause(state);
        }
        state.live.range = Some(Range::new(state.window()));
    }
}

fn across(state: &mut State) {
    if state.detail.is_none() {
        state.detail = state.under_cursor();
        state.live.across = state.detail.is_some();
    } else {
        state.live.across ^= true;
    }
}

/// The lint under the cursor.
pub(crate) fn lint_at(target: &Target, at: usize) -> Option<Finding<'_>> {
    target.lints.findings().nth(at)
}

/// Shows what is behind a lint.
fn evidence(state: &mut State) {
    let Some(finding) = state
        .target()
        .and_then(|target| lint_at(target, state.live.lint))
    else {
        return;
    };
    let (tab, path) = (finding.evidence.tab, finding.evidence.path.clone());
    if finding.rule.lint == Lint::HotLock {
        return show_locks(state);
    }
    show(state, tab);
    if tab == Tab::Overview {
        state.detail = path;
    } else if let (Tab::Runtime, Some(path)) = (tab, path) {
        let at = state
            .target()
            .and_then(|target| runtime::place(state, target, &path));
        state.live.runtime = at.unwrap_or(state.live.runtime);
    }
}

/// Shows who makes others wait.
fn show_locks(state: &mut State) {
    show(state, Tab::Locks);
    if let Some(id) = state.target().map(|target| target.info.id) {
        state.profiling_mut().turn_to(id, ProfileKind::Mutex);
    }
}

fn explain(state: &mut State) {
    let (card, of) = asked_about(state);
    let from = state.tab;
    state.live.explain.open(card, of, from);
    // The detail stays, for the way back.
    let detail = state.detail.take();
    show(state, Tab::Explain);
    state.detail = detail;
}

/// The card for what the cursor is on, and what that is.
fn asked_about(state: &State) -> (Option<&'static Card>, String) {
    if let Some(path) = state.under_cursor().filter(|_| state.tab != Tab::Lints) {
        let name = cutaway_model::sanitize(&path.to_string()).into_owned();
        return (explain::of_variable(&path), name);
    }
    match state.tab {
        tab if tab.is_profile() => {
            let kind = state.profiling().kind;
            (explain::of_profile(kind), format!("{kind} profile"))
        }
        Tab::Lints => {
            let rule = view_rule(state);
            (explain::of_lint(rule.name), format!("lint {}", rule.name))
        }
        _ => (None, "nothing is selected".to_owned()),
    }
}

/// The rule under the cursor: those that fire stand first.
fn view_rule(state: &State) -> &'static crate::lints::Rule {
    crate::view::lints::rules(state)
        .get(state.live.lint)
        .copied()
        .unwrap_or(&crate::lints::RULES[0])
}

/// What there is to copy: a variable with its value, a lint with its reason.
fn copied(state: &State) -> Option<String> {
    let target = state.target()?;
    if let Some(path) = state.under_cursor().filter(|_| state.tab != Tab::Lints) {
        let value = target
            .variables
            .get(&path)
            .map(crate::variable::Variable::exact);
        let name = cutaway_model::sanitize(&path.to_string()).into_owned();
        return Some(value.map_or(name.clone(), |value| format!("{name} {value}")));
    }
    match state.tab {
        Tab::Lints => lint_at(target, state.live.lint)
            .map(|finding| format!("{}: {}", finding.rule.name, finding.evidence.reason)),
        _ => Some(target.info.url.clone()),
    }
}

/// Asks for what lints need beside variables: the locks of the selected target.
pub(super) fn probe(state: &mut State, commands: &mut Vec<Command>) {
    let now = state.now;
    if state.paused.is_some() || state.live.replay.is_some() {
        return;
    }
    let selected = state.selected;
    let Some(target) = state.targets.get_mut(selected) else {
        return;
    };
    let offered = target
        .profiles
        .as_ref()
        .is_some_and(|offered| offered.contains(&ProfileKind::Mutex));
    let due = target
        .lints
        .locks
        .asked
        .is_none_or(|asked| now.saturating_sub(asked) >= LOCKS);
    if offered && due {
        target.lints.locks.asked = Some(now);
        commands.push(Command::FetchProfile {
            target: target.info.id,
            kind: ProfileKind::Mutex,
            seconds: 0,
        });
    }
}
