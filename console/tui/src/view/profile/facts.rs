//! The line below the status: complaints, filters, what is compared, what else the profile measures.

use cutaway_model::ProfileKind;

use super::amount::{growth, share, signed, unit};
use crate::draw::Pen;
use crate::profiling::{Compare, Profiling};
use crate::state::{State, Tab};
use crate::view::words::{Piece, fitting, passed};

/// Draws what there is to say. Answers how many lines that took.
pub(super) fn draw(state: &State, pen: &mut Pen<'_>) -> u16 {
    let pieces = pieces(state);
    if pieces.is_empty() || pen.height() == 0 {
        return 0;
    }
    let width = pen.width();
    let mut x = 1;
    for piece in fitting(pieces, width.saturating_sub(2), 2) {
        x = pen.text_within(x, 0, width.saturating_sub(x + 1), &piece.words, piece.style) + 2;
    }
    1
}

fn pieces(state: &State) -> Vec<Piece> {
    let (theme, profiling) = (&state.theme, state.profiling());
    let mut pieces = Vec::new();
    match &state.notice {
        Some(Ok(done)) => pieces.push(Piece::new(format!("✓ {done}"), theme.good, 0)),
        Some(Err(why)) => pieces.push(Piece::new(format!("✗ {why}"), theme.bad, 0)),
        None => {}
    }
    if let Some(words) = &profiling.selection.complaint {
        pieces.push(Piece::new(format!("▲ {words}"), theme.warn, 0));
    }
    for (kind, pattern) in profiling.filters.set() {
        let words = format!("{} {pattern}", kind.name());
        pieces.push(Piece::new(words, theme.accent, 1));
    }
    if profiling.filters.set().next().is_some()
        && profiling.preparing().is_none()
        && let Some(root) = profiling.flame.stacks().whole()
    {
        let words = format!("{} of all", share(state, root.cum));
        pieces.push(Piece::new(words, theme.text, 2));
    }
    pieces.extend(comparison(state));
    if profiling.flame.stacks().cut > 0 {
        let words = format!("{} stacks cut short", profiling.flame.stacks().cut);
        pieces.push(Piece::new(words, theme.warn, 4));
    }
    if state.tab == Tab::Locks {
        let when = match profiling.kind {
            _ if state.size.0 < 120 => "",
            ProfileKind::Block => "; Go: while its block rate is set",
            _ => "; Go: while its mutex fraction is set",
        };
        let words = format!("only instrumented types are seen{when}");
        pieces.push(Piece::new(words, theme.text, 3));
    }
    pieces.extend(measures(state, profiling));
    pieces
}

fn comparison(state: &State) -> Option<Piece> {
    let (theme, profiling) = (&state.theme, state.profiling());
    if profiling.selection.compare == Compare::Off {
        return None;
    }
    let Some(base) = profiling.base() else {
        let words = "nothing earlier to compare with yet; m marks a moment, B opens a file";
        return Some(Piece::new(words, theme.warn, 1));
    };
    let root = profiling.flame.stacks().whole()?;
    let age = base.at.map_or_else(String::new, |at| {
        format!(", {} ago", passed(state.shown().saturating_sub(at)))
    });
    let what = if profiling.selection.compare == Compare::Shares {
        "shares".to_owned()
    } else {
        let change = root.change();
        format!(
            "{} {}",
            signed(unit(state), change),
            growth(root.cum, root.base_cum)
        )
    };
    let words = format!("against {}{age}: {what}", base.name);
    Some(Piece::new(words, theme.strong, 1))
}

/// The sample types and what each adds up to, the one shown in brackets; where it is the only one or of the CPU, that
/// needs no saying.
fn measures(state: &State, profiling: &Profiling) -> Vec<Piece> {
    let totals = profiling.totals();
    let current = profiling.measure().map_or("", |(kind, _)| kind);
    if profiling.kind == ProfileKind::Cpu || totals.len() < 2 {
        return Vec::new();
    }
    let measured = totals.into_iter().map(|(kind, total, unit)| {
        let amount = unit.write(total as f64);
        if kind == current {
            Piece::new(format!("[{kind} {amount}]"), state.theme.text, 4)
        } else {
            Piece::new(format!("{kind} {amount}"), state.theme.dim, 6)
        }
    });
    measured.collect()
}
