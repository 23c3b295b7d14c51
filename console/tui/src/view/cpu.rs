//! The profile: a flame graph or a table, what is being captured, and the selected frame's numbers.
//!
//! ```text
//!  CPU · cpu  15 s in 5 captures · 812 stacks · 8.1 s = 54% of a core    ▰▰▱ 2/3 s
//!  ▏all
//!  ▏std · tokio · hyper ⋯
//!  ▏sales_api::orders::place      ▏products::list  ▏park
//!  ▏rusqlite::execute  ▏+3
//!
//!  ▸ sales_api::orders::place                                  src/orders.rs:120
//!    flat 120 ms 1.5%  cum 3.4 s 42%  of the caller 67%                  depth 4
//! ```
//!
//! Where the graph leaves room, the table's first rows stand below it.

use std::time::Duration;

use cutaway_model::{ProfileKind, units};
use ratatui::style::{Modifier, Style};

use super::table;
use super::words::{Piece, counted, fitting, passed};
use crate::draw::{Pen, text};
use crate::flame::{Block, Frame, What, fitted};
use crate::profiling::Profiling;
use crate::state::State;
use crate::target::Target;
use crate::unit::{Unit, percent};

/// Lines of the selected frame's numbers, with the line between.
const NUMBERS: u16 = 3;
/// The fewest columns that are worth the beginning of a name.
const LABEL: usize = 6;
/// The least that is worth a table below the graph.
const TABLE: u16 = 4;

pub(crate) fn draw(state: &State, target: &Target, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    draw_status(state, &mut pen.part(0, 0, width, 1));
    let profiling = &state.profiling;
    if profiling.last().is_none() {
        draw_absence(
            state,
            target,
            &mut pen.part(0, 1, width, height.saturating_sub(1)),
        );
        return;
    }
    if profiling.flame.stacks().total() == 0 {
        draw_emptiness(state, &mut pen.part(0, 1, width, height.saturating_sub(1)));
        return;
    }
    if profiling.tabular {
        return table::draw(
            state,
            &mut pen.part(0, 1, width, height.saturating_sub(1)),
            true,
        );
    }
    let numbers = if height >= 8 {
        NUMBERS
    } else {
        height.saturating_sub(1).min(1)
    };
    let room = height.saturating_sub(1 + numbers);
    let rows = profiling.flame.layout().rows.len() as u16;
    let graph = graph_rows(room, rows);
    draw_graph(state, &mut pen.part(0, 1, width, graph));
    draw_numbers(state, &mut pen.part(0, 1 + graph, width, numbers));
    if room > graph {
        table::draw(
            state,
            &mut pen.part(0, 1 + graph + numbers, width, room - graph),
            false,
        );
    }
}

/// How many lines the graph gets of `room` for its `rows`; the rest is the table's. On a high screen, where deep rows are
/// mostly slivers, the table always has a quarter.
fn graph_rows(room: u16, rows: u16) -> u16 {
    let most = if room >= 40 { room - room / 4 } else { room };
    match rows.min(most) {
        graph if graph + TABLE <= room => graph,
        _ => room,
    }
}

fn draw_status(state: &State, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let right = draw_progress(state, pen);
    let mut x = 1;
    for piece in fitting(status(state), right.saturating_sub(2), 2) {
        x = pen.text_within(x, 0, right.saturating_sub(x + 1), &piece.words, piece.style) + 2;
    }
    if state.paused.is_some() {
        pen.text_right(pen.width().saturating_sub(1), 0, "‖ held", theme.warn);
    }
}

fn status(state: &State) -> Vec<Piece> {
    let (theme, profiling) = (&state.theme, &state.profiling);
    let mut pieces = vec![Piece::new(profiling.kind.to_string(), theme.strong, 0)];
    let (Some((measure, unit)), Some(last)) = (profiling.measure(), profiling.last()) else {
        return pieces;
    };
    let total = profiling.flame.stacks().total();
    if profiling.measures() > 1 || profiling.kind != ProfileKind::Cpu {
        pieces.push(Piece::new(
            cutaway_model::sanitize(measure).into_owned(),
            theme.text,
            1,
        ));
    }
    let covered = profiling.covered();
    if !covered.is_zero() {
        let captures = counted(profiling.count(), "capture");
        pieces.push(Piece::new(
            format!("{} in {captures}", units::duration(covered)),
            theme.text,
            3,
        ));
    }
    pieces.push(Piece::new(
        counted(profiling.stacks().max(0) as usize, "sample"),
        theme.dim,
        5,
    ));
    pieces.push(Piece::new(spent(total, unit, covered), theme.text, 2));
    pieces.push(Piece::new(
        format!("{} ago", passed(state.now.saturating_sub(last))),
        theme.dim,
        6,
    ));
    if let Some(found) = profiling.found() {
        pieces.push(Piece::new(found, theme.matched, 1));
    }
    pieces
}

