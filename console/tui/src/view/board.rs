//! Pinned charts with axes.
//!
//! ```text
//!  ▌requests                 312/s    memory                21 MiB
//!   400 ┤      ⡠⠒⠒⢄                   30 MiB ┤
//!   200 ┤⠤⠤⠤⠒⠉    ⠑⠢⠤⠤               15 MiB ┤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤
//!     0 ┤                                  0 ┤
//!       -1 min           now                 -1 min           now
//!   min 190/s   p50 240/s   p99 400/s        min 20 MiB   p50 21 MiB
//! ```

use cutaway_model::{Entry, Path, sanitize};

use super::words::{self, fitting};
use crate::board::Pin;
use crate::draw::chart::Chart;
use crate::draw::grid::{Grid, Least};
use crate::draw::{Pen, text};
use crate::state::State;
use crate::target::Target;
use crate::unit::Unit;
use crate::variable::stats;
use crate::view::{geometry, overview};

/// What one chart shows.
struct Plot {
    title: String,
    unit: Unit,
    entries: Vec<Entry>,
    last: Option<f64>,
    pinned: bool,
}

pub(crate) fn draw(state: &State, target: &Target, pen: &mut Pen<'_>) {
    let charts = state.board.charts(target);
    let absent = state.board.absent(target).count();
    if charts.is_empty() {
        let words = if absent > 0 {
            "this target has none of the pinned variables"
        } else {
            "nothing is pinned"
        };
        pen.text_centred(pen.height() / 2, words, state.theme.text);
        pen.text_centred(
            pen.height() / 2 + 1,
            "p in the variables (2) pins one",
            state.theme.dim,
        );
        return;
    }
    let grid = grid_in(pen.width(), pen.height(), charts.len());
    let shown = grid.shown(state.board.cursor);
    for index in shown.clone() {
        let cell = grid.cell(index, &shown);
        let mut pen = pen.part(cell.x, cell.y, cell.width, cell.height);
        if let Some(plot) = plot(state, target, &charts[index]) {
            draw_plot(state, target, &plot, index == state.board.cursor, &mut pen);
        }
    }
}

/// How the charts are laid out on the screen.
pub(crate) fn grid(state: &State) -> Grid {
    let body = geometry::body(state.size);
    let count = state
        .target()
        .map_or(0, |target| state.board.charts(target).len());
    grid_in(body.width, body.height, count)
}

fn grid_in(width: u16, height: u16, count: usize) -> Grid {
    let least = match (width, height) {
        (150.., 36..) => Least {
            width: 60,
            height: 14,
        },
        _ => Least {
            width: 38,
            height: 7,
        },
    };
    Grid::new(width, height, count, least)
}

fn plot(state: &State, target: &Target, pin: &Pin) -> Option<Plot> {
    match pin {
        Pin::Vital(index) => {
            let vital = target.vitals.list.get(*index)?;
            Some(Plot {
                title: vital.title.clone(),
                unit: vital.unit,
                entries: vital.series.iter(state.window().entries()).collect(),
                last: vital.last(state.shown()),
                pinned: false,
            })
        }
        Pin::Variable(path) => plot_variable(state, target, path),
    }
}

fn plot_variable(state: &State, target: &Target, path: &Path) -> Option<Plot> {
    let variable = target.variables.get(path)?;
    let rated = state.is_rated(path, variable);
    let entries = variable.entries(rated, state.window());
    Some(Plot {
        title: sanitize(&path.to_string()).into_owned(),
        unit: if rated {
            variable.unit.per_second()
        } else {
            variable.unit
        },
        last: entries.last().and_then(Entry::value),
        entries,
        pinned: true,
    })
}

fn draw_plot(state: &State, target: &Target, plot: &Plot, selected: bool, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let live = target.health(state.now, state.options.interval).is_live();
    let (width, height) = (pen.width().saturating_sub(2), pen.height());
    if selected {
        pen.symbol(0, 0, '▌', theme.accent);
    }
    let last = plot
        .last
        .map_or_else(|| "–".to_owned(), |last| plot.unit.write(last));
    let begin = pen.text_right(width, 0, &last, if live { theme.strong } else { theme.dim });
    let room = begin.saturating_sub(2);
    let mark = if plot.pinned { "◆ " } else { "" };
    let title = text::cut_front(
        &plot.title,
        usize::from(room).saturating_sub(mark.chars().count()),
    );
    pen.text_within(
        1,
        0,
        room,
        &format!("{mark}{title}"),
        if selected { theme.accent } else { theme.text },
    );
    let window = state.window();
    let chart = Chart {
        entries: &plot.entries,
        window,
        unit: plot.unit,
        style: overview::style_of(plot.unit, theme),
    };
    let under = u16::from(height >= 6);
    let rows = height.saturating_sub(1 + under);
    chart.draw(&mut pen.part(1, 1, width.saturating_sub(1), rows), theme);
    if under > 0 {
        let mut x = 1;
        for piece in fitting(
            words::stats(stats(&plot.entries, window), plot.unit, theme),
            width,
            3,
        ) {
            x = pen.text(x, 1 + rows, &piece.words, piece.style) + 3;
        }
    }
}
