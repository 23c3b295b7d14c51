//! Rings of CPU profiles: which there are, and what a range of time leads to.

use cutaway_model::{At, Command, ProfileKind, RingNews, TargetId};

use super::keys::show;
use crate::profiling::Past;
use crate::ring::{MAX_BYTES, MAX_RINGS};
use crate::state::{State, Tab};
use crate::target::Target;

/// Takes in what happened to a target's ring.
pub(super) fn take_in(state: &mut State, target: TargetId, at: At, news: &RingNews) {
    let keep = state.options.ring.keep;
    let Some(ring) = state.target_mut(target).map(|target| &mut target.ring) else {
        return;
    };
    let newly = ring.is_idle();
    ring.take(at, news);
    let share = share(state);
    // A new one's share is taken from the others.
    let rings = state
        .targets
        .iter_mut()
        .filter(|of| newly || of.info.id == target);
    rings.for_each(|target| target.ring.shrink(keep, share));
}

/// The bytes that each ring may keep.
fn share(state: &State) -> usize {
    let rings = state.targets.iter().filter(|target| !target.ring.is_idle());
    MAX_BYTES / rings.count().max(1)
}

/// Switches the selected target's ring on or off.
pub(super) fn switch(state: &mut State) {
    let replayed = state.live.replay.is_some() || state.still.is_some();
    let from_the_start = state.options.ring.on;
    let rings = state.targets.iter().filter(|target| target.ring.asked);
    let full = rings.count() >= MAX_RINGS;
    let selected = state.selected;
    let Some(target) = state.targets.get_mut(selected) else {
        return;
    };
    let wanted = target
        .ring
        .wanted
        .unwrap_or(from_the_start && target.ring.asked);
    state.notice = match (target.offers(ProfileKind::Cpu), wanted) {
        _ if replayed => Some(Err("a recording has no more profiles".to_owned())),
        (false, _) => Some(Err(format!("{} has no CPU profile", target.info.name))),
        (true, false) if full => Some(Err(format!("{MAX_RINGS} rings are on: the most there are"))),
        (true, on) => {
            target.ring.wanted = Some(!on);
            None
        }
    };
}

/// Asks for the rings that are wanted, and no longer for those that are not.
pub(super) fn ask(state: &mut State, commands: &mut Vec<Command>) {
    if state.live.replay.is_some() || state.still.is_some() {
        return;
    }
    let (pace, from_the_start) = (state.options.ring.pace, state.options.ring.on);
    let asked = |target: &&Target| target.ring.asked;
    let mut free = MAX_RINGS.saturating_sub(state.targets.iter().filter(asked).count());
    for target in &mut state.targets {
        let offered = target.profiles.as_ref();
        let offered = offered.is_some_and(|offered| offered.contains(&ProfileKind::Cpu));
        let (id, ring) = (target.info.id, &mut target.ring);
        let wanted = ring.wanted.unwrap_or(from_the_start);
        if wanted && offered && !ring.asked && free > 0 {
            free -= 1;
            ring.asked = true;
            commands.push(Command::KeepRing { target: id, pace });
        } else if !wanted && ring.asked {
            ring.asked = false;
            commands.push(Command::StopRing(id));
        }
    }
}

/// Shows the profile of the range selected against that of the time before.
pub(super) fn show_then(state: &mut State) {
    let range = state.marked().unwrap_or_else(|| {
        let window = state.measured();
        (window.end.saturating_sub(window.span), window.end)
    });
    let Some(target) = state.target() else { return };
    let (id, from) = (target.info.id, (state.tab, state.detail.clone()));
    let past = Past::new(&target.ring, range, state.now, from);
    if let Some(range) = &mut state.live.range {
        range.selecting = false;
    }
    show(state, Tab::Cpu);
    let profiling = state.profiling_mut();
    profiling.turn_to(id, ProfileKind::Cpu);
    profiling.show_past(past);
}

/// Goes back to the chart from which one came.
pub(super) fn leave_past(state: &mut State) {
    if let Some((tab, detail)) = state.profiling_mut().leave_past() {
        show(state, tab);
        state.detail = detail;
    }
}
