//! The flame graph: a block for each frame, as wide as its share.

use ratatui::style::{Modifier, Style};

use crate::draw::{Pen, text};
use crate::flame::{Block, Frame, What, fitted};
use crate::state::State;

/// The fewest columns that are worth the beginning of a name.
const LABEL: usize = 6;

pub(super) fn draw(state: &State, pen: &mut Pen<'_>) {
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
    if flame.is_match(node) {
        style = theme.matched;
    }
    if selected {
        style = style.patch(theme.selected);
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
