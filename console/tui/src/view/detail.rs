//! One variable closely: value, rate, history, statistics.
//!
//! ```text
//!  memstats.HeapAlloc                                        ◆ pinned
//!  bytes from expvar · 4,404,019 = 4.2 MiB
//!
//!  6 MiB ┤        ⢀⡠⠔⠊
//!      0 ┤⠤⠤⠔⠒⠉⠉
//!        -1 min              -30 s              now
//!  last 4.2 MiB · min 2 MiB · p50 3 MiB · p99 4.2 MiB · max 4.2 MiB
//!  60 samples in the last 1 min
//! ```

use cutaway_model::{Kind, Path, sanitize, units};

use super::plot::Plot;
use super::words::{self, Piece, counted, fitting};
use crate::draw::{Pen, text};
use crate::state::State;
use crate::target::Target;
use crate::variable::{Variable, stats};

pub(crate) fn draw(state: &State, target: &Target, path: &Path, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let name = sanitize(&path.to_string()).into_owned();
    let (width, height) = (pen.width().saturating_sub(2), pen.height());
    let mut pen = pen.part(1, 0, width, height);
    let mut right = width;
    if state.board.is_pinned(path) {
        right = pen
            .text_right(width, 0, "◆ pinned", theme.accent)
            .saturating_sub(1);
    }
    pen.text_within(
        0,
        0,
        right,
        &text::cut_front(&name, usize::from(right)),
        theme.strong,
    );
    let Some(variable) = target.variables.get(path) else {
        pen.text(0, 2, "this target does not have it", theme.warn);
        return;
    };
    draw_facts(state, variable, &mut pen.part(0, 1, width, 1));
    if variable.is_numeric() {
        draw_history(
            state,
            target,
            path,
            &mut pen.part(0, 2, width, height.saturating_sub(2)),
        );
    } else {
        for (y, line) in (3..height).zip(text::wrap(&variable.exact(), usize::from(width))) {
            pen.text(0, y, &line, theme.text);
        }
    }
}

fn draw_facts(state: &State, variable: &Variable, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let (exact, short) = (variable.exact(), variable.short());
    let mut pieces = vec![Piece::new(
        format!("{} · {}", kind_name(variable), variable.source),
        theme.dim,
        3,
    )];
    if variable.is_numeric() {
        let value = if exact == short {
            exact
        } else {
            format!("{short} = {exact}")
        };
        pieces.push(Piece::new(value, theme.strong, 0));
        if let Some(rate) = variable.rate(state.window()) {
            pieces.push(Piece::new(
                variable.unit.per_second().write(rate),
                theme.rate,
                1,
            ));
        }
    }
    if !variable.present {
        pieces.push(Piece::new("not in the last answer", theme.warn, 1));
    }
    draw_pieces(pieces, pen, 0);
}

fn draw_history(state: &State, target: &Target, path: &Path, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let Some(plot) = Plot::of_variable(state, target, path) else {
        return;
    };
    let under = if pen.height() >= 7 { 3 } else { 0 };
    let above = u16::from(pen.height() >= 10);
    let rows = pen.height().saturating_sub(under + above);
    plot.chart(state)
        .draw(&mut pen.part(0, above, pen.width(), rows), theme);
    if under == 0 {
        return;
    }
    let numbers = stats(&plot.entries, state.measured());
    let last = numbers.map(|of| {
        Piece::new(
            format!("last {}", plot.unit.write(of.last)),
            theme.strong,
            0,
        )
    });
    let pieces = last
        .into_iter()
        .chain(words::stats(numbers, plot.unit, theme))
        .collect();
    draw_pieces(pieces, pen, above + rows + 1);
    let rated = target
        .variables
        .get(path)
        .is_some_and(|variable| state.is_rated(path, variable));
    let what = if rated {
        "growth per second"
    } else {
        "the value"
    };
    let count = counted(numbers.map_or(0, |numbers| numbers.count), "sample");
    let measured = state.measured();
    let span = units::duration(measured.span);
    let span = match state.window().end.saturating_sub(measured.end) {
        ago if ago.is_zero() => format!("the last {span}"),
        ago => format!("{span}, until {} before the end", units::duration(ago)),
    };
    pen.text(
        0,
        above + rows + 2,
        &format!("{what}: {count} in {span}"),
        theme.dim,
    );
}

fn draw_pieces(pieces: Vec<Piece>, pen: &mut Pen<'_>, y: u16) {
    let mut x = 0;
    for piece in fitting(pieces, pen.width(), 3) {
        x = pen.text(x, y, &piece.words, piece.style) + 3;
    }
}

fn kind_name(variable: &Variable) -> &'static str {
    match variable.kind {
        Kind::Counter if variable.grows() => "counter",
        Kind::Counter => "number that is named like a counter, but fell",
        Kind::Gauge => "gauge",
        Kind::Bytes => "bytes",
        Kind::Nanoseconds => "nanoseconds",
        Kind::Text => "text",
        Kind::Flag => "flag",
        Kind::List => "list",
    }
}
