//! Tables whose header makes them ours: Go beside Rust, and what was measured.
//!
//! | header | becomes |
//! |---|---|
//! | `Go \| Rust \| what is different` | a table that a phone shows as cards; every cell must be filled |
//! | `claim \| measured \| verdict` | the same with a column for the reader's own run |
//!
//! In a measured table every row has a `{{#number …}}` in its second cell, no measurement typed by hand, and a verdict
//! that begins with one of [`VERDICTS`](measured::VERDICTS). `theme/tables.js` fills the last column.

mod measured;

use super::expand::{self, Expanded};
use super::figure;
use super::inline::inline;
use super::panel;
use crate::workspace::Workspace;
use std::fmt::Write as _;
use std::path::Path;

const GO_RUST: [&str; 3] = ["Go", "Rust", "what is different"];
const MEASURED: [&str; 3] = ["claim", "measured", "verdict"];

/// A table of ours, and its lines.
pub(super) struct Table<'a> {
    kind: Kind,
    lines: &'a [&'a str],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    GoRust,
    Measured,
}

/// What has become of a table: a line of HTML for each of its lines, and what is wrong in which of them, from 0.
#[derive(Default)]
pub(super) struct Made {
    pub(super) lines: Vec<String>,
    pub(super) wrong: Vec<(usize, String)>,
}

/// Where everything is: what cells are made from.
pub(super) struct Place<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) file: &'a Path,
}

/// The table of ours that `lines` begin with. Only the header decides, so that a wrong one is told.
pub(super) fn begins<'a>(lines: &'a [&'a str]) -> Option<Table<'a>> {
    let [header, rule, ..] = lines else {
        return None;
    };
    if !header.starts_with('|') || !is_rule(rule) {
        return None;
    }
    let cells = cells(header);
    let kind = match cells.first()?.as_str() {
        "Go" if cells.get(1).is_some_and(|second| second == "Rust") => Kind::GoRust,
        "claim" => Kind::Measured,
        _ => return None,
    };
    let end = lines.iter().position(|line| !line.starts_with('|'));
    let lines = &lines[..end.unwrap_or(lines.len())];
    Some(Table { kind, lines })
}

impl Table<'_> {
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The table as HTML, line by line.
    pub(super) fn render(&self, place: &Place<'_>, into: &mut Expanded) -> Made {
        let mut made = Made::default();
        let mut sources = Vec::new();
        let header = cells(self.lines[0]);
        let wanted = match self.kind {
            Kind::GoRust => GO_RUST,
            Kind::Measured => MEASURED,
        };
        if header != wanted {
            let message = format!(
                "a table of this kind has the columns {}, not {}",
                wanted.join(" | "),
                header.join(" | ")
            );
            made.wrong.push((0, message));
        }
        made.lines.push(self.head(&wanted));
        made.lines.push("<tbody role=\"rowgroup\">".to_owned());
        for (index, line) in self.lines.iter().enumerate().skip(2) {
            let row = self.row(line, place, into, &mut sources);
            made.lines.push(row.unwrap_or_else(|message| {
                made.wrong.push((index, message));
                "<!-- -->".to_owned()
            }));
        }
        if let Some(last) = made.lines.last_mut() {
            last.push_str("</tbody></table></div>");
            last.push_str(&self.foot(&sources));
        }
        made
    }

    fn head(&self, names: &[&str; 3]) -> String {
        let mut head = String::new();
        for name in names {
            let _ = write!(head, "<th scope=\"col\" role=\"columnheader\">{name}</th>");
        }
        let class = match self.kind {
            Kind::GoRust => "go-rust",
            Kind::Measured => {
                head.push_str(
                    "<th scope=\"col\" role=\"columnheader\" class=\"measured-yours\" hidden>your run</th>",
                );
                "measured"
            }
        };
        format!(
            "<div class=\"cards\"><table class=\"{class}\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">{head}</tr></thead>"
        )
    }

    fn row(
        &self,
        line: &str,
        place: &Place<'_>,
        into: &mut Expanded,
        sources: &mut Vec<String>,
    ) -> Result<String, String> {
        let cells = cells(line);
        let names = match self.kind {
            Kind::GoRust => GO_RUST,
            Kind::Measured => MEASURED,
        };
        if cells.len() != names.len() {
            return Err(format!(
                "a row of {} cells in a table of {} columns (write \\| for a bar inside a cell)",
                cells.len(),
                names.len()
            ));
        }
        if let Some(empty) = cells.iter().position(String::is_empty) {
            return Err(format!("the cell {:?} is empty", names[empty]));
        }
        let mut found = Vec::new();
        if self.kind == Kind::Measured {
            measured::check_numbers(&cells[1])?;
            measured::check_verdict(&cells[2])?;
        }
        let mut html = Vec::new();
        for (index, cell) in cells.iter().enumerate() {
            let spans = self.kind == Kind::Measured && index == 1;
            let text = cell_text(cell, spans, place, into, &mut found)?;
            html.push(inline(&text));
        }
        for reference in found {
            if !sources.contains(&reference) {
                sources.push(reference);
            }
        }
        let [first, second, third] = &html[..] else {
            return Err("a table of three columns".to_owned());
        };
        let (third, yours) = match self.kind {
            Kind::GoRust => (third.clone(), ""),
            Kind::Measured => (
                measured::badge(third),
                "<td role=\"cell\" data-label=\"your run\" class=\"measured-yours\" hidden></td>",
            ),
        };
        Ok(format!(
            "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\" data-label=\"{}\">{first}</th>\
             <td role=\"cell\" data-label=\"{}\">{second}</td><td role=\"cell\" data-label=\"{}\">{third}</td>{yours}</tr>",
            names[0], names[1], names[2]
        ))
    }

    fn foot(&self, sources: &[String]) -> String {
        if self.kind == Kind::GoRust {
            return String::new();
        }
        format!(
            "<p class=\"measured-source\">{} <span class=\"measured-hint\" role=\"status\"></span></p>",
            sources.join(" ")
        )
    }
}

