//! The selected frame: its name, its place, its numbers.

use super::NUMBERS;
use crate::draw::{Pen, text};
use crate::flame::Frame;
use crate::state::State;
use crate::unit::{Unit, percent};
use crate::view::words::{Piece, counted, fitting};

pub(super) fn draw(state: &State, pen: &mut Pen<'_>) {
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
