//! Every key there is, those of the view at hand first, in as many columns as there is room for.

use super::geometry;
use crate::draw::{Pen, text};
use crate::keys::{self, Binding, Place};
use crate::state::State;
use crate::update::place_below_help;

/// The least a column needs.
const COLUMN: u16 = 62;

/// A line of the list.
enum Line {
    Title(&'static str),
    Key(&'static Binding),
    Blank,
}

pub(crate) fn draw(state: &State, top: usize, pen: &mut Pen<'_>) {
    pen.clear();
    let columns = columns(state, pen.width());
    let width = pen.width() / columns.len().max(1) as u16;
    let height = usize::from(pen.height());
    for (at, lines) in columns.iter().enumerate() {
        let mut pen = pen.part(at as u16 * width, 0, width, pen.height());
        for (y, line) in lines.iter().skip(top).take(height).enumerate() {
            draw_line(state, &mut pen, y as u16, line);
        }
    }
    let more = last_top(state).saturating_sub(top);
    if more > 0 {
        let (right, bottom) = (
            pen.width().saturating_sub(1),
            pen.height().saturating_sub(1),
        );
        pen.text_right(right, bottom, &format!("↓ {more} more"), state.theme.warn);
    }
}

/// How far the list can be scrolled.
pub(crate) fn last_top(state: &State) -> usize {
    let body = geometry::body(state.size);
    let longest = columns(state, body.width)
        .iter()
        .map(Vec::len)
        .max()
        .unwrap_or(0);
    longest.saturating_sub(usize::from(body.height))
}

/// The places, each whole in one column, the columns about equally long.
fn columns(state: &State, width: u16) -> Vec<Vec<Line>> {
    let count = usize::from(width / COLUMN).clamp(1, 3);
    let sections: Vec<Vec<Line>> = order(state).into_iter().map(section).collect();
    let even = sections.iter().map(Vec::len).sum::<usize>().div_ceil(count);
    let mut columns: Vec<Vec<Line>> = vec![Vec::new()];
    for section in sections {
        let full = columns
            .last()
            .is_some_and(|column| column.len() + section.len() / 2 > even);
        if full && columns.len() < count {
            columns.push(Vec::new());
        }
        if let Some(column) = columns.last_mut() {
            column.extend(section);
        }
    }
    columns
}

fn order(state: &State) -> Vec<Place> {
    let here = place_below_help(state);
    let others = Place::ALL.into_iter().filter(|place| *place != here);
    std::iter::once(here).chain(others).collect()
}

fn section(place: Place) -> Vec<Line> {
    let mut lines = vec![Line::Title(place.title())];
    lines.extend(keys::of(place).map(Line::Key));
    lines.push(Line::Blank);
    lines
}

fn draw_line(state: &State, pen: &mut Pen<'_>, y: u16, line: &Line) {
    match line {
        Line::Title(title) => {
            pen.text(1, y, title, state.theme.strong);
        }
        Line::Key(binding) => {
            let names = state.live.keymap.names(binding);
            pen.text(3, y, &names, state.theme.accent);
            let what = (4 + text::width(&names) as u16).max(16);
            pen.text(what, y, binding.what, state.theme.text);
        }
        Line::Blank => {}
    }
}