/// A cell with its directives replaced. Numbers of a measured cell say where they are from, for the page to find.
fn cell_text(
    text: &str,
    spans: bool,
    place: &Place<'_>,
    into: &mut Expanded,
    sources: &mut Vec<String>,
) -> Result<String, String> {
    let mut made = String::new();
    let mut at = 0;
    for found in expand::DIRECTIVE.captures_iter(text) {
        let whole = found.get(0).map_or(0..0, |all| all.range());
        made.push_str(&text[at..whole.start]);
        at = whole.end;
        if !found[1].is_empty() {
            made.push_str(&found[0][1..]);
            continue;
        }
        let (name, rest) = expand::split(&found[2]);
        let expanded = expand::directive(place.workspace, place.file, &found[2], into)?;
        if spans && name == "number" {
            let (reference, path) = expand::split(rest);
            let lab = reference.split('/').next().unwrap_or_default();
            sources.push(source(place.workspace, reference)?);
            let _ = write!(
                made,
                "<span class=\"number\" data-lab=\"{}\" data-path=\"{}\">{}</span>",
                panel::escape(lab),
                panel::escape(path),
                panel::escape(&expanded)
            );
        } else {
            made.push_str(&expanded);
        }
    }
    made.push_str(&text[at..]);
    Ok(made)
}

/// Where the numbers of a figure come from.
fn source(workspace: &Workspace, reference: &str) -> Result<String, String> {
    let (lab, name) = expand::lab_and_name(reference)?;
    let info = figure::knobs(workspace, lab)?;
    Ok(panel::source(
        &info,
        &figure::figure(workspace, lab, name)?.run,
    ))
}

fn is_rule(line: &str) -> bool {
    line.starts_with('|')
        && line.contains('-')
        && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

/// The cells of a row. A bar with a backslash before it is text.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches('|');
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for c in line.chars() {
        match (c, cells.last_mut()) {
            ('|', Some(cell)) if escaped => {
                cell.pop();
                cell.push('|');
            }
            ('|', _) => cells.push(String::new()),
            (c, Some(cell)) => cell.push(c),
            (_, None) => {}
        }
        escaped = c == '\\' && !escaped;
    }
    if line.ends_with('|') && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_in_cells_are_escaped() {
        assert_eq!(cells("| a | `b \\| c` | |"), ["a", "`b | c`", ""]);
        assert_eq!(cells("| a | b"), ["a", "b"]);
    }
}
