//! A drawing as SVG: lines, filled boxes, heads, dots, words. Colours and letters are the page's.

use super::super::panel::escape;
use super::grid::{At, Cell, Grid, Side, Style, plain};
use std::fmt::Write as _;

/// A cell's size, in pixels of an unscaled page.
const WIDTH: f64 = 8.0;
const HEIGHT: f64 = 16.0;
/// The radius of a round corner.
const ROUND: f64 = 7.0;
/// An arrow's head: from its base to its tip, and half of its base.
const HEAD: (f64, f64) = (8.0, 4.0);
/// How far a phone may scale a drawing down: further, and its letters could not be read. What is wider can be moved.
const LEAST: f64 = 0.65;

/// The picture of a drawing. Its ids begin with `id`, its text alternative is `title`.
pub(super) fn svg(grid: &Grid, id: &str, title: &str) -> String {
    let (width, height) = (grid.columns() as f64 * WIDTH, grid.rows() as f64 * HEIGHT);
    let words = words(grid);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-text\" \
         viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" style=\"min-width:{}px\">\
         <title id=\"{id}-title\">{}</title><desc id=\"{id}-text\">{}</desc>",
        (width * LEAST).round(),
        escape(title),
        escape(&described(&words)),
    );
    svg.push_str("<g class=\"diagram-boxes\" fill=\"none\">");
    boxes(grid, &mut svg);
    svg.push_str("</g><g class=\"diagram-lines\" fill=\"none\" stroke=\"currentColor\">");
    lines(grid, &mut svg);
    svg.push_str("</g><g class=\"diagram-heads\" fill=\"currentColor\">");
    heads(grid, &mut svg);
    svg.push_str("</g><g class=\"diagram-words\" fill=\"currentColor\">");
    for Words { at, text } in &words {
        let _ = write!(
            svg,
            "<text x=\"{}\" y=\"{}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\">{}</text>",
            at.1 as f64 * WIDTH,
            at.0 as f64 * HEIGHT + 12.0,
            text.chars().count() as f64 * WIDTH,
            escape(text)
        );
    }
    svg + "</g></svg>"
}

/// Words that stand together.
struct Words {
    at: At,
    text: String,
}

/// Words, row by row; one blank between two does not part them.
fn words(grid: &Grid) -> Vec<Words> {
    let mut found: Vec<Words> = Vec::new();
    let mut last: Option<At> = None;
    for at in grid.places() {
        let Cell::Word(letter) = grid.at(at) else {
            continue;
        };
        let gap = last.and_then(|(row, column)| {
            (row == at.0
                && at.1 - column <= 2
                && (column + 1..at.1).all(|c| grid.at((row, c)) == Cell::Empty))
            .then(|| at.1 - column - 1)
        });
        match (gap, found.last_mut()) {
            (Some(gap), Some(words)) => words.text.push_str(&" ".repeat(gap)),
            _ => found.push(Words {
                at,
                text: String::new(),
            }),
        }
        if let Some(words) = found.last_mut() {
            words.text.push(plain(letter));
        }
        last = Some(at);
    }
    found
}

/// The words in the order in which they are read, a row to a sentence.
fn described(words: &[Words]) -> String {
    let mut text = String::new();
    let mut row = None;
    for Words { at, text: word } in words {
        let between = match row {
            None => "",
            Some(last) if last == at.0 => ", ",
            Some(_) => "; ",
        };
        text.push_str(between);
        text.push_str(word);
        row = Some(at.0);
    }
    text
}

fn centre((row, column): At) -> (f64, f64) {
    ((column as f64 + 0.5) * WIDTH, (row as f64 + 0.5) * HEIGHT)
}

fn step(side: Side) -> (f64, f64) {
    match side {
        Side::Left => (-1.0, 0.0),
        Side::Right => (1.0, 0.0),
        Side::Up => (0.0, -1.0),
        Side::Down => (0.0, 1.0),
    }
}

fn lines(grid: &Grid, svg: &mut String) {
    for side in [Side::Right, Side::Down] {
        for at in grid.places() {
            if starts(grid, at, side) {
                line(grid, at, side, svg);
            }
        }
    }
    for at in grid.places() {
        corner(grid, at, svg);
    }
}

/// Whether a line begins here and leads to that side.
fn starts(grid: &Grid, at: At, side: Side) -> bool {
    let line = own(grid.at(at), side).is_some();
    match Grid::beside(at, side.opposite()) {
        Some(before) if grid.leads(before, side) => {
            // It only goes on, unless it looks different from here.
            style(grid, before, side) != style(grid, at, side) && grid.leads(at, side)
        }
        _ => grid.leads(at, side) || line,
    }
}

/// How a cell's own line looks, if it has one in that direction.
fn own(cell: Cell, side: Side) -> Option<Style> {
    match (cell, side) {
        (Cell::Horizontal(style), Side::Left | Side::Right)
        | (Cell::Vertical(style), Side::Up | Side::Down) => Some(style),
        _ => None,
    }
}

/// How the line from a cell to that side looks.
fn style(grid: &Grid, at: At, side: Side) -> Style {
    let beside = Grid::beside(at, side).map_or(Cell::Empty, |at| grid.at(at));
    own(grid.at(at), side)
        .or_else(|| own(beside, side))
        .unwrap_or(Style::Plain)
}