/// `8.1 s = 54% of a core`, or an amount.
fn spent(total: i64, unit: Unit, covered: Duration) -> String {
    let amount = unit.write(total as f64);
    if unit == Unit::Nanos && !covered.is_zero() {
        let share = total as f64 / covered.as_nanos() as f64;
        return format!("{amount} = {} of a core", percent(share));
    }
    amount
}

/// What is under way, at the right end. Answers where it begins.
fn draw_progress(state: &State, pen: &mut Pen<'_>) -> u16 {
    let (theme, profiling) = (&state.theme, &state.profiling);
    let right = pen.width().saturating_sub(1);
    if state.paused.is_some() {
        return right.saturating_sub(7);
    }
    if let Some((_, cause)) = profiling
        .failure
        .as_ref()
        .filter(|_| profiling.last().is_some())
    {
        return pen.text_right(
            right,
            0,
            &text::cut(&format!("✗ {cause}"), usize::from(right / 2)),
            theme.bad,
        );
    }
    let Some((since, length)) = profiling.started else {
        return right;
    };
    let done = state.now.saturating_sub(since).min(length);
    if length.is_zero() {
        return pen.text_right(right, 0, "reading…", theme.dim);
    }
    pen.text_right(right, 0, &bar(done, length), theme.rate)
}

/// `▰▰▱▱▱ 2/5 s`
fn bar(done: Duration, length: Duration) -> String {
    const CELLS: usize = 5;
    let filled = (done.as_secs_f64() / length.as_secs_f64() * CELLS as f64).round() as usize;
    let cells: String = (0..CELLS)
        .map(|cell| if cell < filled { '▰' } else { '▱' })
        .collect();
    format!("{cells} {}/{} s", done.as_secs(), length.as_secs())
}

/// There is no profile: why, and what comes.
fn draw_absence(state: &State, target: &Target, pen: &mut Pen<'_>) {
    let (theme, profiling) = (&state.theme, &state.profiling);
    let middle = pen.height() / 2;
    let kind = profiling.kind;
    if let Some((at, cause)) = &profiling.failure {
        pen.text_centred(
            middle.saturating_sub(1),
            &format!("✗ no {kind} profile"),
            theme.bad,
        );
        pen.text_centred(middle, &cause.to_string(), theme.strong);
        let age = passed(state.now.saturating_sub(*at));
        pen.text_centred(
            middle + 1,
            &format!("{age} ago; it is tried again while this view is open"),
            theme.dim,
        );
        return;
    }
    let words = match profiling.started {
        Some((_, length)) if !length.is_zero() => {
            format!("capturing {kind} for {}", units::duration(length))
        }
        Some(_) => format!("reading the {kind} profile"),
        None if state.paused.is_some() => {
            "held before there was a profile; space goes on".to_owned()
        }
        None => format!("asking {} for its {kind} profile", target.info.name),
    };
    pen.text_centred(middle, &words, theme.text);
    if let Some((since, length)) = profiling.started.filter(|(_, length)| !length.is_zero()) {
        let done = state.now.saturating_sub(since).min(length);
        pen.text_centred(middle + 1, &bar(done, length), theme.rate);
    }
}

/// There is a profile with nothing in it.
fn draw_emptiness(state: &State, pen: &mut Pen<'_>) {
    let (theme, profiling) = (&state.theme, &state.profiling);
    let middle = pen.height() / 2;
    let words = match profiling.kind {
        ProfileKind::Cpu => "no samples: the process used no CPU in this time".to_owned(),
        kind => format!("the {kind} profile is empty"),
    };
    pen.text_centred(middle, &words, theme.text);
    if profiling.kind == ProfileKind::Cpu {
        pen.text_centred(middle + 1, "+ adds up more captures", theme.dim);
    }
}

fn draw_graph(state: &State, pen: &mut Pen<'_>) {
    let flame = &state.profiling.flame;
    let height = usize::from(pen.height());
    let rows = &flame.layout().rows;
    // One row of what comes next stays in sight.
    let wanted = (flame.selected_row() + 2).min(rows.len());
    let first = wanted.saturating_sub(height);
    for (at, row) in rows.iter().enumerate().skip(first).take(height) {
        let place = (at - first) as u16;
        let y = if state.profiling.upwards {
            pen.height() - 1 - place
        } else {
            place
        };
        for block in row {
            draw_block(state, *block, &mut pen.part(block.x, y, block.width, 1));
        }
    }
    let below = rows.len().saturating_sub(first + height);
    if below > 0 && height > 2 {
        let words = format!(" {below} deeper ");
        let y = if state.profiling.upwards {
            0
        } else {
            pen.height() - 1
        };
        pen.text_right(pen.width(), y, &words, state.theme.selected);
    }
}

