//! The keys that matter here, or the filter being typed.
//!
//! ```text
//!  / alloc▏  12 of 340                                 enter keep  esc drop
//!  / filter  enter detail  p pin  r rate                      ? keys  q quit
//! ```

use crate::draw::Pen;
use crate::keys::{self, Binding, Place};
use crate::state::{Ask, State, Tab};
use crate::update::place;

pub(crate) fn draw(state: &State, pen: &mut Pen<'_>) {
    let place = place(state);
    let mut right = pen.width().saturating_sub(1);
    if place != Place::Typing {
        // Quitting and help are never crowded out; pausing is, on a narrow screen.
        let narrow = pen.width() < 60;
        let everywhere = keys::of(Place::Everywhere).filter(|binding| !binding.hint.is_empty());
        for binding in everywhere.filter(|binding| !narrow || binding.hint != "pause") {
            right = draw_hint_right(state, pen, right, binding);
        }
    }
    let mut x = draw_field(state, pen, place == Place::Typing);
    for binding in keys::of(place).filter(|binding| !binding.hint.is_empty()) {
        let name = state.live.keymap.hint(binding);
        let width = (name.chars().count() + binding.hint.len() + 1) as u16;
        if x + width + 2 > right {
            break;
        }
        x = pen.text(x, 0, &name, state.theme.accent);
        x = pen.text(x + 1, 0, binding.hint, state.theme.dim) + 2;
    }
}

fn draw_hint_right(state: &State, pen: &mut Pen<'_>, right: u16, binding: &Binding) -> u16 {
    let begin = pen.text_right(right, 0, binding.hint, state.theme.dim);
    let begin = pen.text_right(
        begin.saturating_sub(1),
        0,
        &state.live.keymap.hint(binding),
        state.theme.accent,
    );
    begin.saturating_sub(2)
}

/// What the field is for.
fn asked(state: &State) -> String {
    match state.typing {
        None | Some(Ask::Search) => "/".to_owned(),
        Some(Ask::Filter(kind)) => format!("{}: ", kind.name()),
        Some(Ask::Base) => "compare with file: ".to_owned(),
        Some(Ask::Export) => "write to file: ".to_owned(),
    }
}

/// The filter and what it found. Answers where the next thing goes.
fn draw_field(state: &State, pen: &mut Pen<'_>, typing: bool) -> u16 {
    let theme = &state.theme;
    let begin = u16::from(pen.width() > 24);
    let Some(field) = state.field().filter(|field| typing || !field.is_empty()) else {
        return begin;
    };
    let cursor = if typing { "▏" } else { "" };
    let room = pen.width() / 2;
    let end = pen.text_within(
        begin,
        0,
        room,
        &format!("{}{}{cursor}", asked(state), field.as_str()),
        theme.strong,
    );
    let found = match state.tab {
        _ if !matches!(state.typing, None | Some(Ask::Search)) => None,
        tab if tab.is_profile() => state.profiling().found(),
        Tab::Explain => Some(format!("{} cards", state.live.explain.shown().len())),
        Tab::Overview => Some(format!(
            "{} of {} targets",
            crate::fleet::order(state).len(),
            state.targets.len()
        )),
        _ => Some(format!(
            "{} of {}",
            state.variables.tree.matched, state.variables.tree.total
        )),
    };
    found.map_or(end, |found| pen.text(end + 2, 0, &found, theme.text)) + 3
}
