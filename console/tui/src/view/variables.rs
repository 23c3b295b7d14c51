//! Every variable of the target, as a tree; on a wide screen, the selected one in detail beside it.
//!
//! ```text
//!    name                              value      rate/s   last 1 min
//!  ▾ memstats                             26
//!  ◆   HeapAlloc                     4.2 MiB             ▃▄▅▆▇▃▄▅▆▇
//!      Mallocs                          1.2M       310/s ▅▅▅▄▅▆▅▅▅▅
//! ```

use cutaway_model::{Path, sanitize};
use ratatui::style::Style;

use super::detail;
use super::plot::Plot;
use crate::draw::grid::{Grid, Least};
use crate::draw::{Hit, Pen};
use crate::state::State;
use crate::target::Target;
use crate::tree::{Node, Row};
use crate::variable::Variable;

/// From this width on, there is room for the detail as well.
const WIDE: u16 = 130;

/// Where the columns lie: the right ends of two, the place of the chart.
struct Columns {
    value: u16,
    rate: Option<u16>,
    spark: Option<(u16, u16)>,
}

impl Columns {
    fn new(width: u16) -> Self {
        let spark = match width {
            0..=63 => 0,
            64..=99 => width / 4,
            _ => width / 3,
        };
        let rate = if width >= 52 { 12 } else { 0 };
        let end = width.saturating_sub(1);
        Self {
            value: end.saturating_sub(spark + u16::from(spark > 0) + rate),
            rate: (rate > 0).then(|| end.saturating_sub(spark + u16::from(spark > 0))),
            spark: (spark > 0).then(|| (end.saturating_sub(spark), spark)),
        }
    }
}

pub(crate) fn draw(state: &State, target: &Target, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    if width < WIDE {
        return draw_tree(state, target, pen);
    }
    let left = width * 11 / 20;
    draw_tree(state, target, &mut pen.part(0, 0, left, height));
    for y in 0..height {
        pen.symbol(left, y, '│', state.theme.dim);
    }
    draw_beside(
        state,
        target,
        &mut pen.part(left + 1, 0, width - left - 1, height),
    );
}

fn draw_tree(state: &State, target: &Target, pen: &mut Pen<'_>) {
    let columns = Columns::new(pen.width());
    let top = u16::from(pen.height() > 6);
    if top > 0 {
        draw_titles(state, pen, &columns);
    }
    let tree = &state.variables.tree;
    if tree.rows.is_empty() {
        let words = if tree.total == 0 {
            "no variables yet"
        } else {
            "nothing matches the filter"
        };
        pen.text_centred(pen.height() / 2, words, state.theme.dim);
        return;
    }
    let note = u16::from(target.left_out() > 0 && pen.height() > 8);
    let rows = usize::from(pen.height().saturating_sub(top + note));
    let first = (state.variables.cursor + 1).saturating_sub(rows);
    for (at, row) in tree.rows.iter().enumerate().skip(first).take(rows) {
        let mut line = pen.part(0, top + (at - first) as u16, pen.width(), 1);
        line.stands_for(Hit::Item(at));
        draw_row(
            state,
            target,
            row,
            at == state.variables.cursor,
            &columns,
            &mut line,
        );
    }
    if note > 0 {
        let words = format!(
            "{} more variables are not kept: the limit is {}",
            target.left_out(),
            state.limits().variables
        );
        pen.text(1, pen.height() - 1, &words, state.theme.warn);
    }
}

fn draw_titles(state: &State, pen: &mut Pen<'_>, columns: &Columns) {
    let dim = state.theme.dim;
    pen.text(3, 0, "name", dim);
    pen.text_right(columns.value, 0, "value", dim);
    if let Some(right) = columns.rate {
        pen.text_right(right, 0, "rate", dim);
    }
    if let Some((x, width)) = columns.spark {
        pen.text_within(
            x,
            0,
            width,
            &format!(
                "last {}",
                cutaway_model::units::duration(state.window().span)
            ),
            dim,
        );
    }
}

