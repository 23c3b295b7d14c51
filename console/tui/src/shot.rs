//! A screen as a picture: an SVG of a [`Buffer`] that needs nothing else to be seen.
//!
//! Block, braille and line characters are drawn as shapes, because fonts leave gaps between them; everything else is
//! text in the reader's monospace font, each run stretched to its columns.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

mod glyphs;
mod palette;

/// Width and height of a cell, in pixels.
const CELL: (f64, f64) = (8.4, 17.0);
/// Room around the screen, in pixels.
const MARGIN: f64 = 12.0;

/// The picture of `screen`; `title` says what it shows to those who cannot see it.
pub fn svg(screen: &Buffer, title: &str) -> String {
    let area = screen.area();
    let (width, height) = (
        f64::from(area.width) * CELL.0 + 2.0 * MARGIN,
        f64::from(area.height) * CELL.1 + 2.0 * MARGIN,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" role=\"img\" font-family=\"ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', \
         monospace\" font-size=\"14\">\n<title>{}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n",
        escaped(title),
        palette::BACKGROUND,
    );
    let rows = screen.content().chunks(usize::from(area.width.max(1)));
    for (y, row) in rows.enumerate() {
        let runs = runs(row);
        for run in &runs {
            background(&mut out, run, y);
        }
        for run in &runs {
            foreground(&mut out, run, y);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Neighbouring cells that look alike.
struct Run {
    x: usize,
    columns: usize,
    text: String,
    look: Look,
    shape: bool,
}

#[derive(Copy, Clone, PartialEq)]
struct Look {
    front: Color,
    back: Color,
    bold: bool,
    dim: bool,
    underlined: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let has = |modifier| cell.modifier.contains(modifier);
        let (front, back) = if has(Modifier::REVERSED) {
            palette::reversed(cell.fg, cell.bg)
        } else {
            (cell.fg, cell.bg)
        };
        Self {
            front,
            back,
            bold: has(Modifier::BOLD),
            dim: has(Modifier::DIM),
            underlined: has(Modifier::UNDERLINED),
        }
    }
}

fn runs(row: &[Cell]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    // The second column of a wide character is a blank cell of its own.
    let mut covered = 0;
    for (x, cell) in row.iter().enumerate() {
        if covered > 0 {
            covered -= 1;
            continue;
        }
        let symbol = cell.symbol();
        let columns = crate::draw::text::width(symbol).max(1);
        covered = columns - 1;
        let (look, shape) = (Look::of(cell), glyphs::is_shape(symbol));
        match runs
            .last_mut()
            .filter(|run| run.look == look && run.shape == shape && columns == 1)
        {
            Some(run) => {
                run.columns += 1;
                run.text.push_str(symbol);
            }
            None => runs.push(Run {
                x,
                columns,
                text: symbol.to_owned(),
                look,
                shape,
            }),
        }
    }
    runs
}

fn background(out: &mut String, run: &Run, y: usize) {
    if run.look.back == Color::Reset {
        return;
    }
    let (x, y) = origin(run.x, y);
    let width = run.columns as f64 * CELL.0;
    let fill = palette::css(run.look.back, palette::BACKGROUND);
    // A hair wider and higher, so that no seams show between neighbours.
    put(
        out,
        format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{fill}\"/>\n",
            width + 0.2,
            CELL.1 + 0.2
        ),
    );
}

fn foreground(out: &mut String, run: &Run, y: usize) {
    if run.text.trim().is_empty() && !run.look.underlined {
        return;
    }
    let (x, top) = origin(run.x, y);
    let fill = palette::css(run.look.front, palette::FOREGROUND);
    let opacity = if run.look.dim { " opacity=\"0.6\"" } else { "" };
    if run.shape {
        put(out, format_args!("<path fill=\"{fill}\"{opacity} d=\""));
        for (at, symbol) in run.text.chars().enumerate() {
            glyphs::path(out, symbol, (x + at as f64 * CELL.0, top), CELL);
        }
        out.push_str("\"/>\n");
        return;
    }
    let weight = if run.look.bold {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let line = if run.look.underlined {
        " text-decoration=\"underline\""
    } else {
        ""
    };
    let length = run.columns as f64 * CELL.0;
    put(
        out,
        format_args!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{fill}\" textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\" \
             xml:space=\"preserve\"{weight}{line}{opacity}>{}</text>\n",
            top + CELL.1 * 0.75,
            escaped(&run.text)
        ),
    );
}

fn origin(x: usize, y: usize) -> (f64, f64) {
    (MARGIN + x as f64 * CELL.0, MARGIN + y as f64 * CELL.1)
}

fn put(out: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(words);
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            char if char.is_control() => safe.push('�'),
            char => safe.push(char),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn text_is_escaped_and_keeps_its_place_and_colour() {
        let mut screen = Buffer::empty(Rect::new(0, 0, 10, 2));
        screen.set_string(
            2,
            1,
            "a<&>",
            Style::new()
                .fg(Color::Indexed(208))
                .add_modifier(Modifier::BOLD),
        );
        let picture = svg(&screen, "\"it\"");
        assert!(picture.contains("<title>&quot;it&quot;</title>"));
        assert!(
            picture.contains("x=\"28.8\" y=\"41.8\" fill=\"#ff8700\""),
            "{picture}"
        );
        assert!(
            picture.contains("font-weight=\"bold\">a&lt;&amp;&gt;</text>"),
            "{picture}"
        );
    }

    #[test]
    fn charts_are_shapes() {
        let mut screen = Buffer::empty(Rect::new(0, 0, 4, 1));
        screen.set_string(0, 0, "▄⣀─", Style::new());
        let picture = svg(&screen, "");
        assert!(
            picture.contains("<path") && !picture.contains('▄') && !picture.contains('⣀'),
            "{picture}"
        );
    }

    #[test]
    fn wide_characters_and_empty_screens_are_drawn() {
        let mut screen = Buffer::empty(Rect::new(0, 0, 6, 1));
        screen.set_string(0, 0, "日x", Style::new());
        assert!(svg(&screen, "").contains("日"));
        assert!(svg(&Buffer::empty(Rect::new(0, 0, 0, 0)), "").ends_with("</svg>\n"));
    }
}
