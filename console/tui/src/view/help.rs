//! Every key there is, in two columns where there is room.

use crate::draw::{Pen, text};
use crate::keys::{self, Binding, Place};
use crate::state::State;

/// A line of the list.
enum Line {
    Title(&'static str),
    Key(&'static Binding),
    Blank,
}

pub(crate) fn draw(state: &State, top: usize, pen: &mut Pen<'_>) {
    pen.clear();
    let columns = if pen.width() >= 100 { 2 } else { 1 };
    let lines = lines();
    let height = usize::from(pen.height());
    let per_column = lines.len().div_ceil(columns).max(height);
    let top = top.min(per_column.saturating_sub(height));
    let width = pen.width() / columns as u16;
    for (column, lines) in lines.chunks(per_column).enumerate() {
        let mut pen = pen.part(column as u16 * width, 0, width, pen.height());
        for (y, line) in lines.iter().skip(top).take(height).enumerate() {
            draw_line(state, &mut pen, y as u16, line);
        }
    }
    let more = lines.len().div_ceil(columns).saturating_sub(top + height);
    if more > 0 {
        let right = pen.width().saturating_sub(1);
        pen.text_right(
            right,
            pen.height().saturating_sub(1),
            &format!("↓ {more} more"),
            state.theme.warn,
        );
    }
}

fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for place in Place::ALL {
        lines.push(Line::Title(place.title()));
        lines.extend(keys::of(place).map(Line::Key));
        lines.push(Line::Blank);
    }
    lines
}

fn draw_line(state: &State, pen: &mut Pen<'_>, y: u16, line: &Line) {
    match line {
        Line::Title(title) => {
            pen.text(1, y, title, state.theme.strong);
        }
        Line::Key(binding) => {
            let names = binding.names();
            pen.text(3, y, &names, state.theme.accent);
            pen.text(
                (4 + text::width(&names) as u16).max(16),
                y,
                binding.what,
                state.theme.text,
            );
        }
        Line::Blank => {}
    }
}
