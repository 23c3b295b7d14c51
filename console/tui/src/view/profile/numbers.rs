//! The selected frame: its name, its place, its numbers.

use ratatui::style::Modifier;

use super::NUMBERS;
use super::amount::{Amounts, growth, share, signed, signed_share, unit};
use crate::draw::{Pen, text};
use crate::flame::{Flame, Frame, Node, Stacks};
use crate::state::State;
use crate::unit::percent;
use crate::view::words::{Piece, counted, fitting};

pub(super) fn draw(state: &State, flame: &Flame, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let (stacks, at) = (flame.stacks(), flame.selected());
    let Some(node) = stacks.nodes.get(at as usize) else {
        return;
    };
    let width = pen.width();
    if pen.height() < NUMBERS {
        let amount = Amounts::of(state).write(node.change());
        let share = share(state, node.change());
        let words = format!("{share} {amount} {}", stacks.name(at));
        pen.text(1, 0, &words, theme.strong);
        return;
    }
    pen.rule(0, theme.dim);
    let frame = stacks.frame(at);
    let place = frame
        .map(|frame| place(frame, node.line))
        .unwrap_or_default();
    let place = text::cut_front(&place, usize::from(width / 2)).into_owned();
    let right = if place.is_empty() {
        width
    } else {
        pen.text_right(width.saturating_sub(1), 1, &place, theme.dim)
    };
    let mut name = stacks.name(at).to_owned();
    if frame.is_some_and(|frame| frame.folded) {
        name = format!(
            "{name} {}; f shows them",
            counted(stacks.hidden(at).len(), "library function")
        );
    }
    let room = right.saturating_sub(2);
    pen.text_within(1, 1, room, &format!("▸ {name}"), theme.strong);
    let pieces = if state.profiling().compares() {
        differences(state, node)
    } else {
        costs(state, stacks, at, node)
    };
    let mut x = 3;
    for piece in fitting(pieces, width.saturating_sub(4), 3) {
        x = pen.text(x, 2, &piece.words, piece.style) + 3;
    }
}

fn costs(state: &State, stacks: &Stacks, at: u32, node: &Node) -> Vec<Piece> {
    let (theme, unit) = (&state.theme, unit(state));
    let caller = stacks.nodes.get(node.parent as usize);
    let caller = caller.map_or(1, |caller| caller.cum.max(1)) as f64;
    let amount = |title: &str, value: i64| {
        let share = share(state, value);
        format!("{title} {} {share}", unit.write(value as f64))
    };
    vec![
        Piece::new(amount("flat", node.flat), theme.text, 1),
        Piece::new(amount("cum", node.cum), theme.strong, 0),
        Piece::new(
            format!("{} of its caller", percent(node.cum as f64 / caller)),
            theme.dim,
            2,
        ),
        Piece::new(counted(stacks.children(at).count(), "callee"), theme.dim, 3),
        Piece::new(format!("depth {}", node.depth), theme.dim, 4),
    ]
}

fn differences(state: &State, node: &Node) -> Vec<Piece> {
    let (theme, unit) = (&state.theme, unit(state));
    let change = node.change();
    let cum = format!(
        "cum {} {}",
        signed(unit, change),
        growth(node.cum, node.base_cum)
    );
    let sides = format!(
        "{} before, {} now",
        unit.write(node.base_cum as f64),
        unit.write(node.cum as f64)
    );
    let flat = node.flat.saturating_sub(node.base_flat);
    let of_all = format!("{} of all before", signed_share(state, change));
    vec![
        Piece::new(cum, theme.signed(change).add_modifier(Modifier::BOLD), 0),
        Piece::new(sides, theme.text, 1),
        Piece::new(format!("flat {}", signed(unit, flat)), theme.text, 2),
        Piece::new(of_all, theme.dim, 3),
    ]
}

/// `orders.rs:120` with the directories before it.
pub(super) fn place(frame: &Frame, line: u32) -> String {
    match line {
        _ if frame.file.is_empty() => String::new(),
        1.. => format!("{}:{line}", frame.file),
        _ => frame.file.to_string(),
    }
}
