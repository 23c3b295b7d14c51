//! One function's lines: what each took, beside its source where that can be read here.
//!
//! ```text
//!  order::place                                            src/order.rs
//!        flat        cum
//!           0      3.4 s   120  let tx = store.begin()?;
//!        2 ms      2 ms    121  for line in &order.lines {
//! ```

use std::sync::Arc;

use cutaway_model::sanitize;

use super::amount::{Amounts, share};
use crate::draw::{Hit, Pen, text};
use crate::profiling::{LineRow, Lines};
use crate::sources::Source;
use crate::state::State;

/// Lines shown before the first and behind the last that took anything.
const AROUND: i64 = 3;
/// The longest stretch without any amounts that is shown.
const GAP: i64 = 12;

/// A line of the screen.
enum Shown<'a> {
    /// Which file the lines below it are in.
    File(&'a str),
    /// A line of source, with amounts if it took anything, and its place among the rows.
    Line(i64, Option<(usize, &'a LineRow)>),
    /// Lines left out.
    Gap,
}

pub(super) fn draw(state: &State, pen: &mut Pen<'_>) {
    let (theme, lines) = (&state.theme, &state.profiling().lines);
    if lines.rows.is_empty() {
        let words = if lines.function.is_empty() {
            "select a function in the graph or the table, then press L".to_owned()
        } else {
            format!("{} is in none of the stacks", lines.function)
        };
        pen.text_centred(pen.height() / 2, &words, theme.text);
        return;
    }
    pen.text(1, 0, &format!("▸ {}", lines.function), theme.strong);
    pen.text_right(11, 1, "flat", theme.dim);
    pen.text_right(23, 1, "cum", theme.dim);
    pen.text_right(31, 1, "cum%", theme.dim);
    pen.text_right(38, 1, "line", theme.dim);
    let shown = listed(state, lines);
    let rows = usize::from(pen.height().saturating_sub(2));
    let at_cursor =
        |line: &Shown<'_>| matches!(line, Shown::Line(_, Some((at, _))) if *at == lines.cursor);
    let cursor = shown.iter().position(at_cursor).unwrap_or(0);
    // The cursor stands in the middle where there is more than fits.
    let first = cursor
        .saturating_sub(rows / 2)
        .min(shown.len().saturating_sub(rows));
    let mut file: Option<&str> = None;
    for line in &shown[..first] {
        if let Shown::File(name) = line {
            file = Some(name);
        }
    }
    for (y, line) in (2..pen.height()).zip(&shown[first..]) {
        if let Shown::File(name) = line {
            file = Some(name);
        }
        let mut pen = pen.part(0, y, pen.width(), 1);
        draw_line(state, line, file, &mut pen);
    }
}

/// What stands on the screen and below it: the source around the lines that took something, or these alone.
fn listed<'a>(state: &'a State, lines: &'a Lines) -> Vec<Shown<'a>> {
    let mut shown = Vec::new();
    let mut rows = lines.rows.iter().enumerate().peekable();
    while let Some((_, first)) = rows.peek().copied() {
        let file = &first.file;
        shown.push(Shown::File(file));
        let known = length(state, file);
        let mut next = (first.line - AROUND).max(1);
        let mut last = 0;
        while let Some((at, row)) = rows.next_if(|(_, row)| row.file == *file) {
            if let Some(length) = known {
                if row.line - next > GAP {
                    shown.push(Shown::Gap);
                    next = row.line - AROUND;
                }
                let before = next..row.line.min(length + 1);
                shown.extend(before.map(|line| Shown::Line(line, None)));
                next = row.line + 1;
                last = (row.line + AROUND).min(length);
            }
            shown.push(Shown::Line(row.line, Some((at, row))));
            let gap_follows = rows
                .peek()
                .is_none_or(|(_, after)| after.file != *file || after.line - next > GAP);
            if known.is_some() && gap_follows {
                shown.extend((next..=last).map(|line| Shown::Line(line, None)));
                next = last.max(next - 1) + 1;
            }
        }
    }
    shown
}

/// How many lines the file has, if it is here.
fn length(state: &State, file: &Arc<str>) -> Option<i64> {
    match state.sources.get(file)? {
        Source::Lines(lines) => Some(lines.len() as i64),
        Source::Asked | Source::Absent(_) => None,
    }
}

fn draw_line(state: &State, line: &Shown<'_>, file: Option<&str>, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    match line {
        Shown::Gap => drop(pen.text(39, 0, "⋯", theme.dim)),
        Shown::File(name) => {
            let why = match state.sources.get(name) {
                Some(Source::Absent(why)) => format!("  ({why})"),
                _ => String::new(),
            };
            let name = match sanitize(name) {
                name if name.is_empty() => "a file without a name".to_owned(),
                name => format!("{name}{why}"),
            };
            let room = usize::from(pen.width().saturating_sub(2));
            pen.text(1, 0, &text::cut_front(&name, room), theme.dim);
        }
        Shown::Line(number, row) => {
            if let Some((at, row)) = row {
                pen.stands_for(Hit::Item(*at));
                draw_amounts(state, *at, row, pen);
            }
            let number_style = if row.is_some() { theme.text } else { theme.dim };
            pen.text_right(38, 0, &number.to_string(), number_style);
            let lines = file.and_then(|file| state.sources.get(file));
            if let Some(Source::Lines(lines)) = lines {
                let place = usize::try_from(number - 1).ok();
                let words = place.and_then(|place| lines.get(place));
                let style = if row.is_some() {
                    theme.strong
                } else {
                    theme.text
                };
                pen.text(40, 0, words.map_or("", String::as_str), style);
            }
        }
    }
}

fn draw_amounts(state: &State, at: usize, row: &LineRow, pen: &mut Pen<'_>) {
    let amounts = Amounts::of(state);
    let (flat, cum) = (row.flat - row.base_flat, row.cum - row.base_cum);
    pen.text_right(11, 0, &amounts.write(flat), amounts.style(flat));
    pen.text_right(23, 0, &amounts.write(cum), amounts.style(cum));
    pen.text_right(31, 0, &share(state, cum), amounts.style(cum));
    if at == state.profiling().lines.cursor {
        pen.symbol(0, 0, '▌', state.theme.accent);
    }
}
