//! What there is to say of a target's ring: whether it is on, what it keeps, what it costs, what it missed.

use cutaway_model::units;

use super::words::{Piece, counted};
use crate::profiling::{Past, Scope};
use crate::ring::Ring;
use crate::state::{State, Tab};
use crate::target::Target;
use crate::unit::percent;

/// In the header: that it is on; on a wide screen everything else. While a range is selected: how many profiles are of it.
pub(super) fn brief(state: &State, target: &Target) -> Vec<Piece> {
    let (theme, ring) = (&state.theme, &target.ring);
    let range = state.marked().filter(|_| !state.tab.is_profile());
    if let Some((from, to)) = range.filter(|_| !ring.is_idle()) {
        let found = ring.overlapping(from, to);
        let words = match found {
            0 => "no profile of then".to_owned(),
            found => format!("{} of then", counted(found, "profile")),
        };
        return vec![Piece::new(
            words,
            if found == 0 { theme.dim } else { theme.rate },
            4,
        )];
    }
    if is_long(state) {
        return Vec::new();
    }
    let mut pieces = match (ring.pace.is_some(), ring.asked, ring.len()) {
        (true, _, kept) => vec![Piece::new(format!("ring {kept}"), theme.rate, 5)],
        (false, true, _) => vec![Piece::new("ring", theme.dim, 5)],
        (false, false, 0) => return Vec::new(),
        (false, false, kept) => vec![Piece::new(format!("ring off, {kept} kept"), theme.dim, 9)],
    };
    if !state.tab.is_profile() {
        pieces.extend(about(state, ring));
    }
    pieces
}

/// Whether everything about the ring stands beside the profile.
pub(super) fn is_long(state: &State) -> bool {
    let profiling = state.profiling();
    state.tab == Tab::Cpu && profiling.scope == Scope::Own && profiling.past().is_none()
}

/// Beside the CPU's profile: all of it.
pub(super) fn long(state: &State, target: &Target) -> Vec<Piece> {
    let (theme, ring) = (&state.theme, &target.ring);
    let Some(pace) = ring.pace else {
        return Vec::new();
    };
    // It has nothing to do while captures come in anyway.
    let standing = if state.paused.is_none() {
        " stands back"
    } else {
        ""
    };
    let hz = ring.hz().unwrap_or(pace.hz.into());
    let words = format!("ring{standing}: {} s at {hz} Hz", pace.seconds);
    let mut pieces = vec![Piece::new(words, theme.rate, 5)];
    pieces.extend(about(state, ring));
    pieces
}

/// What it keeps, costs and missed.
fn about(state: &State, ring: &Ring) -> Vec<Piece> {
    let theme = &state.theme;
    let mut pieces = Vec::new();
    if let Some((oldest, newest)) = ring.span() {
        let span = units::duration(newest.saturating_sub(oldest));
        let bytes = units::bytes(ring.bytes() as f64);
        pieces.push(Piece::new(
            format!("{} kept, {bytes}", ring.len()),
            theme.text,
            10,
        ));
        pieces.push(Piece::new(format!("of {span}"), theme.dim, 13));
    }
    if let Some(cost) = ring.cost() {
        let words = format!("costs {} of a core", percent(cost));
        pieces.push(Piece::new(words, theme.text, 11));
    }
    let counts = ring.counts;
    for (count, word, style) in [
        (counts.yielded, "yielded", theme.dim),
        (counts.refused, "refused", theme.dim),
        (counts.failed, "failed", theme.bad),
    ] {
        if count > 0 {
            pieces.push(Piece::new(format!("{count} {word}"), style, 12));
        }
    }
    if counts.gives_way == Some(false) {
        let words = "others find it busy half of the time";
        pieces.push(Piece::new(words, theme.warn, 12));
    }
    pieces
}

/// What is compared in the past, where it is not what was asked for.
pub(super) fn uneven(past: &Past) -> Option<&'static str> {
    match (past.then.is_ok(), past.has_before(), past.is_even()) {
        (true, false, _) => Some("the ring has nothing from before to compare with"),
        (true, true, false) => Some("there is less time before than then"),
        _ => None,
    }
}
