//! How each replica's captures do, where the profiles of several are looked at.
//!
//! ```text
//!  ✗ 127.0.0.1:4002  refused
//!  ● 127.0.0.1:4000  15 s in 5 captures  0.4 s ago        ▰▰▱▱▱ 1/3 s
//!  ○ 127.0.0.1:4001                                       ▰▰▱▱▱ 1/3 s
//! ```
//!
//! Those that fail stand first. Where there is no room for all, the last line counts the rest.

use cutaway_model::{TargetId, units};
use ratatui::style::Style;

use super::status::bar;
use crate::draw::{Hit, Pen, text};
use crate::profiling::{Feed, Scope};
use crate::state::State;
use crate::target::Target;
use crate::view::words::{Piece, counted, fitting, passed};

/// A replica's line.
struct Row {
    state: Outcome,
    /// Its place among all targets.
    place: usize,
    name: String,
    /// Whether it is the selected target.
    own: bool,
    words: String,
    /// What is under way.
    progress: Option<String>,
}

/// What came of a replica, the worst first.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Failed,
    Taken,
    Awaited,
}

/// Draws the lines. Answers how many that took.
pub(super) fn draw(state: &State, pen: &mut Pen<'_>, most: u16) -> u16 {
    let profiling = state.profiling();
    if profiling.scope == Scope::Own || profiling.past().is_some() || most == 0 {
        return 0;
    }
    let mut rows: Vec<Row> = profiling
        .feeds()
        .filter_map(|feed| row(state, feed))
        .collect();
    rows.sort_by_key(|row| row.state);
    let lines = usize::from(most).min(rows.len());
    let single = if rows.len() > lines { lines - 1 } else { lines };
    for (y, row) in (0..).zip(&rows[..single]) {
        draw_row(state, row, &mut pen.part(0, y, pen.width(), 1));
    }
    if single < lines {
        let y = single as u16;
        draw_rest(state, &rows[single..], &mut pen.part(0, y, pen.width(), 1));
    }
    lines as u16
}

fn row(state: &State, feed: &Feed) -> Option<Row> {
    let (place, target) = target(state, feed.target?)?;
    let profiling = state.profiling();
    let taken = feed.taken(profiling.wanted()).map(|(count, covered, at)| {
        let captures = counted(count, "capture");
        let age = passed(state.shown().saturating_sub(at));
        if covered.is_zero() {
            format!("{age} ago")
        } else {
            format!("{} in {captures}  {age} ago", units::duration(covered))
        }
    });
    let progress = feed.started.filter(|_| state.paused.is_none());
    let progress = progress.map(|(since, length)| match length {
        length if length.is_zero() => "reading…".to_owned(),
        length => bar(state.shown().saturating_sub(since).min(length), length),
    });
    let failure = if target.offers(profiling.kind) {
        feed.failure.as_ref().map(|(_, cause)| cause.to_string())
    } else {
        Some(format!("has no {} profile", profiling.kind))
    };
    let (outcome, words) = match (failure, taken) {
        (Some(cause), None) => (Outcome::Failed, cause),
        (Some(cause), Some(taken)) => (Outcome::Failed, format!("{cause}; before: {taken}")),
        (None, Some(taken)) => (Outcome::Taken, taken),
        (None, None) => (Outcome::Awaited, String::new()),
    };
    Some(Row {
        state: outcome,
        place,
        name: target.info.name.clone(),
        own: feed.target == profiling.own.target,
        words,
        progress,
    })
}

fn target(state: &State, id: TargetId) -> Option<(usize, &Target)> {
    let mut targets = state.targets.iter().enumerate();
    targets.find(|(_, target)| target.info.id == id)
}

fn look(state: &State, outcome: Outcome) -> (char, Style) {
    match outcome {
        Outcome::Failed => ('✗', state.theme.bad),
        Outcome::Taken => ('●', state.theme.good),
        Outcome::Awaited => ('○', state.theme.dim),
    }
}

fn draw_row(state: &State, row: &Row, pen: &mut Pen<'_>) {
    pen.stands_for(Hit::Target(row.place));
    let width = pen.width();
    let (glyph, style) = look(state, row.state);
    let mut right = width.saturating_sub(1);
    if let Some(progress) = &row.progress {
        right = pen.text_right(right, 0, progress, state.theme.rate);
    }
    pen.symbol(1, 0, glyph, style);
    let room = right.saturating_sub(4);
    let name = text::cut_front(&row.name, usize::from(room));
    let theme = &state.theme;
    let x = pen.text_within(
        3,
        0,
        room,
        &name,
        if row.own { theme.strong } else { theme.text },
    ) + 2;
    let style = if row.state == Outcome::Failed {
        style
    } else {
        state.theme.dim
    };
    pen.text_within(x, 0, right.saturating_sub(x + 1), &row.words, style);
}

/// Counts what there is no line for; those that fail are named as far as there is room.
fn draw_rest(state: &State, rows: &[Row], pen: &mut Pen<'_>) {
    let count = |outcome| rows.iter().filter(|row| row.state == outcome).count();
    let mut pieces = Vec::new();
    for (outcome, word) in [
        (Outcome::Failed, "failed"),
        (Outcome::Taken, "taken"),
        (Outcome::Awaited, "under way"),
    ] {
        let (glyph, style) = look(state, outcome);
        let count = count(outcome);
        if count > 0 {
            pieces.push(Piece::new(format!("{glyph} {count} {word}"), style, 0));
        }
        let failed = rows.iter().filter(|row| row.state == outcome);
        for row in failed.filter(|_| outcome == Outcome::Failed) {
            let words = format!("{}: {}", row.name, row.words);
            pieces.push(Piece::new(words, style, 1));
        }
    }
    let mut x = 1;
    for piece in fitting(pieces, pen.width().saturating_sub(2), 2) {
        x = pen.text_within(
            x,
            0,
            pen.width().saturating_sub(x + 1),
            &piece.words,
            piece.style,
        ) + 2;
    }
}
