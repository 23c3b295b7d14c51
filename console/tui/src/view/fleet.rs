//! All targets in a table, the selected one marked, in the order and with the filter that were chosen.
//!
//! ```text
//!     target ▾          state      requests  errors   p99     memory   CPU      requests
//!  ▸  127.0.0.1:4000    ● live       312/s     0/s    4.2 ms  21 MiB   12%      ▃▄▅▅▄▄▅▆
//!     127.0.0.1:4001    ▲ 2 lints    310/s     9/s  ▲ 90 ms   21 MiB   11%      ▃▄▅▅▄▄▅▆
//!     127.0.0.1:4002    ✗ failing  refused
//! ```
//!
//! A number marked ▲ is far from what is usual in the fleet. Pods have their version, restarts and node as well; versions
//! are shown wherever there are several.

use ratatui::style::Style;

use super::header::style_of;
use super::plot::Plot;
use crate::draw::{Hit, Pen, text};
use crate::fleet::{
    Column, Spread, cause, gone, number, order, spreads, troubles, versions, write,
};
use crate::health::Health;
use crate::state::State;
use crate::target::Target;
use crate::vitals::Role;

/// The columns behind the state, the least important last.
const COLUMNS: [Column; 9] = [
    Column::Version,
    Column::Restarts,
    Column::Number(Role::Requests),
    Column::Number(Role::Errors),
    Column::Node,
    Column::Number(Role::LatencyTail),
    Column::Number(Role::Memory),
    Column::Number(Role::Cpu),
    Column::Number(Role::Tasks),
];
const COLUMN: u16 = 11;
const STATE: u16 = 11;

/// How many lines the table takes of `height`; none for a single target.
pub(crate) fn height(state: &State, height: u16) -> u16 {
    let targets = u16::try_from(state.targets.len()).unwrap_or(u16::MAX);
    match (targets, state.live.fleet.whole) {
        (0..2, _) => 0,
        (_, true) => height,
        _ if height < 8 => 0,
        _ => targets.saturating_add(2).min(height / 3).max(3),
    }
}

/// The first line shown, and how many there are.
fn visible(state: &State, order: &[usize], height: u16) -> (usize, usize) {
    let rows = usize::from(height.saturating_sub(2));
    let here = order
        .iter()
        .position(|at| *at == state.selected)
        .unwrap_or(0);
    ((here + 1).saturating_sub(rows), rows)
}

pub(crate) fn draw(state: &State, pen: &mut Pen<'_>) {
    if pen.height() < 2 {
        return;
    }
    let names = pen
        .width()
        .saturating_sub(STATE)
        .min(30)
        .max(pen.width() / 4);
    draw_titles(state, pen, names);
    let order = order(state);
    let spreads = spreads(state);
    let (first, rows) = visible(state, order, pen.height());
    for (y, at) in (1..).zip(order.iter().skip(first).take(rows)) {
        let mut line = pen.part(0, y, pen.width(), 1);
        line.stands_for(Hit::Target(*at));
        draw_target(state, *at, spreads, &mut line, names);
    }
    if order.is_empty() {
        pen.text_centred(
            pen.height() / 2,
            "no target matches the filter",
            state.theme.dim,
        );
    }
    pen.rule(pen.height().saturating_sub(1), state.theme.dim);
    draw_below(state, pen, order.len(), first + rows);
}

fn draw_titles(state: &State, pen: &mut Pen<'_>, names: u16) {
    let theme = &state.theme;
    let fleet = &state.live.fleet;
    let mark = if fleet.reversed { "▴" } else { "▾" };
    let title = |column: Column| {
        if fleet.sort == column && column != Column::Given {
            (format!("{} {mark}", column.title()), theme.accent)
        } else {
            (column.title().to_owned(), theme.dim)
        }
    };
    let heading = |pen: &mut Pen<'_>, column: Column, x: u16, width: u16| {
        let place = Column::ALL.iter().position(|of| *of == column);
        let hit = Hit::Heading(place.unwrap_or(0));
        pen.part(x, 0, width, 1).stands_for(hit);
    };
    let (words, style) = title(Column::Name);
    pen.text(3, 0, &words, style);
    heading(pen, Column::Name, 0, names);
    let state_column = if fleet.sort == Column::Lints {
        Column::Lints
    } else {
        Column::State
    };
    let (words, style) = title(state_column);
    pen.text(names, 0, &words, style);
    heading(pen, state_column, names, STATE);
    for (column, width, right) in columns(state, names) {
        if right <= pen.width() {
            let (words, style) = title(column);
            pen.text_right(right, 0, &words, style);
            heading(pen, column, right - width + 1, width - 1);
        }
    }
    if let Some(begin) = sparkline(state, pen.width(), names) {
        pen.text(begin, 0, spark_role(state).1, theme.dim);
    }
}

/// Which number the little charts show: the one sorted by, else requests.
fn spark_role(state: &State) -> (Role, &'static str) {
    match state.live.fleet.sort {
        column @ Column::Number(role) => (role, column.title()),
        _ => (Role::Requests, "requests"),
    }
}