fn draw_block(state: &State, block: Block, pen: &mut Pen<'_>) {
    let (theme, flame) = (&state.theme, &state.profiling.flame);
    let node = match block.what {
        What::Merged(count) => {
            pen.paint(0, 0, block.width, theme.merged());
            pen.text(0, 0, &merged_label(count, block.width), theme.merged());
            return;
        }
        What::Node(node) => node,
    };
    let frame = flame.stacks().frame(node);
    let selected = node == flame.selected();
    let mut style = match frame {
        None => theme.strong,
        Some(frame) if frame.folded => theme.folded(),
        Some(frame) => theme.frame(frame.hash, frame.own),
    };
    if selected {
        style = theme.selected;
    } else if flame.is_match(node) {
        style = theme.matched;
    }
    let around = flame.zoom() != node && flame.stacks().is_below(flame.zoom(), node);
    if around && !selected {
        style = style.add_modifier(Modifier::DIM);
    }
    pen.paint(0, 0, block.width, style);
    draw_label(
        frame,
        flame.stacks().name(node),
        selected,
        style,
        theme.paints(),
        pen,
    );
}

fn draw_label(
    frame: Option<&Frame>,
    name: &str,
    selected: bool,
    style: Style,
    painted: bool,
    pen: &mut Pen<'_>,
) {
    let columns = usize::from(pen.width().saturating_sub(1));
    let marked = selected && columns > 1;
    let edge = if painted { '▏' } else { '│' };
    pen.symbol(0, 0, if marked { '▸' } else { edge }, style);
    let label = match frame {
        Some(frame) if frame.folded => text::cut(name, columns).into_owned(),
        _ => fitted(name, columns),
    };
    // A few letters and an ellipsis say less than nothing.
    if columns >= LABEL || text::width(name) <= columns {
        pen.text(1, 0, &label, style);
    }
}

fn merged_label(count: u32, width: u16) -> String {
    let words = format!("+{count}");
    if words.len() <= usize::from(width) {
        words
    } else {
        "⋯".to_owned()
    }
}

fn draw_numbers(state: &State, pen: &mut Pen<'_>) {
    let (theme, profiling) = (&state.theme, &state.profiling);
    let flame = &profiling.flame;
    let stacks = flame.stacks();
    let Some(node) = stacks.nodes.get(flame.selected() as usize) else {
        return;
    };
    let frame = stacks.frame(flame.selected());
    let unit = profiling.measure().map_or(Unit::Count, |(_, unit)| unit);
    let (total, width) = (stacks.total().max(1) as f64, pen.width());
    if pen.height() < NUMBERS {
        let words = format!(
            "{} {} {}",
            percent(node.cum as f64 / total),
            unit.write(node.cum as f64),
            stacks.name(flame.selected())
        );
        pen.text(1, 0, &words, theme.strong);
        return;
    }
    pen.rule(0, theme.dim);
    let place = frame
        .map(|frame| place(frame, node.line))
        .unwrap_or_default();
    let place = text::cut_front(&place, usize::from(width / 2)).into_owned();
    let right = if place.is_empty() {
        width
    } else {
        pen.text_right(width.saturating_sub(1), 1, &place, theme.dim)
    };
    let mut name = stacks.name(flame.selected()).to_owned();
    if frame.is_some_and(|frame| frame.folded) {
        name = format!(
            "{name} {}; f shows them",
            counted(node.hidden.len(), "library function")
        );
    }
    pen.text_within(
        1,
        1,
        right.saturating_sub(2),
        &format!("▸ {name}"),
        theme.strong,
    );
    let mut x = 3;
    let caller = stacks
        .nodes
        .get(node.parent as usize)
        .map_or(1, |caller| caller.cum.max(1)) as f64;
    let pieces = vec![
        Piece::new(
            format!(
                "flat {} {}",
                unit.write(node.flat as f64),
                percent(node.flat as f64 / total)
            ),
            theme.text,
            1,
        ),
        Piece::new(
            format!(
                "cum {} {}",
                unit.write(node.cum as f64),
                percent(node.cum as f64 / total)
            ),
            theme.strong,
            0,
        ),
        Piece::new(
            format!("{} of its caller", percent(node.cum as f64 / caller)),
            theme.dim,
            2,
        ),
        Piece::new(counted(node.children.len(), "callee"), theme.dim, 3),
        Piece::new(format!("depth {}", node.depth), theme.dim, 4),
    ];
    for piece in fitting(pieces, width.saturating_sub(4), 3) {
        x = pen.text(x, 2, &piece.words, piece.style) + 3;
    }
}

/// `orders.rs:120` with the directories before it.
fn place(frame: &Frame, line: i64) -> String {
    match line {
        _ if frame.file.is_empty() => String::new(),
        1.. => format!("{}:{line}", frame.file),
        _ => frame.file.to_string(),
    }
}

impl Profiling {
    /// What share of everything the search matches.
    pub(crate) fn found(&self) -> Option<String> {
        if self.search.is_empty() {
            return None;
        }
        let share = self.flame.matched() as f64 / self.flame.stacks().total().max(1) as f64;
        Some(format!("matched {}", percent(share)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_shown_in_cells_and_seconds() {
        assert_eq!(
            bar(Duration::from_millis(2_100), Duration::from_secs(5)),
            "▰▰▱▱▱ 2/5 s"
        );
    }
}
