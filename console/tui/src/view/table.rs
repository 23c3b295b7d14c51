//! Functions by what they cost, as `go tool pprof -top` lists them.
//!
//! ```text
//!       flat   flat%        cum    cum%  function
//!     1.2 s   14.8%     1.3 s   16.0%  ▏sqlite3VdbeExec
//! ```

use ratatui::style::Style;

use crate::draw::Pen;
use crate::flame::TableRow;
use crate::state::State;
use crate::unit::{Unit, percent};

const FLAT: u16 = 10;
const FLAT_SHARE: u16 = 18;
const CUM: u16 = 28;
const CUM_SHARE: u16 = 36;

/// With `current`, the cursor is in it and it follows the cursor; otherwise its beginning is shown.
pub(crate) fn draw(state: &State, pen: &mut Pen<'_>, current: bool) {
    let (theme, profiling) = (&state.theme, &state.profiling);
    let table = &profiling.table;
    let shares = pen.width() >= 60;
    draw_titles(state, pen, shares);
    if table.shown().len() == 0 {
        pen.text_centred(pen.height() / 2, "nothing matches the search", theme.dim);
        return;
    }
    let unit = profiling.measure().map_or(Unit::Count, |(_, unit)| unit);
    let rows = usize::from(pen.height().saturating_sub(1));
    let first = if current {
        (table.cursor() + 1).saturating_sub(rows)
    } else {
        0
    };
    for (at, row) in table.shown().enumerate().skip(first).take(rows) {
        let selected = current && at == table.cursor();
        let mut line = pen.part(0, 1 + (at - first) as u16, pen.width(), 1);
        draw_row(state, row, selected, unit, shares, &mut line);
    }
}

fn draw_titles(state: &State, pen: &mut Pen<'_>, shares: bool) {
    let dim = state.theme.dim;
    let columns = if shares {
        vec![
            (FLAT, "flat"),
            (FLAT_SHARE, "flat%"),
            (CUM, "cum"),
            (CUM_SHARE, "cum%"),
        ]
    } else {
        vec![(FLAT, "flat"), (FLAT + 10, "cum")]
    };
    for (right, title) in columns {
        pen.text_right(right, 0, title, dim);
    }
    pen.text(names_at(shares) + 1, 0, "function", dim);
}

fn draw_row(
    state: &State,
    row: &TableRow,
    selected: bool,
    unit: Unit,
    shares: bool,
    pen: &mut Pen<'_>,
) {
    let theme = &state.theme;
    let total = state.profiling.table.total().max(1) as f64;
    let (flat, cum) = (row.flat as f64, row.cum as f64);
    let style = if row.flat == 0 { theme.dim } else { theme.text };
    pen.text_right(FLAT, 0, &unit.write(flat), style);
    if shares {
        pen.text_right(FLAT_SHARE, 0, &percent(flat / total), style);
        pen.text_right(CUM, 0, &unit.write(cum), theme.text);
        pen.text_right(CUM_SHARE, 0, &percent(cum / total), theme.text);
    } else {
        pen.text_right(FLAT + 10, 0, &unit.write(cum), theme.text);
    }
    let names = names_at(shares);
    draw_swatch(state, row, pen, names);
    let name = match (selected, row.own) {
        (true, _) => theme.selected,
        (false, true) => theme.strong,
        (false, false) => theme.text,
    };
    pen.text(names + 1, 0, &row.name, name);
    if selected {
        pen.symbol(0, 0, '▌', theme.accent);
    }
}

/// The colour that the function has in the graph.
fn draw_swatch(state: &State, row: &TableRow, pen: &mut Pen<'_>, x: u16) {
    if state.theme.paints() {
        let background = state.theme.frame(row.hash, row.own).bg.unwrap_or_default();
        pen.symbol(x - 1, 0, '▐', Style::new().fg(background));
    }
}

fn names_at(shares: bool) -> u16 {
    if shares { CUM_SHARE + 3 } else { FLAT + 13 }
}
