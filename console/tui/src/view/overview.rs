//! The key numbers of the selected target; above them, if there are several targets, the fleet.
//!
//! ```text
//!  sales-api 0.1.0 · up 3 h 2 min · 312 variables
//!  ▌requests               312/s    errors                 0/s
//!   ▃▄▅▅▄▄▅▆▅▅▄▃▄▅▅▅▆▅▅▄▄▅▅          ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
//!   min 290 · p50 310 · p99 340 · max 344
//! ```

use std::path::Path as FilePath;

use cutaway_model::Scalar;

use super::fleet;
use super::plot::Plot;
use super::words::{self, Piece, counted, fitting};
use crate::draw::grid::{Grid, Least};
use crate::draw::{Hit, Pen};
use crate::state::State;
use crate::target::Target;
use crate::unit::{Unit, percent};
use crate::view::geometry;
use crate::vitals::{Role, Vital};

pub(crate) fn draw(state: &State, target: &Target, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    let top = fleet::height(state, height);
    fleet::draw(state, &mut pen.part(0, 0, width, top));
    let about = about_height(height);
    draw_about(state, target, &mut pen.part(1, top, width, about));
    let above = top + about;
    draw_cards(
        state,
        target,
        &mut pen.part(0, above, width, height.saturating_sub(above)),
    );
}

/// How the cards are laid out on the screen.
pub(crate) fn grid(state: &State) -> Grid {
    let body = geometry::body(state.size);
    let count = state.target().map_or(0, |target| target.vitals.list.len());
    let height = body
        .height
        .saturating_sub(fleet::height(state, body.height) + about_height(body.height));
    grid_in(body.width, height, count)
}

fn grid_in(width: u16, height: u16, count: usize) -> Grid {
    let least = match (width, height) {
        (_, 0..=11) => Least {
            width: 38,
            height: 1,
        },
        (150.., 36..) => Least {
            width: 60,
            height: 12,
        },
        _ => Least {
            width: 38,
            height: 4,
        },
    };
    Grid::new(width, height, count, least)
}

fn about_height(height: u16) -> u16 {
    u16::from(height >= 6)
}

fn draw_about(state: &State, target: &Target, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let mut pieces = Vec::new();
    if let Some(name) = program(target) {
        let version = target
            .text("build.version")
            .map(|version| format!(" {version}"))
            .unwrap_or_default();
        pieces.push(Piece::new(format!("{name}{version}"), theme.strong, 0));
    }
    if let Some(uptime) = uptime(target) {
        pieces.push(Piece::new(format!("up {uptime}"), theme.text, 1));
    }
    if !target.variables.is_empty() {
        pieces.push(Piece::new(
            counted(target.variables.len(), "variable"),
            theme.dim,
            2,
        ));
    }
    if target.left_out() > 0 {
        pieces.push(Piece::new(
            format!("{} more not kept", target.left_out()),
            theme.warn,
            1,
        ));
    }
    if let Some((at, why)) = &target.restarted {
        let age = words::passed(state.shown().saturating_sub(*at));
        pieces.push(Piece::new(
            format!("restarted {age} ago: {why}"),
            theme.dim,
            3,
        ));
    }
    pieces.push(Piece::new(target.info.url.clone(), theme.dim, 4));
    let mut x = 0;
    for piece in fitting(pieces, pen.width().saturating_sub(1), 3) {
        x = pen.text(x, 0, &piece.words, piece.style) + 3;
    }
}

/// The program's name: what its build says, or the file it was started from.
fn program(target: &Target) -> Option<String> {
    let started = || {
        let Scalar::Array(arguments) = target.variables.get(&"cmdline".into())?.value() else {
            return None;
        };
        let file = FilePath::new(arguments.first()?.as_str()?).file_name()?;
        Some(cutaway_model::sanitize(&file.to_string_lossy()).into_owned())
    };
    target.text("build.name").or_else(started)
}

fn uptime(target: &Target) -> Option<String> {
    let nanos = target.number("uptime_ns");
    let seconds = || {
        target
            .number("uptime")
            .or_else(|| target.number("uptime_seconds"))
    };
    let seconds = nanos.map(|nanos| nanos / 1e9).or_else(seconds)?;
    Some(Unit::Seconds.write(seconds))
}

fn draw_cards(state: &State, target: &Target, pen: &mut Pen<'_>) {
    let vitals = &target.vitals.list;
    if vitals.is_empty() {
        let words = if target.variables.is_empty() {
            "no variables yet"
        } else {
            "no numbers: 2 lists the variables"
        };
        pen.text_centred(pen.height() / 2, words, state.theme.dim);
        return;
    }
    let grid = grid_in(pen.width(), pen.height(), vitals.len());
    let shown = grid.shown(state.card);
    for index in shown.clone() {
        let cell = grid.cell(index, &shown);
        draw_card(
            state,
            target,
            index,
            &mut pen.part(cell.x, cell.y, cell.width, cell.height),
        );
    }
}

fn draw_card(state: &State, target: &Target, index: usize, pen: &mut Pen<'_>) {
    let Some(vital) = target.vitals.list.get(index) else {
        return;
    };
    let theme = &state.theme;
    let plot = Plot::of_vital(state, target, vital);
    let live = target.health(state.now, state.options.interval).has_news();
    pen.stands_for(Hit::Item(index));
    let selected = index == state.card;
    if selected {
        pen.symbol(0, 0, '▌', theme.accent);
    }
    let low = pen.height() < 3;
    let spark = if low { pen.width() / 3 } else { 0 };
    let right = pen.width().saturating_sub(spark + 2);
    let value = plot
        .last
        .map_or_else(|| "–".to_owned(), |last| plot.unit.write(last));
    let begin = pen.text_right(
        right,
        0,
        &value,
        if live { theme.strong } else { theme.dim },
    );
    let style = if selected { theme.accent } else { theme.text };
    let end = pen.text_within(1, 0, begin.saturating_sub(2), &plot.title, style);
    if low {
        return plot
            .chart(state)
            .draw_bars(&mut pen.part(right + 1, 0, spark, 1), theme);
    }
    if let Some(share) = error_share(vital, plot.last, target, state) {
        pen.text_within(end + 2, 0, begin.saturating_sub(end + 3), &share, theme.dim);
    }
    draw_history(state, &plot, pen);
}

fn draw_history(state: &State, plot: &Plot, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width().saturating_sub(3), pen.height());
    let under = u16::from(height >= 5);
    let rows = height.saturating_sub(1 + under + u16::from(height >= 7));
    let mut chart = pen.part(1, 1, width, rows);
    if height >= 9 {
        plot.chart(state).draw(&mut chart, &state.theme);
    } else {
        plot.chart(state).draw_bars(&mut chart, &state.theme);
    }
    if under > 0 {
        plot.draw_numbers(state, &mut pen.part(1, 1 + rows, width, 1));
    }
}

/// What share of requests fails.
fn error_share(
    vital: &Vital,
    errors: Option<f64>,
    target: &Target,
    state: &State,
) -> Option<String> {
    if vital.role != Role::Errors {
        return None;
    }
    let requests = target
        .vitals
        .of(Role::Requests)?
        .last(target, state.shown())
        .filter(|rate| *rate > 0.0)?;
    Some(format!("{} of requests", percent(errors? / requests)))
}
