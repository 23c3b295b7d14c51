//! Functions by what they cost, as `go tool pprof -top` lists them.
//!
//! ```text
//!       flat   flat%   sum%       cum    cum%  function
//!     1.2 s   14.8%  14.8%     1.3 s   16.0%  ▏sqlite3VdbeExec
//! ```
//!
//! In a comparison the amounts are changes, and a column tells by how much of itself a function grew.

use ratatui::style::Style;

use super::amount::{Amounts, growth};
use crate::draw::{Hit, Pen};
use crate::flame::{Order, TableRow, fitted};
use crate::state::State;

/// Where columns end; the last is where names begin.
struct Columns {
    flat: u16,
    /// Shares are left out where there is no room.
    flat_share: Option<u16>,
    /// The sum of shares so far, or the growth; likewise.
    third: Option<u16>,
    cum: u16,
    cum_share: Option<u16>,
    names: u16,
}

impl Columns {
    fn new(width: u16) -> Self {
        let narrow = Self {
            flat: 11,
            flat_share: None,
            third: None,
            cum: 23,
            cum_share: None,
            names: 25,
        };
        match width {
            0..60 => narrow,
            60..90 => Self {
                flat_share: Some(18),
                cum: 30,
                cum_share: Some(37),
                names: 39,
                ..narrow
            },
            _ => Self {
                flat_share: Some(19),
                third: Some(28),
                cum: 40,
                cum_share: Some(48),
                names: 51,
                ..narrow
            },
        }
    }
}

/// With `current`, the cursor is in it and it follows the cursor; otherwise its beginning is shown.
pub(super) fn draw(state: &State, pen: &mut Pen<'_>, current: bool) {
    let (theme, table) = (&state.theme, &state.profiling().table);
    let columns = Columns::new(pen.width());
    draw_titles(state, pen, &columns);
    if table.shown().len() == 0 {
        let words = if table.order() == Order::Change {
            "nothing changed, or nothing that changed matches the search"
        } else {
            "nothing matches the search"
        };
        pen.text_centred(pen.height() / 2, words, theme.dim);
        return;
    }
    let rows = usize::from(pen.height().saturating_sub(1));
    let first = if current {
        (table.cursor() + 1).saturating_sub(rows)
    } else {
        0
    };
    let before = table.shown().take(first).map(TableRow::flat_change);
    let mut sum = before.fold(0, i64::saturating_add);
    for (at, row) in table.shown().enumerate().skip(first).take(rows) {
        sum = sum.saturating_add(row.flat_change());
        let selected = current && at == table.cursor();
        let mut line = pen.part(0, 1 + (at - first) as u16, pen.width(), 1);
        line.stands_for(if current {
            Hit::Item(at)
        } else {
            Hit::Function(at)
        });
        draw_row(state, row, sum, selected, &columns, &mut line);
    }
}

fn draw_titles(state: &State, pen: &mut Pen<'_>, columns: &Columns) {
    let (dim, strong) = (state.theme.dim, state.theme.text);
    // In the order of the key that sorts.
    let names = columns.names;
    let before_cum = columns.third.or(columns.flat_share).unwrap_or(columns.flat);
    for (place, (from, to)) in [(0, before_cum), (before_cum, names), (names, pen.width())]
        .into_iter()
        .enumerate()
    {
        let mut heading = pen.part(from, 0, to.saturating_sub(from), 1);
        heading.stands_for(Hit::Heading(place));
    }
    let (order, compares) = (
        state.profiling().table.order(),
        state.profiling().compares(),
    );
    let by = |of: Order| if order == of { strong } else { dim };
    let flat = if order == Order::Change {
        strong
    } else {
        by(Order::Flat)
    };
    pen.text_right(columns.flat, 0, "flat", flat);
    pen.text_right(columns.cum, 0, "cum", by(Order::Cum));
    for (right, title) in [(columns.flat_share, "flat%"), (columns.cum_share, "cum%")] {
        if let Some(right) = right {
            pen.text_right(right, 0, title, dim);
        }
    }
    if let Some(right) = columns.third {
        let title = if compares { "growth" } else { "sum%" };
        pen.text_right(right, 0, title, dim);
    }
    let end = pen.text(columns.names + 1, 0, "function", by(Order::Name));
    let words = match order {
        Order::Flat => "",
        Order::Cum => "  by cum",
        Order::Name => "  by name",
        Order::Change => "  grown first, shrunk last",
    };
    pen.text(end, 0, words, dim);
}

fn draw_row(
    state: &State,
    row: &TableRow,
    sum: i64,
    selected: bool,
    columns: &Columns,
    pen: &mut Pen<'_>,
) {
    let (theme, amounts) = (&state.theme, Amounts::of(state));
    let (flat, cum) = (row.flat_change(), row.change());
    pen.text_right(columns.flat, 0, &amounts.write(flat), amounts.style(flat));
    pen.text_right(columns.cum, 0, &amounts.write(cum), amounts.style(cum));
    if let Some(right) = columns.flat_share {
        pen.text_right(right, 0, &amounts.share(flat), amounts.style(flat));
    }
    if let Some(right) = columns.cum_share {
        pen.text_right(right, 0, &amounts.share(cum), amounts.style(cum));
    }
    if let Some(right) = columns.third {
        let words = if state.profiling().compares() {
            growth(row.flat, row.base_flat)
        } else {
            amounts.share(sum)
        };
        pen.text_right(right, 0, &words, theme.dim);
    }
    draw_swatch(state, row, pen, columns.names);
    let name = match (selected, row.own) {
        (true, _) => theme.selected,
        (false, true) => theme.strong,
        (false, false) => theme.text,
    };
    let room = usize::from(pen.width().saturating_sub(columns.names + 1));
    pen.text(columns.names + 1, 0, &fitted(&row.name, room), name);
    if selected {
        pen.symbol(0, 0, '▌', theme.accent);
    }
}

/// The colour that the function has in the graph.
fn draw_swatch(state: &State, row: &TableRow, pen: &mut Pen<'_>, x: u16) {
    if state.theme.paints() {
        let style = if state.profiling().compares() {
            let weight = row.flat.saturating_add(row.base_flat).max(1) as f64;
            state.theme.change(row.flat_change() as f64 / weight)
        } else {
            state.theme.frame(row.hash, row.own)
        };
        let background = style.bg.unwrap_or_default();
        pen.symbol(x - 1, 0, '▐', Style::new().fg(background));
    }
}