/// Where the little charts begin, if there is room for them.
fn sparkline(state: &State, width: u16, names: u16) -> Option<u16> {
    let begin = columns(state, names).last().map_or(names, |last| last.2) + 2;
    (begin + 10 <= width).then_some(begin)
}

fn draw_target(
    state: &State,
    at: usize,
    spreads: &[(Role, Spread)],
    pen: &mut Pen<'_>,
    names: u16,
) {
    let theme = &state.theme;
    let target = &state.targets[at];
    let selected = at == state.selected;
    let health = target.health(state.now, state.options.interval);
    if selected {
        pen.text(1, 0, "▸", theme.accent);
    }
    let name_style = if selected { theme.strong } else { theme.text };
    pen.text_within(3, 0, names.saturating_sub(4), &target.info.name, name_style);
    let (words, style) = state_of(state, target);
    pen.text(names, 0, &words, style);
    if let Some(cause) = cause(&health) {
        let style = match health {
            Health::Starting { .. } | Health::Gone { .. } => theme.dim,
            _ => theme.bad,
        };
        pen.text(names + STATE, 0, &cause, style);
        return;
    }
    let style = if health.has_news() {
        theme.text
    } else {
        theme.dim
    };
    for (column, width, right) in columns(state, names) {
        if right > pen.width() {
            continue;
        }
        let pod = target.info.pod.as_deref();
        let words = match column {
            Column::Number(role) => {
                draw_number(state, target, role, (right, style), spreads, pen);
                continue;
            }
            Column::Version => target.version(),
            Column::Restarts => pod.map_or_else(String::new, |pod| pod.restarts.to_string()),
            _ => pod.map_or_else(String::new, |pod| pod.node.clone()),
        };
        let words = text::cut(&words, usize::from(width - 2));
        pen.text_right(right, 0, &words, style);
    }
    if let Some(begin) = sparkline(state, pen.width(), names)
        && let Some(vital) = target.vitals.of(spark_role(state).0)
    {
        let width = pen.width().saturating_sub(begin + 1);
        Plot::of_vital(state, target, vital)
            .chart(state)
            .draw_bars(&mut pen.part(begin, 0, width, 1), theme);
    }
}

/// How it does: lints count more than being alive.
fn state_of(state: &State, target: &Target) -> (String, Style) {
    let health = target.health(state.now, state.options.interval);
    let lints = target.lints.findings().count();
    if lints > 0 && health.word() == "live" {
        let word = if lints == 1 { "lint" } else { "lints" };
        return (format!("▲ {lints} {word}"), state.theme.warn);
    }
    let words = format!("{} {}", health.glyph(), health.word());
    (words, style_of(&health, &state.theme))
}

fn draw_number(
    state: &State,
    target: &Target,
    role: Role,
    (right, style): (u16, Style),
    spreads: &[(Role, Spread)],
    pen: &mut Pen<'_>,
) {
    let value = number(state, target, role);
    let Some((vital, value)) = target.vitals.of(role).zip(value) else {
        return;
    };
    let spread = spreads.iter().find(|(of, _)| *of == role);
    let outlier = spread.is_some_and(|(_, spread)| spread.is_outlier(value));
    let words = write(vital, value);
    if outlier {
        pen.text_right(right, 0, &format!("▲ {words}"), state.theme.warn);
    } else {
        pen.text_right(right, 0, &words, style);
    }
}

fn draw_below(state: &State, pen: &mut Pen<'_>, matching: usize, shown: usize) {
    let (failing, linted) = troubles(state);
    let mut words = format!(" {} targets", state.targets.len());
    if matching < state.targets.len() {
        words = format!("{words}, {matching} match");
    }
    if failing > 0 {
        words = format!("{words}, {failing} failing");
    }
    if linted > 0 {
        words = format!("{words}, {linted} with lints");
    }
    if gone(state) > 0 {
        words = format!("{words}, {} gone", gone(state));
    }
    if versions(state).len() > 1 {
        let each = versions(state).iter();
        let each: Vec<String> = each.map(|(of, count)| format!("{of} ×{count}")).collect();
        words = format!("{words} · {}", each.join(", "));
    }
    words.push(' ');
    if shown < matching {
        words = format!("{words}· {} more below ", matching - shown);
    }
    pen.text(2, pen.height().saturating_sub(1), &words, state.theme.dim);
}

/// The columns that this fleet has, each with its width and its right edge.
fn columns(state: &State, names: u16) -> Vec<(Column, u16, u16)> {
    let mut right = names + STATE;
    let there = COLUMNS
        .into_iter()
        .filter(|column| state.live.fleet.has(*column));
    there
        .map(|column| {
            let width = match column {
                Column::Version => 16,
                Column::Node => 18,
                _ => COLUMN,
            };
            right += width;
            (column, width, right)
        })
        .collect()
}
