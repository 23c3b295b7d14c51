//! One number of all targets: a small chart each on one scale, what is usual, and who stands out.
//!
//! ```text
//!  latency_ns.p99 · 12 targets · min 3 ms · median 4 ms · max 90 ms · 1 stands out
//!  a:4000        4.1 ms  ▂▂▃▂▂     b:4000   ▲ 90 ms  ▂▂▂▇█
//! ```

use cutaway_model::{Entry, Path, sanitize};

use super::plot::Plot;
use super::words::{Piece, counted, fitting};
use crate::draw::grid::{Grid, Least};
use crate::draw::{Hit, Pen};
use crate::fleet::{Spread, order};
use crate::state::State;
use crate::unit::Unit;

/// One target's part: its place, and its newest number.
struct Replica {
    target: usize,
    last: Option<f64>,
}

pub(crate) fn draw(state: &State, path: &Path, pen: &mut Pen<'_>) {
    let replicas = order(state).iter().filter_map(|at| {
        let variable = state.targets[*at].variables.get(path)?;
        let last = if state.is_rated(path, variable) {
            variable.series.rate_until(state.shown())
        } else {
            variable
                .series
                .entry_until(state.shown())
                .and_then(|entry| entry.value())
        };
        Some(Replica { target: *at, last })
    });
    let replicas: Vec<Replica> = replicas.collect();
    let theme = &state.theme;
    let Some(spread) = Spread::of(replicas.iter().filter_map(|replica| replica.last)) else {
        pen.text_centred(pen.height() / 2, "no target has a number there", theme.dim);
        return;
    };
    let (width, height) = (pen.width(), pen.height().saturating_sub(1));
    let least = Least {
        width: 38,
        height: if height > 30 { 5 } else { 3 },
    };
    let grid = Grid::new(width, height, replicas.len(), least);
    let here = replicas
        .iter()
        .position(|replica| replica.target == state.selected);
    let shown = grid.shown(here.unwrap_or(0));
    // Only what is on the screen is drawn: there may be thousands.
    let plots = replicas[shown.clone()].iter().map(|replica| {
        let plot = Plot::of_variable(state, &state.targets[replica.target], path)?;
        Some((replica, plot))
    });
    let plots: Vec<(&Replica, Plot)> = plots.flatten().collect();
    let unit = plots.first().map_or(Unit::Count, |(_, plot)| plot.unit);
    draw_head(
        state,
        path,
        &replicas,
        &spread,
        unit,
        &mut pen.part(1, 0, pen.width(), 1),
    );
    let bounds = bounds(&plots, &spread);
    for (index, (replica, plot)) in shown.clone().zip(&plots) {
        let cell = grid.cell(index, &shown);
        let mut part = pen.part(cell.x, cell.y + 1, cell.width, cell.height);
        draw_replica(state, replica, plot, &spread, bounds, &mut part);
    }
}

fn draw_head(
    state: &State,
    path: &Path,
    replicas: &[Replica],
    spread: &Spread,
    unit: Unit,
    pen: &mut Pen<'_>,
) {
    let theme = &state.theme;
    let outliers = replicas.iter().filter_map(|replica| replica.last);
    let outliers = outliers.filter(|value| spread.is_outlier(*value)).count();
    let name = sanitize(&path.to_string()).into_owned();
    let mut pieces = vec![
        Piece::new(name, theme.strong, 0),
        Piece::new(counted(replicas.len(), "target"), theme.dim, 3),
        Piece::new(format!("min {}", unit.write(spread.min)), theme.text, 2),
        Piece::new(
            format!("median {}", unit.write(spread.median)),
            theme.text,
            1,
        ),
        Piece::new(format!("max {}", unit.write(spread.max)), theme.text, 1),
    ];
    if outliers > 0 {
        pieces.push(Piece::new(format!("▲ {outliers} stand out"), theme.warn, 1));
    }
    let mut x = 0;
    for piece in fitting(pieces, pen.width().saturating_sub(2), 2) {
        x = pen.text(x, 0, &piece.words, piece.style) + 2;
    }
}

fn draw_replica(
    state: &State,
    replica: &Replica,
    plot: &Plot,
    spread: &Spread,
    bounds: (f64, f64),
    pen: &mut Pen<'_>,
) {
    let theme = &state.theme;
    let target = &state.targets[replica.target];
    pen.stands_for(Hit::Target(replica.target));
    let selected = replica.target == state.selected;
    if selected {
        pen.symbol(0, 0, '▌', theme.accent);
    }
    let outlier = replica.last.is_some_and(|last| spread.is_outlier(last));
    let last = replica
        .last
        .map_or_else(|| "–".to_owned(), |last| plot.unit.write(last));
    let words = if outlier { format!("▲ {last}") } else { last };
    let live = target.health(state.now, state.options.interval).has_news();
    let style = match (outlier, live) {
        (true, _) => theme.warn,
        (false, true) => theme.strong,
        (false, false) => theme.dim,
    };
    let right = pen.width().saturating_sub(2);
    let begin = pen.text_right(right, 0, &words, style);
    let name = if selected { theme.accent } else { theme.text };
    pen.text_within(1, 0, begin.saturating_sub(2), &target.info.name, name);
    let (width, height) = (
        pen.width().saturating_sub(3),
        pen.height().saturating_sub(1),
    );
    plot.chart(state)
        .draw_bars_within(bounds, &mut pen.part(1, 1, width, height), theme);
}

/// The least and the greatest value: one scale for all charts.
fn bounds(plots: &[(&Replica, Plot)], spread: &Spread) -> (f64, f64) {
    let values = plots
        .iter()
        .flat_map(|(_, plot)| &plot.entries)
        .filter_map(Entry::value);
    let seed = (spread.min.min(0.0), spread.max.max(0.0));
    values
        .filter(|value| value.is_finite())
        .fold(seed, |(low, high), value| (value.min(low), value.max(high)))
}
