//! Distinct stacks with their amounts, and the frames of the selected one.
//!
//! ```text
//!     count   share  where
//!  ▌     120   60.2%  sales_api::queue::take ‹ tokio::sync::mpsc::recv
//!        14    7.0%  sales_api::main
//!  ──────────────────────────────────────────────────
//!     sales_api::queue::take                 src/queue.rs:41
//!   ‹ sales_api::worker::run                 src/worker.rs:12
//! ```

use super::amount::{Amounts, growth, share, signed_share, unit};
use crate::draw::{Hit, Pen, text};
use crate::flame::{Stacks, fitted};
use crate::profiling::Group;
use crate::state::State;

pub(super) fn draw(state: &State, pen: &mut Pen<'_>) {
    let (theme, groups) = (&state.theme, &state.profiling().groups);
    let (width, height) = (pen.width(), pen.height());
    let compares = state.profiling().compares();
    let share_title = if compares { "growth" } else { "share" };
    let measured = state.profiling().measure();
    let measure = measured.map_or_else(String::new, |(kind, _)| {
        cutaway_model::sanitize(kind).into_owned()
    });
    pen.text_right(11, 0, &text::cut(&measure, 9), theme.dim);
    pen.text_right(19, 0, share_title, theme.dim);
    pen.text(21, 0, "where", theme.dim);
    if groups.rows.is_empty() {
        pen.text_centred(height / 2, "nothing matches the search", theme.dim);
        return;
    }
    let details = if height >= 12 { height / 2 } else { 0 };
    let rows = usize::from(height.saturating_sub(1 + details));
    let first = (groups.cursor + 1).saturating_sub(rows);
    for (at, group) in groups.rows.iter().enumerate().skip(first).take(rows) {
        let mut line = pen.part(0, 1 + (at - first) as u16, width, 1);
        line.stands_for(Hit::Item(at));
        draw_group(state, group, at == groups.cursor, &mut line);
    }
    let below = groups.rows.len().saturating_sub(first + rows);
    if below > 0 && height > 2 {
        let y = height.saturating_sub(details + 1);
        pen.text_right(width, y, &format!(" {below} more "), theme.selected);
    }
    if let Some(group) = groups.selected().filter(|_| details > 0) {
        draw_frames(
            state,
            group,
            &mut pen.part(0, height - details, width, details),
        );
    }
}

fn draw_group(state: &State, group: &Group, selected: bool, pen: &mut Pen<'_>) {
    let (theme, amounts) = (&state.theme, Amounts::of(state));
    let change = group.change();
    let (amount, style) = (amounts.write(change), amounts.style(change));
    let share = if state.profiling().compares() {
        growth(group.amount, group.base)
    } else {
        share(state, group.amount)
    };
    pen.text_right(11, 0, &amount, style);
    pen.text_right(19, 0, &share, style);
    if selected {
        pen.symbol(0, 0, '▌', theme.accent);
    }
    let stacks = &state.profiling().groups.stacks;
    let name = if selected {
        theme.selected
    } else {
        theme.strong
    };
    let room = usize::from(pen.width().saturating_sub(22));
    let (own, leaf) = named(stacks, group.node);
    let x = pen.text(21, 0, &fitted(&own, room), name);
    if let Some(leaf) = leaf {
        let room = usize::from(pen.width().saturating_sub(x + 4));
        if room > 6 {
            pen.text(x + 1, 0, &format!("‹ {}", fitted(&leaf, room)), theme.dim);
        }
    }
}

/// The innermost function of the program itself and, if that is another, the innermost of all.
fn named(stacks: &Stacks, node: u32) -> (String, Option<String>) {
    let leaf = stacks.name(node).to_owned();
    let mut at = node;
    while let Some(frame) = stacks.frame(at) {
        if frame.own {
            let own = stacks.name(at).to_owned();
            return (own, (at != node).then_some(leaf));
        }
        at = stacks.nodes[at as usize].parent;
    }
    (leaf, None)
}

/// The frames of a stack, the innermost first.
fn draw_frames(state: &State, group: &Group, pen: &mut Pen<'_>) {
    let (theme, stacks) = (&state.theme, &state.profiling().groups.stacks);
    pen.rule(0, theme.dim);
    if state.profiling().compares() {
        let unit = unit(state);
        let words = format!(
            " {} before, {} now: {} ",
            unit.write(group.base as f64),
            unit.write(group.amount as f64),
            signed_share(state, group.change())
        );
        pen.text(2, 0, &words, theme.text);
    }
    let mut at = group.node;
    let mut y = 1;
    while let Some(frame) = stacks.frame(at).filter(|_| y < pen.height()) {
        let line = stacks.nodes[at as usize].line;
        let place = super::numbers::place(frame, line);
        let place = text::cut_front(&place, usize::from(pen.width() / 2)).into_owned();
        let right = pen.width().saturating_sub(1);
        let right = if place.is_empty() {
            right
        } else {
            pen.text_right(right, y, &place, theme.dim)
        };
        if y > 1 {
            pen.symbol(1, y, '‹', theme.dim);
        }
        let style = if frame.own { theme.strong } else { theme.text };
        let room = right.saturating_sub(4);
        pen.text_within(
            3,
            y,
            room,
            &fitted(stacks.name(at), usize::from(room)),
            style,
        );
        at = stacks.nodes[at as usize].parent;
        y += 1;
    }
}
