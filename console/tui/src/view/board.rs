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

use cutaway_model::Path;

use super::geometry;
use super::plot::Plot;
use crate::board::Pin;
use crate::draw::grid::{Grid, Least};
use crate::draw::{Hit, Pen};
use crate::state::State;
use crate::target::Target;
use crate::vitals::Vital;

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
        pen.stands_for(Hit::Item(index));
        let live = target.health(state.now, state.options.interval).has_news();
        let (plot, mark) = match &charts[index] {
            Pin::Vital(index) => (
                target
                    .vitals
                    .list
                    .get(*index)
                    .map(|vital| vital_plot(state, target, vital)),
                "",
            ),
            Pin::Variable(path) => (variable_plot(state, target, path), "◆ "),
        };
        if let Some(plot) = plot {
            plot.draw(state, mark, index == state.board.cursor, live, &mut pen);
        }
    }
}

/// A key number, other targets' behind it if they are wanted.
fn vital_plot(state: &State, target: &Target, vital: &Vital) -> Plot {
    let plot = Plot::of_vital(state, target, vital);
    if !state.live.overlay {
        return plot;
    }
    plot.over(state, |other| {
        let same = other
            .vitals
            .list
            .iter()
            .find(|of| of.title == vital.title)?;
        Some(Plot::of_vital(state, other, same))
    })
}

fn variable_plot(state: &State, target: &Target, path: &Path) -> Option<Plot> {
    let plot = Plot::of_variable(state, target, path)?;
    Some(if state.live.overlay {
        plot.over(state, |other| Plot::of_variable(state, other, path))
    } else {
        plot
    })
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
