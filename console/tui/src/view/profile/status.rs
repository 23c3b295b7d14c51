//! The line above the graph: what was captured, what is being captured, what the search found.

use std::time::Duration;

use cutaway_model::units;

use crate::draw::{Pen, text};
use crate::profiling::{Mode, Profiling};
use crate::state::State;
use crate::unit::{Unit, percent};
use crate::view::words::{Piece, counted, fitting, passed};

pub(super) fn draw(state: &State, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let right = draw_progress(state, pen);
    let mut x = 1;
    for piece in fitting(status(state), right.saturating_sub(2), 2) {
        x = pen.text_within(x, 0, right.saturating_sub(x + 1), &piece.words, piece.style) + 2;
    }
    if state.paused.is_some() {
        pen.text_right(pen.width().saturating_sub(1), 0, "‖ held", theme.warn);
    }
}

fn status(state: &State) -> Vec<Piece> {
    let (theme, profiling) = (&state.theme, state.profiling());
    let mut pieces = vec![Piece::new(profiling.kind.to_string(), theme.strong, 0)];
    if profiling.mode != Mode::Graph {
        pieces.push(Piece::new(profiling.mode.title(), theme.accent, 1));
    }
    let (Some((measure, unit)), Some(last)) = (profiling.measure(), profiling.last()) else {
        return pieces;
    };
    let total = profiling.selection.total;
    // That a CPU profile is about the CPU needs no saying.
    if measure != "cpu" {
        pieces.push(Piece::new(
            cutaway_model::sanitize(measure).into_owned(),
            theme.text,
            1,
        ));
    }
    let covered = profiling.covered();
    if !covered.is_zero() {
        let captures = counted(profiling.count(), "capture");
        pieces.push(Piece::new(
            format!("{} in {captures}", units::duration(covered)),
            theme.text,
            3,
        ));
    }
    pieces.push(Piece::new(
        counted(profiling.stacks().max(0) as usize, "sample"),
        theme.dim,
        5,
    ));
    pieces.push(Piece::new(spent(total, unit, covered), theme.text, 2));
    if state.still.is_none() {
        let age = passed(state.shown().saturating_sub(last));
        pieces.push(Piece::new(format!("{age} ago"), theme.dim, 6));
    }
    let restarted = state.target().and_then(|target| target.restarted.as_ref());
    if restarted.is_some_and(|(at, _)| *at > last) {
        let words = "of the process before";
        pieces.push(Piece::new(words, theme.warn, 1));
    }
    pieces.extend(others(state));
    pieces
}

/// Which other profiles of this view the target has.
fn others(state: &State) -> Option<Piece> {
    let (target, profiling) = (state.target()?, state.profiling());
    let offered = profiling.kinds.iter().filter(|kind| target.offers(**kind));
    let names: Vec<String> = offered
        .map(|kind| match kind {
            kind if *kind == profiling.kind => format!("[{kind}]"),
            kind => kind.to_string(),
        })
        .collect();
    if names.len() < 2 || state.still.is_some() {
        return None;
    }
    Some(Piece::new(
        format!("‹ {} ›", names.join(" ")),
        state.theme.dim,
        7,
    ))
}

/// `8.1 s = 54% of a core`, or an amount.
fn spent(total: i64, unit: Unit, covered: Duration) -> String {
    let amount = unit.write(total as f64);
    if unit == Unit::Nanos && !covered.is_zero() {
        let share = total as f64 / covered.as_nanos() as f64;
        return format!("{amount} = {} of a core", percent(share));
    }
    amount
}

/// What is under way, at the right end. Answers where it begins.
fn draw_progress(state: &State, pen: &mut Pen<'_>) -> u16 {
    let (theme, profiling) = (&state.theme, state.profiling());
    let right = pen.width().saturating_sub(1);
    if state.paused.is_some() {
        return right.saturating_sub(7);
    }
    if let Some(percent) = profiling.preparing() {
        let words = format!("adding up: {percent} %");
        return pen.text_right(right, 0, &words, theme.rate);
    }
    if let Some((_, cause)) = profiling
        .failure
        .as_ref()
        .filter(|_| profiling.last().is_some())
    {
        return pen.text_right(
            right,
            0,
            &text::cut(&format!("✗ {cause}"), usize::from(right / 2)),
            theme.bad,
        );
    }
    let Some((since, length)) = profiling.started else {
        return right;
    };
    let done = state.shown().saturating_sub(since).min(length);
    if length.is_zero() {
        return pen.text_right(right, 0, "reading…", theme.dim);
    }
    pen.text_right(right, 0, &bar(done, length), theme.rate)
}

/// `▰▰▱▱▱ 2/5 s`
pub(super) fn bar(done: Duration, length: Duration) -> String {
    const CELLS: usize = 5;
    let filled = (done.as_secs_f64() / length.as_secs_f64() * CELLS as f64).round() as usize;
    let cells: String = (0..CELLS)
        .map(|cell| if cell < filled { '▰' } else { '▱' })
        .collect();
    format!("{cells} {}/{} s", done.as_secs(), length.as_secs())
}

impl Profiling {
    /// What share of everything the search matches.
    pub(crate) fn found(&self) -> Option<String> {
        if self.search.is_empty() {
            return None;
        }
        let flame = match self.mode {
            Mode::Callers => self.sandwich.current(),
            _ => &self.flame,
        };
        let share = flame.matched() as f64 / flame.stacks().total().max(1) as f64;
        Some(format!("matched {}", percent(share)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_shown_in_cells_and_seconds() {
        assert_eq!(
            bar(Duration::from_millis(2_100), Duration::from_secs(5)),
            "▰▰▱▱▱ 2/5 s"
        );
    }
}
