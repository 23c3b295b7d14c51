//! The flame graph: a block for each frame, as wide as its share.

use ratatui::style::{Modifier, Style};

use crate::draw::{Hit, Pen, text};
use crate::flame::{Block, Flame, Frame, Node, What, fitted};
use crate::state::State;

/// The fewest columns that are worth the beginning of a name.
const LABEL: usize = 6;

/// A graph and how it is drawn.
pub(super) struct Picture<'a> {
    pub(super) flame: &'a Flame,
    /// Whether the root is at the bottom.
    pub(super) upwards: bool,
    /// Rows at the root that are left out.
    pub(super) skip: usize,
    /// Whether the selected frame is in it.
    pub(super) current: bool,
}

impl Picture<'_> {
    pub(super) fn draw(&self, state: &State, pen: &mut Pen<'_>) {
        let height = usize::from(pen.height());
        let all = &self.flame.layout().rows;
        let rows = all.get(self.skip..).unwrap_or_default();
        // One row of what comes next stays in sight.
        let selected = if self.current {
            self.flame.selected_row().saturating_sub(self.skip)
        } else {
            0
        };
        let wanted = (selected + 2).min(rows.len());
        let first = wanted.saturating_sub(height);
        for (at, row) in rows.iter().enumerate().skip(first).take(height) {
            let place = (at - first) as u16;
            let y = if self.upwards {
                pen.height() - 1 - place
            } else {
                place
            };
            for block in row {
                self.draw_block(state, *block, &mut pen.part(block.x, y, block.width, 1));
            }
        }
        let below = rows.len().saturating_sub(first + height);
        if below > 0 && height > 2 {
            let words = format!(" {below} deeper ");
            let y = if self.upwards { 0 } else { pen.height() - 1 };
            pen.text_right(pen.width(), y, &words, state.theme.selected);
        }
    }

    fn draw_block(&self, state: &State, block: Block, pen: &mut Pen<'_>) {
        let (theme, flame) = (&state.theme, self.flame);
        let at = match block.what {
            What::Merged(count) => {
                pen.paint(0, 0, block.width, theme.merged());
                pen.text(0, 0, &merged_label(count, block.width), theme.merged());
                return;
            }
            What::Node(node) => node,
        };
        pen.stands_for(Hit::Frame {
            node: at,
            above: self.skip > 0,
        });
        let frame = flame.stacks().frame(at);
        let Some(node) = flame.stacks().nodes.get(at as usize) else {
            return;
        };
        let compares = state.profiling().compares();
        let selected = self.current && at == flame.selected();
        let mut style = match frame {
            _ if compares => theme.change(node.change() as f64 / node.weight().max(1) as f64),
            None => theme.strong,
            Some(frame) if frame.folded => theme.folded(),
            Some(frame) => theme.frame(frame.hash, frame.own),
        };
        if flame.is_match(at) {
            style = theme.matched;
        }
        if selected {
            style = style.patch(theme.selected);
        }
        let around = flame.zoom() != at && flame.stacks().is_below(flame.zoom(), at);
        if around && !selected {
            style = style.add_modifier(Modifier::DIM);
        }
        pen.paint(0, 0, block.width, style);
        let mark = mark(node, selected, compares, theme.paints());
        draw_label(frame, flame.stacks().name(at), mark, style, pen);
    }
}

/// What stands at the left edge of a frame: whether it is selected, whether it grew or shrank.
fn mark(node: &Node, selected: bool, compares: bool, painted: bool) -> char {
    match node.change() {
        _ if selected => '▸',
        1.. if compares => '+',
        ..=-1 if compares => '−',
        _ if painted => '▏',
        _ => '│',
    }
}

fn draw_label(frame: Option<&Frame>, name: &str, mark: char, style: Style, pen: &mut Pen<'_>) {
    let columns = usize::from(pen.width().saturating_sub(1));
    let edge = if mark == '▸' && columns < 2 {
        '▏'
    } else {
        mark
    };
    pen.symbol(0, 0, edge, style);
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
