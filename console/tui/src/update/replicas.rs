//! Which targets are replicas of the selected one.

use cutaway_model::TargetId;

use crate::profiling::Scope;
use crate::state::State;
use crate::target::Target;

/// The most targets whose profiles are taken together.
pub(crate) const MAX_REPLICAS: usize = 32;

/// Brings the targets whose profiles are looked at together up to date.
pub(super) fn settle(state: &mut State) {
    if !state.tab.is_profile() || state.profiling().scope == Scope::Own {
        return;
    }
    let ids: Vec<TargetId> = others(state)
        .map(|target| target.info.id)
        .take(MAX_REPLICAS - 1)
        .collect();
    let held = state.paused.is_some();
    let profiling = state.profiling_mut();
    profiling.set_others(&ids);
    if !held {
        profiling.catch_up();
    }
}

/// The other targets that run the same program as the selected one.
pub(crate) fn others(state: &State) -> impl Iterator<Item = &Target> {
    let selected = state.target();
    let program = selected.and_then(Target::program);
    let same = move |other: &&Target| {
        selected.is_some_and(|selected| selected.info.id != other.info.id)
            && other.program() == program
    };
    state.targets.iter().filter(same)
}

/// Looks at the profiles of all replicas, of one against the others, of one.
pub(super) fn next_scope(state: &mut State) {
    if state.profiling().scope == Scope::Own && others(state).next().is_none() {
        let words = if state.targets.len() > 1 {
            "no other target runs this program"
        } else {
            "there is one target only"
        };
        state.notice = Some(Err(words.to_owned()));
        return;
    }
    state.notice = None;
    state.profiling_mut().leave_past();
    state.profiling_mut().next_scope();
    settle(state);
}
