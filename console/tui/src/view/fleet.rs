//! All targets in a table, the selected one marked.
//!
//! ```text
//!     target            state      requests  errors   p99     memory   CPU
//!  ▸  127.0.0.1:4000    ● live       312/s     0/s    4.2 ms  21 MiB   12%
//!     127.0.0.1:4001    ✗ failing  refused
//! ```

use super::header::style_of;
use crate::draw::Pen;
use crate::health::Health;
use crate::state::State;
use crate::target::Target;
use crate::vitals::Role;

/// The columns with numbers, the least important last.
const COLUMNS: [(&str, Role); 6] = [
    ("requests", Role::Requests),
    ("errors", Role::Errors),
    ("p99", Role::LatencyTail),
    ("memory", Role::Memory),
    ("CPU", Role::Cpu),
    ("tasks", Role::Tasks),
];
const COLUMN: u16 = 11;
const STATE: u16 = 11;

/// How many lines the table takes of `height`; none for a single target.
pub(crate) fn height(state: &State, height: u16) -> u16 {
    let targets = state.targets.len() as u16;
    if targets < 2 || height < 8 {
        0
    } else {
        targets.saturating_add(2).min(height / 3).max(3)
    }
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
    let rows = usize::from(pen.height().saturating_sub(2));
    let first = (state.selected + 1).saturating_sub(rows);
    for (at, target) in state.targets.iter().enumerate().skip(first).take(rows) {
        draw_target(
            state,
            target,
            at == state.selected,
            &mut pen.part(0, (at - first + 1) as u16, pen.width(), 1),
            names,
        );
    }
    pen.rule(pen.height().saturating_sub(1), state.theme.dim);
    draw_below(state, pen, first + rows);
}

fn draw_titles(state: &State, pen: &mut Pen<'_>, names: u16) {
    let theme = &state.theme;
    pen.text(3, 0, "target", theme.dim);
    pen.text(names, 0, "state", theme.dim);
    for (index, (title, _)) in COLUMNS.iter().enumerate() {
        let right = right_of(names, index);
        if right <= pen.width() {
            pen.text_right(right, 0, title, theme.dim);
        }
    }
}

fn draw_target(state: &State, target: &Target, selected: bool, pen: &mut Pen<'_>, names: u16) {
    let theme = &state.theme;
    let health = target.health(state.now, state.options.interval);
    if selected {
        pen.text(1, 0, "▸", theme.accent);
    }
    let name_style = if selected { theme.strong } else { theme.text };
    pen.text_within(3, 0, names.saturating_sub(4), &target.info.name, name_style);
    let words = format!("{} {}", health.glyph(), health.word());
    pen.text(names, 0, &words, style_of(&health, theme));
    if let Some(cause) = cause(&health) {
        pen.text(names + STATE, 0, &cause, theme.bad);
        return;
    }
    let style = if health.has_news() {
        theme.text
    } else {
        theme.dim
    };
    for (index, (_, role)) in COLUMNS.iter().enumerate() {
        let right = right_of(names, index);
        let vital = target.vitals.of(*role).filter(|_| right <= pen.width());
        if let Some((vital, value)) =
            vital.and_then(|vital| Some((vital, vital.last(state.shown())?)))
        {
            pen.text_right(right, 0, &vital.unit.write(value), style);
        }
    }
}

/// What is wrong with a target of which something cannot be read.
fn cause(health: &Health) -> Option<String> {
    match health {
        Health::Failing { trouble, .. } => Some(trouble.cause.to_string()),
        Health::Partial {
            source, trouble, ..
        } => Some(format!("{source}: {}", trouble.cause)),
        Health::Waiting | Health::Live { .. } | Health::Stale { .. } => None,
    }
}

fn draw_below(state: &State, pen: &mut Pen<'_>, shown: usize) {
    let failing = state.targets.iter().filter(|target| {
        let health = target.health(state.now, state.options.interval);
        cause(&health).is_some()
    });
    let failing = failing.count();
    let mut words = format!(" {} targets ", state.targets.len());
    if failing > 0 {
        words = format!(" {} targets, {failing} failing ", state.targets.len());
    }
    if shown < state.targets.len() {
        words = format!("{words}· {} more below ", state.targets.len() - shown);
    }
    pen.text(2, pen.height().saturating_sub(1), &words, state.theme.dim);
}

fn right_of(names: u16, index: usize) -> u16 {
    names + STATE + COLUMN * (index as u16 + 1)
}