/// The line that begins in a cell, to its end.
fn line(grid: &Grid, from: At, side: Side, svg: &mut String) {
    let look = style(grid, from, side);
    let mut to = from;
    while grid.leads(to, side) && style(grid, to, side) == look {
        let Some(next) = Grid::beside(to, side) else {
            break;
        };
        to = next;
    }
    let ((x1, y1), (x2, y2)) = (end(grid, from, side.opposite()), end(grid, to, side));
    let class = match look {
        Style::Plain => "",
        Style::Thick => " class=\"diagram-runs\"",
        Style::Dashed => " class=\"diagram-waits\"",
    };
    let _ = write!(svg, "<path{class} d=\"M{x1} {y1}L{x2} {y2}\"/>");
}

/// Where a line ends on that side of its last cell: in the middle of a joint, before the bend of a round one, at the
/// edge of a cell that is nothing but this line.
fn end(grid: &Grid, at: At, side: Side) -> (f64, f64) {
    let (x, y) = centre(at);
    let (dx, dy) = step(side);
    match grid.at(at) {
        Cell::Joint('.' | '\'') => (x - dx * ROUND, y - dy * ROUND),
        cell if own(cell, side).is_some() && !grid.leads(at, side) => {
            (x + dx * WIDTH / 2.0, y + dy * HEIGHT / 2.0)
        }
        _ => (x, y),
    }
}

/// The bend of a round corner.
fn corner(grid: &Grid, at: At, svg: &mut String) {
    let Cell::Joint('.' | '\'') = grid.at(at) else {
        return;
    };
    let (x, y) = centre(at);
    let vertical = [Side::Up, Side::Down]
        .into_iter()
        .find(|side| grid.leads(at, *side));
    for level in [Side::Left, Side::Right] {
        if let (true, Some(vertical)) = (grid.leads(at, level), vertical) {
            let (x1, y2) = (x + step(level).0 * ROUND, y + step(vertical).1 * ROUND);
            let _ = write!(svg, "<path d=\"M{x1} {y}Q{x} {y} {x} {y2}\"/>");
        }
    }
}

/// Arrows' heads and dots.
fn heads(grid: &Grid, svg: &mut String) {
    for at in grid.places() {
        let (x, y) = centre(at);
        match grid.at(at) {
            Cell::Joint('*') => {
                let _ = write!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"4\"/>");
            }
            Cell::Head(side) => head(grid, at, side, svg),
            _ => {}
        }
    }
}

fn head(grid: &Grid, at: At, side: Side, svg: &mut String) {
    let (x, y) = centre(at);
    let (dx, dy) = step(side);
    // It ends where its cell does, or at the line that it points to.
    let to_line = match Grid::beside(at, side).map_or(Cell::Empty, |at| grid.at(at)) {
        Cell::Empty | Cell::Word(_) | Cell::Head(_) => 0.5,
        _ => 1.0,
    };
    let reach = to_line * if dx == 0.0 { HEIGHT } else { WIDTH };
    let (tip_x, tip_y) = (x + dx * reach, y + dy * reach);
    let (base_x, base_y) = (tip_x - dx * HEAD.0, tip_y - dy * HEAD.0);
    let (side_x, side_y) = (dy * HEAD.1, dx * HEAD.1);
    let _ = write!(
        svg,
        "<path stroke=\"currentColor\" d=\"M{x} {y}L{base_x} {base_y}\"/>\
         <path d=\"M{tip_x} {tip_y}L{} {}L{} {}Z\"/>",
        base_x + side_x,
        base_y + side_y,
        base_x - side_x,
        base_y - side_y
    );
}

/// What is enclosed by lines with a corner at each end: the smallest box at each upper left corner.
fn boxes(grid: &Grid, svg: &mut String) {
    for from in grid.places() {
        if let Some(to) = enclosed(grid, from) {
            let ((x, y), (right, below)) = (centre(from), centre(to));
            let round = if grid.at(from) == Cell::Joint('.') {
                format!(" rx=\"{ROUND}\"")
            } else {
                String::new()
            };
            let _ = write!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\"{round}/>",
                right - x,
                below - y
            );
        }
    }
}

/// The lower right corner of the smallest box whose upper left one is here.
fn enclosed(grid: &Grid, from: At) -> Option<At> {
    let is_corner = |at: At| matches!(grid.at(at), Cell::Joint('+' | '.' | '\''));
    if !is_corner(from) {
        return None;
    }
    along(grid, from, Side::Right)
        .filter(|at| is_corner(*at))
        .find_map(|right| {
            along(grid, right, Side::Down)
                .filter(|at| is_corner(*at))
                .find(|low| {
                    let left = (low.0, from.1);
                    is_corner(left)
                        && along(grid, from, Side::Down).any(|at| at == left)
                        && along(grid, left, Side::Right).any(|at| at == *low)
                })
        })
}

/// The cells that a line leads to, one after the other.
fn along(grid: &Grid, from: At, side: Side) -> impl Iterator<Item = At> + '_ {
    let next = move |at: &At| {
        if grid.leads(*at, side) {
            Grid::beside(*at, side)
        } else {
            None
        }
    };
    std::iter::successors(next(&from), next)
}
