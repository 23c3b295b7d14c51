//! The screen.
//!
//! ```text
//! ┌──────────────────────────────────────────────────────────────┐
//! │ header    which target, how it does                          │
//! │           which view                                         │
//! │ body      overview · variables · detail · board · profiles   │
//! │           help, over any of them                             │
//! │ footer    keys, or the filter being typed                    │
//! └──────────────────────────────────────────────────────────────┘
//! ```
//!
//! One file for each region. Drawing reads the state and changes nothing; where things do not fit, the least important
//! goes first, down to nothing at all on a screen without cells.

mod across;
pub(crate) mod board;
mod detail;
mod explain;
pub(crate) mod fleet;
mod footer;
pub(crate) mod geometry;
pub(crate) mod header;
pub(crate) mod help;
pub(crate) mod lints;
pub(crate) mod overview;
mod plot;
mod profile;
pub(crate) mod runtime;
mod variables;
mod words;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::draw::{Hit, Pen};
use crate::state::{State, Tab};

/// Draws the state onto the whole of `frame`.
pub fn view(state: &State, frame: &mut Frame<'_>) {
    draw(state, frame.buffer_mut());
}

/// Draws the state onto the whole of `buffer`; [`view`] for those who have no terminal.
pub fn draw(state: &State, buffer: &mut Buffer) {
    let area = *buffer.area();
    draw_with(state, Pen::new(buffer, area));
}

/// What stands at a place of the screen, for the mouse.
pub(crate) fn hit(state: &State, column: u16, row: u16) -> Option<Hit> {
    let area = Rect::new(0, 0, state.size.0, state.size.1);
    let (mut screen, mut hits) = (Buffer::empty(area), Vec::new());
    draw_with(state, Pen::noting(&mut screen, area, &mut hits));
    let is_there = |(place, _): &&(Rect, Hit)| place.contains(Position::new(column, row));
    // What was drawn last lies on top.
    hits.iter().rev().find(is_there).map(|(_, hit)| *hit)
}

fn draw_with(state: &State, mut pen: Pen<'_>) {
    let size = (pen.width(), pen.height());
    let body = geometry::body(size);
    header::draw(state, &mut pen.part(0, 0, size.0, body.y));
    draw_body(state, &mut pen.part(0, body.y, body.width, body.height));
    footer::draw(
        state,
        &mut pen.part(
            0,
            body.y + body.height,
            size.0,
            size.1.saturating_sub(body.y + body.height),
        ),
    );
    if let Some(top) = state.help {
        help::draw(
            state,
            top,
            &mut pen.part(0, body.y, body.width, body.height),
        );
    }
}

fn draw_body(state: &State, pen: &mut Pen<'_>) {
    let Some(target) = state.target() else {
        pen.text_centred(pen.height() / 2, "no targets yet", state.theme.dim);
        return;
    };
    match (state.tab, &state.detail) {
        (Tab::Explain, _) => explain::draw(state, pen),
        (tab, _) if tab.is_profile() => profile::draw(state, target, pen),
        (_, Some(path)) if state.live.across => across::draw(state, path, pen),
        (_, Some(path)) => detail::draw(state, target, path, pen),
        (Tab::Overview, None) => overview::draw(state, target, pen),
        (Tab::Variables, None) => variables::draw(state, target, pen),
        (Tab::Runtime, None) => runtime::draw(state, target, pen),
        (Tab::Lints, None) => lints::draw(state, target, pen),
        (_, None) => board::draw(state, target, pen),
    }
}
