//! Diagrams: drawn in the Markdown with plain characters, shown as SVG in the colours of the page.
//!
//! ````text
//! ```diagram A producer hands its order over and goes on; the text that stands for the picture, and below it
//! producer  --send--+--> goes on
//!                   |
//! consumer  ~~waits~+==> works
//! ```
//! ````
//!
//! | characters | mean |
//! |---|---|
//! | `-` `\|` | a line; one of its own, `-` between letters, is part of the word |
//! | `=` | a thick line: something runs |
//! | `~` `:` | a dashed line: something waits |
//! | `+` | a corner or crossing; `.` and `'` are round corners |
//! | `<` `>` `^` `v` | the head of the line behind it |
//! | `*` | a dot on a line: an event |
//! | `"…"` | words as they are, whatever they contain; the quotes are not shown |
//!
//! What is enclosed is filled. All else is words. Because a drawing that is one character off still looks like one, faults
//! are errors: a corner with one line, a wall that meets nothing, a quote that is not closed.

mod draw;
mod grid;

use super::blocks::{Block, Wrong};
use super::expand::Expanded;
use super::panel::{escape, picture_mark};
use grid::Grid;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The widest drawing: its letters can still be read on a phone when it is scaled.
const COLUMNS: usize = 76;

/// From so many columns on, a phone scrolls the picture rather than shrink it beyond reading.
const SCROLLS: usize = 48;

/// Puts the diagram's picture into the page.
pub(super) fn figure(block: &Block<'_>, into: &mut Expanded) -> Result<String, Wrong> {
    let caption = block.argument;
    if caption.is_empty() {
        return Err((
            0,
            "a diagram without words for those who cannot see it: write them behind ```diagram, they are its caption, too"
                .to_owned(),
        ));
    }
    let mut faults = Vec::new();
    let grid = Grid::read(block.body, COLUMNS, &mut faults);
    if !faults.is_empty() {
        faults.sort();
        let first = faults.remove(0);
        into.further.append(&mut faults);
        return Err(first);
    }
    let id = id(block);
    let reference = format!("diagram/{id}");
    let picture = draw::svg(&grid, &id, caption);
    if into.pictures.insert(reference.clone(), picture).is_some() {
        return Err((0, "the same diagram is already on this page".to_owned()));
    }
    Ok(html(&id, &reference, caption, grid.columns() > SCROLLS))
}

fn html(id: &str, reference: &str, caption: &str, scrolls: bool) -> String {
    let region = if scrolls {
        format!(" role=\"region\" aria-labelledby=\"{id}-caption\" tabindex=\"0\"")
    } else {
        String::new()
    };
    format!(
        "<figure class=\"diagram\" id=\"{id}\">\n<div class=\"diagram-picture\"{region}>{}</div>\n\
         <figcaption id=\"{id}-caption\">{}</figcaption>\n</figure>",
        picture_mark(reference),
        escape(caption),
    )
}

/// The same for the same diagram, so that a page changes only where its text does.
fn id(block: &Block<'_>) -> String {
    let mut hash = Sha256::new();
    hash.update(block.argument);
    for line in block.body {
        hash.update("\n");
        hash.update(line);
    }
    let mut id = "diagram-".to_owned();
    for byte in &hash.finalize()[..4] {
        let _ = write!(id, "{byte:02x}");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(argument: &str, body: &[&str]) -> (Result<String, Wrong>, Expanded) {
        let mut into = Expanded::default();
        let workspace = &crate::workspace::Workspace::at(std::path::PathBuf::new());
        let block = Block {
            workspace,
            argument,
            body,
        };
        let drawn = figure(&block, &mut into);
        (drawn, into)
    }

    #[test]
    fn the_picture_has_words_for_those_who_cannot_see_it_and_the_colours_of_the_page() {
        let body = [
            "+---+  sends   +-------+",
            "| A |=========>| \"<B>\" |",
            "+---+          +-------+",
        ];
        let (html, into) = draw("A sends to <B>", &body);
        let html = html.expect("a sound drawing");
        assert!(html.contains("<figcaption id=\"diagram-"), "{html}");
        assert!(
            html.contains(">A sends to &lt;B&gt;</figcaption>"),
            "{html}"
        );
        let svg = into.pictures.values().next().expect("its picture");
        for expected in [
            " role=\"img\" aria-labelledby=\"diagram-",
            ">A sends to &lt;B&gt;</title>",
            ">sends; A, &lt;B&gt;</desc>",
            "viewBox=\"0 0 192 48\"",
            "<path class=\"diagram-runs\" d=\"M",
        ] {
            assert!(svg.contains(expected), "no {expected} in {svg}");
        }
        assert_eq!(svg.matches("<rect ").count(), 2, "two boxes: {svg}");
        assert_eq!(svg.matches("Z\"/>").count(), 1, "one head: {svg}");
        assert!(
            !svg.contains('#') && !svg.contains("<style"),
            "no colour, no style element: {svg}"
        );
    }

    #[test]
    fn a_box_inside_a_box_and_boxes_that_share_a_wall_are_all_filled() {
        let nested = [
            "+-------+",
            "| +---+ |",
            "| | a | |",
            "| +---+ |",
            "+---+---+",
            "| b | c |",
            "+---+---+",
        ];
        let (_, into) = draw("Boxes", &nested);
        let svg = into.pictures.values().next().expect("its picture");
        assert_eq!(svg.matches("<rect ").count(), 4, "{svg}");
    }

    #[test]
    fn a_diagram_needs_words_and_all_its_faults_are_told() {
        assert!(draw("", &["a --> b"]).0.is_err());
        let (first, into) = draw("Two faults", &["a | b", "", "c --+ d"]);
        assert_eq!(first.expect_err("a fault").0, 1);
        assert_eq!(
            into.further
                .iter()
                .map(|(line, _)| *line)
                .collect::<Vec<_>>(),
            [3]
        );
    }

    #[test]
    fn only_a_wide_diagram_can_be_scrolled_to_with_the_keyboard() {
        let narrow = draw("Narrow", &["a --> b"]).0.expect("sound");
        let wide = draw(
            "Wide",
            &["a -----------------------------------------------> b"],
        )
        .0
        .expect("sound");
        assert!(
            !narrow.contains("tabindex") && wide.contains("tabindex=\"0\""),
            "{narrow} {wide}"
        );
    }
}
