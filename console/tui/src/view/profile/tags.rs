//! The labels of samples: what each value took.
//!
//! ```text
//!  resource                                  12.4 s
//!  ▌   8.1 s  65.3%  ▰▰▰▰▰▰▰▱▱▱  stock
//!      4.3 s  34.7%  ▰▰▰▱▱▱▱▱▱▱  orders
//! ```

use super::amount::{Amounts, growth};
use crate::draw::{Hit, Pen};
use crate::profiling::TagRow;
use crate::state::State;
use crate::unit::percent;

/// Cells of a bar.
const BAR: usize = 10;

pub(super) fn draw(state: &State, pen: &mut Pen<'_>) {
    let (theme, tags) = (&state.theme, &state.profiling().tags);
    if tags.rows.is_empty() {
        let words = "the samples have no labels";
        pen.text_centred(pen.height() / 2, words, theme.text);
        return;
    }
    let rows = usize::from(pen.height());
    let first = (tags.cursor + 1).saturating_sub(rows);
    for (at, row) in tags.rows.iter().enumerate().skip(first).take(rows) {
        let mut line = pen.part(0, (at - first) as u16, pen.width(), 1);
        line.stands_for(Hit::Item(at));
        draw_row(state, row, at == tags.cursor, &mut line);
    }
}

fn draw_row(state: &State, row: &TagRow, selected: bool, pen: &mut Pen<'_>) {
    let (theme, amounts) = (&state.theme, Amounts::of(state));
    let change = row.amount.saturating_sub(row.base);
    let (amount, style) = (amounts.write(change), amounts.style(change));
    let right = pen.width().saturating_sub(1);
    if selected {
        pen.symbol(0, 0, '▌', theme.accent);
    }
    let Some((total, _)) = row.value else {
        let end = pen.text(2, 0, &row.name, theme.strong);
        let begin = right.saturating_sub(amount.chars().count() as u16);
        pen.text_right(
            right,
            0,
            &amount,
            if begin > end { style } else { theme.dim },
        );
        return;
    };
    pen.text_right(12, 0, &amount, style);
    let share = row.amount.unsigned_abs() as f64 / total.unsigned_abs().max(1) as f64;
    let share_words = if state.profiling().compares() {
        growth(row.amount, row.base)
    } else {
        percent(share)
    };
    pen.text_right(20, 0, &share_words, style);
    let filled = (share.clamp(0.0, 1.0) * BAR as f64).round() as usize;
    let cell = |at: usize| if at < filled { '▰' } else { '▱' };
    let bar: String = (0..BAR).map(cell).collect();
    pen.text(22, 0, &bar, theme.dim);
    let name = if selected { theme.selected } else { theme.text };
    pen.text(34, 0, &row.name, name);
}