fn draw_row(
    state: &State,
    target: &Target,
    row: &Row,
    selected: bool,
    columns: &Columns,
    pen: &mut Pen<'_>,
) {
    let indent = 3 + (row.depth * 2).min(pen.width() / 3);
    let room = columns.value.saturating_sub(indent);
    match &row.node {
        Node::Branch { open, leaves, .. } => {
            pen.symbol(
                indent - 2,
                0,
                if *open { '▾' } else { '▸' },
                state.theme.accent,
            );
            let style = if selected {
                state.theme.selected
            } else {
                state.theme.strong
            };
            let end = pen.text_within(indent, 0, room, &row.label, style);
            pen.text_within(
                end + 1,
                0,
                columns.value.saturating_sub(end + 1),
                &format!("{leaves}"),
                state.theme.dim,
            );
        }
        Node::Leaf(path) => {
            let Some(variable) = target.variables.get(path) else {
                return;
            };
            if state.board.is_pinned(path) {
                pen.symbol(indent - 2, 0, '◆', state.theme.accent);
            }
            let style = if selected {
                state.theme.selected
            } else {
                name_style(state, variable)
            };
            let value = variable.short();
            // A long text may use what the name leaves of the line.
            let end = pen.text_within(
                indent,
                0,
                room.saturating_sub(9).max(room / 2),
                &row.label,
                style,
            );
            draw_value(state, target, variable, &value, end, columns, pen);
            if variable.is_numeric() {
                draw_spark(state, target, path, columns, pen);
            }
        }
    }
    if selected {
        pen.symbol(0, 0, '▌', state.theme.accent);
    }
}

fn name_style(state: &State, variable: &Variable) -> Style {
    if variable.present {
        state.theme.text
    } else {
        state.theme.dim
    }
}

fn draw_value(
    state: &State,
    target: &Target,
    variable: &Variable,
    value: &str,
    after: u16,
    columns: &Columns,
    pen: &mut Pen<'_>,
) {
    let theme = &state.theme;
    let live = target.health(state.now, state.options.interval).has_news() && variable.present;
    let style = if live { theme.text } else { theme.dim };
    if !variable.is_numeric() {
        pen.text(
            after + 2,
            0,
            value,
            if live { theme.curve } else { theme.dim },
        );
        return;
    }
    let begin = columns
        .value
        .saturating_sub(value.chars().count() as u16)
        .max(after + 1);
    pen.text_within(begin, 0, columns.value.saturating_sub(begin), value, style);
    let rate = columns.rate.filter(|_| live && variable.grows());
    if let Some((right, rate)) =
        rate.and_then(|right| Some((right, variable.rate(state.window())?)))
    {
        pen.text_right(
            right,
            0,
            &variable.unit.per_second().write(rate),
            theme.rate,
        );
    }
}

fn draw_spark(state: &State, target: &Target, path: &Path, columns: &Columns, pen: &mut Pen<'_>) {
    let plot = columns
        .spark
        .and_then(|place| Some((place, Plot::of_variable(state, target, path)?)));
    if let Some(((x, width), plot)) = plot {
        plot.chart(state)
            .draw_bars(&mut pen.part(x, 0, width, 1), &state.theme);
    }
}

/// What is beside the tree: the variable under the cursor, or all charts of the object under it.
fn draw_beside(state: &State, target: &Target, pen: &mut Pen<'_>) {
    match state
        .variables
        .tree
        .rows
        .get(state.variables.cursor)
        .map(|row| &row.node)
    {
        Some(Node::Leaf(path)) => detail::draw(state, target, path, pen),
        Some(Node::Branch { path, .. }) => draw_object(state, target, path, pen),
        None => {}
    }
}

fn draw_object(state: &State, target: &Target, object: &Path, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    pen.text(1, 0, &sanitize(&object.to_string()), theme.strong);
    let inside = target.variables.range(object.clone()..);
    let inside = inside.take_while(|(path, _)| path.segments().starts_with(object.segments()));
    let numeric: Vec<&Path> = inside
        .filter(|(_, variable)| variable.is_numeric())
        .map(|(path, _)| path)
        .collect();
    let mut pen = pen.part(0, 2, pen.width(), pen.height().saturating_sub(2));
    let grid = Grid::new(
        pen.width(),
        pen.height(),
        numeric.len(),
        Least {
            width: 40,
            height: 8,
        },
    );
    let shown = grid.shown(0);
    let live = target.health(state.now, state.options.interval).has_news();
    for (at, path) in numeric.iter().enumerate().take(shown.end) {
        let cell = grid.cell(at, &shown);
        if let Some(plot) = Plot::of_variable(state, target, path) {
            plot.draw(
                state,
                "",
                false,
                live,
                &mut pen.part(cell.x, cell.y, cell.width, cell.height),
            );
        }
    }
    if numeric.is_empty() {
        pen.text(1, 0, "no numbers in it", theme.dim);
    }
}
