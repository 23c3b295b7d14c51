//! Cards: what a number means, when it is bad, what to try.
//!
//! ```text
//!  store.pool.waiting                       asked about
//!  Pool of connections
//!    what     Connections to the store: …
//!    bad      Waiting that is part of the latency.
//!    try      See who holds one for long.
//!    book     concurrency/channels
//! ─────────────
//!  ▌Pool of connections
//!   Queues
//! ```

use crate::draw::{Hit, Pen, text};
use crate::explain::Card;
use crate::state::State;

/// The column where texts begin.
const TEXT: u16 = 8;

pub(crate) fn draw(state: &State, pen: &mut Pen<'_>) {
    let explain = &state.live.explain;
    let cards = explain.shown();
    let (width, height) = (pen.width(), pen.height());
    if cards.is_empty() {
        pen.text_centred(height / 2, "no card matches the filter", state.theme.dim);
        return;
    }
    let wide = width >= 100;
    let (list, card) = if wide {
        let left = width / 3;
        for y in 0..height {
            pen.symbol(left, y, '│', state.theme.dim);
        }
        (
            (0, 0, left, height),
            (left + 2, 0, width - left - 3, height),
        )
    } else {
        let top = height.saturating_sub(height / 3);
        pen.part(0, top.saturating_sub(1), width, 1)
            .rule(0, state.theme.dim);
        (
            (0, top, width, height - top),
            (1, 0, width.saturating_sub(2), top.saturating_sub(1)),
        )
    };
    draw_list(state, &cards, &mut pen.part(list.0, list.1, list.2, list.3));
    if let Some(shown) = explain.card() {
        draw_card(state, shown, &mut pen.part(card.0, card.1, card.2, card.3));
    }
}

fn draw_list(state: &State, cards: &[&Card], pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let cursor = state.live.explain.cursor;
    let rows = usize::from(pen.height());
    let first = (cursor + 1).saturating_sub(rows);
    for (at, card) in cards.iter().enumerate().skip(first).take(rows) {
        let y = (at - first) as u16;
        pen.part(0, y, pen.width(), 1).stands_for(Hit::Item(at));
        let selected = at == cursor;
        if selected {
            pen.symbol(0, y, '▌', theme.accent);
        }
        pen.text(
            1,
            y,
            card.title,
            if selected { theme.accent } else { theme.text },
        );
    }
}

fn draw_card(state: &State, card: &Card, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let mut y = 0;
    if let Some(of) = &state.live.explain.of {
        pen.text(0, y, of, theme.dim);
        y += 1;
    }
    pen.text(0, y, card.title, theme.strong);
    y += 1;
    let roomy = pen.height() > 14;
    let parts = [
        ("what", card.what),
        ("bad", card.bad),
        ("try", card.hint),
        ("book", card.chapter),
    ];
    let room = usize::from(pen.width().saturating_sub(TEXT));
    for (name, words) in parts.into_iter().filter(|(_, words)| !words.is_empty()) {
        y += u16::from(roomy);
        pen.text(1, y, name, theme.accent);
        for line in text::wrap_words(words, room) {
            pen.text(TEXT, y, &line, theme.text);
            y += 1;
        }
    }
}
