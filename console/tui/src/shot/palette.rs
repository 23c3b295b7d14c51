//! Terminal colours as CSS.

use ratatui::style::Color;

/// Where nothing is said, the background is this.
pub(super) const BACKGROUND: &str = "#15171c";
/// And the text this.
pub(super) const FOREGROUND: &str = "#d5d8df";

/// The sixteen basic colours, toned for a dark background.
const BASIC: [&str; 16] = [
    "#15171c", "#d3594f", "#7fa650", "#d0a044", "#4f86c6", "#a977b7", "#4aa5a8", "#c4c8d0",
    "#6b7280", "#ef7b6f", "#9fc76f", "#efc46a", "#79a8e0", "#c79ad3", "#6fc7c9", "#f2f4f8",
];

/// `color` as CSS; `fallback` for the terminal's own.
pub(super) fn css(color: Color, fallback: &str) -> String {
    match color {
        Color::Reset => fallback.to_owned(),
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Indexed(index) => indexed(index),
        named => BASIC[basic(named)].to_owned(),
    }
}

/// Text and background exchanged.
pub(super) fn reversed(front: Color, back: Color) -> (Color, Color) {
    let back = if back == Color::Reset {
        Color::Black
    } else {
        back
    };
    let front = if front == Color::Reset {
        Color::Gray
    } else {
        front
    };
    (back, front)
}

fn basic(named: Color) -> usize {
    const ORDER: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    ORDER.iter().position(|color| *color == named).unwrap_or(7)
}

/// xterm's 256: the basic sixteen, a cube of 6 × 6 × 6, 24 greys.
fn indexed(index: u8) -> String {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match index {
        0..=15 => BASIC[usize::from(index)].to_owned(),
        16..=231 => {
            let cube = index - 16;
            format!(
                "#{:02x}{:02x}{:02x}",
                level(cube / 36),
                level(cube / 6 % 6),
                level(cube % 6)
            )
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexed_colours_are_those_of_xterm() {
        for (index, expect) in [
            (16, "#000000"),
            (208, "#ff8700"),
            (231, "#ffffff"),
            (232, "#080808"),
            (255, "#eeeeee"),
            (74, "#5fafd7"),
        ] {
            assert_eq!(css(Color::Indexed(index), ""), expect);
        }
    }
}
