//! Characters that are pictures, as paths that fill their cells exactly.

use std::fmt::Write as _;

/// Whether the symbol is drawn as a shape.
pub(super) fn is_shape(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    match (chars.next(), chars.next()) {
        (Some(char), None) => rectangles(char).is_some() || is_braille(char),
        _ => false,
    }
}

/// Appends the path of `symbol` in the cell at `corner`.
pub(super) fn path(out: &mut String, symbol: char, corner: (f64, f64), cell: (f64, f64)) {
    if is_braille(symbol) {
        return dots(out, symbol, corner, cell);
    }
    for (left, top, right, bottom) in rectangles(symbol).unwrap_or_default() {
        rectangle(
            out,
            (corner.0 + left * cell.0, corner.1 + top * cell.1),
            ((right - left) * cell.0, (bottom - top) * cell.1),
        );
    }
}

fn is_braille(char: char) -> bool {
    ('\u{2800}'..='\u{28ff}').contains(&char)
}

fn dots(out: &mut String, symbol: char, corner: (f64, f64), cell: (f64, f64)) {
    const PLACES: [(f64, f64); 8] = [
        (0.0, 0.0),
        (0.0, 1.0),
        (0.0, 2.0),
        (1.0, 0.0),
        (1.0, 1.0),
        (1.0, 2.0),
        (0.0, 3.0),
        (1.0, 3.0),
    ];
    let bits = symbol as u32 - 0x2800;
    let size = (cell.0 * 0.36, cell.1 * 0.18);
    let set = PLACES
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| bits >> bit & 1 == 1);
    for (_, (column, row)) in set {
        let place = (
            corner.0 + cell.0 * (0.07 + 0.5 * column),
            corner.1 + cell.1 * (0.035 + 0.25 * row),
        );
        rectangle(out, place, size);
    }
}

fn rectangle(out: &mut String, corner: (f64, f64), size: (f64, f64)) {
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "M{:.2} {:.2}h{:.2}v{:.2}h-{:.2}z",
        corner.0, corner.1, size.0, size.1, size.0
    );
}

/// Left, top, right, bottom, each from 0 to 1.
type Rectangle = (f64, f64, f64, f64);

/// What the symbol is made of; `None` if it is not made of rectangles.
fn rectangles(symbol: char) -> Option<Vec<Rectangle>> {
    const THIN: f64 = 0.06;
    const FLAT: f64 = 0.035;
    let (x, y) = (0.5, 0.5);
    let left = (0.0, y - FLAT, x + THIN, y + FLAT);
    let right = (x - THIN, y - FLAT, 1.0, y + FLAT);
    let up = (x - THIN, 0.0, x + THIN, y + FLAT);
    let down = (x - THIN, y - FLAT, x + THIN, 1.0);
    let eighths = |of: char| f64::from(symbol as u32 - of as u32 + 1) / 8.0;
    Some(match symbol {
        '▁'..='█' => vec![(0.0, 1.0 - eighths('▁'), 1.0, 1.0)],
        '▉'..='▏' => vec![(0.0, 0.0, 1.0 - eighths('▉'), 1.0)],
        '▐' => vec![(0.5, 0.0, 1.0, 1.0)],
        '─' => vec![left, right],
        '│' => vec![up, down],
        '┊' => (0..4)
            .map(|dash| f64::from(dash) / 4.0)
            .map(|at| (x - THIN, at, x + THIN, at + 0.14))
            .collect(),
        '┤' => vec![up, down, left],
        '├' => vec![up, down, right],
        '┬' => vec![left, right, down],
        '┴' => vec![left, right, up],
        '┼' => vec![left, right, up, down],
        '┌' | '╭' => vec![right, down],
        '┐' | '╮' => vec![left, down],
        '└' | '╰' => vec![right, up],
        '┘' | '╯' => vec![left, up],
        _ => return None,
    })
}
