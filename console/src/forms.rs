//! Tables as text that other programs read. The first row has the titles.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use cutaway_model::sanitize;

/// A JSON document that a terminal may show: characters that it would obey, and JSON lets stand as they are, are escaped.
/// They can only be in strings, and mean the same there.
pub(crate) fn json(document: &str) -> Cow<'_, str> {
    let stays = |char: char| {
        matches!(char, ' '..='~' | '\n')
            || !char.is_ascii()
                && matches!(sanitize(char.encode_utf8(&mut [0; 4])), Cow::Borrowed(_))
    };
    if document.chars().all(stays) {
        return Cow::Borrowed(document);
    }
    let mut escaped = String::with_capacity(document.len() + 64);
    for char in document.chars() {
        if stays(char) {
            escaped.push(char);
        } else {
            for unit in char.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    Cow::Owned(escaped)
}

/// Comma-separated values as RFC 4180 writes them, but with bare line feeds; none within a cell, nor anything else that a
/// terminal obeys.
pub(crate) fn csv(table: &[Vec<String>], out: &mut impl Write) -> io::Result<()> {
    for row in table {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        writeln!(out, "{}", cells.join(","))?;
    }
    Ok(())
}

/// A Markdown table; columns of which all cells are numbers stand to the right.
pub(crate) fn md(table: &[Vec<String>], out: &mut impl Write) -> io::Result<()> {
    let Some((titles, rows)) = table.split_first() else {
        return Ok(());
    };
    let line = |row: &[String]| {
        let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
        format!("| {} |", cells.join(" | "))
    };
    writeln!(out, "{}", line(titles))?;
    let numeric = |column: usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(column));
        cells.all(|cell| cell.is_empty() || cell.parse::<f64>().is_ok())
    };
    let rules = (0..titles.len()).map(|column| if numeric(column) { "---:" } else { "---" });
    writeln!(out, "| {} |", rules.collect::<Vec<_>>().join(" | "))?;
    for row in rows {
        writeln!(out, "{}", line(row))?;
    }
    Ok(())
}

fn quoted(cell: &str) -> String {
    let cell = sanitize(cell);
    if cell.contains([',', '"']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.into_owned()
    }
}

fn escaped(cell: &str) -> String {
    let mut escaped = String::with_capacity(cell.len());
    for c in sanitize(cell).chars() {
        if matches!(c, '|' | '\\' | '`' | '*' | '_' | '<' | '[') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<Vec<String>> {
        let rows = [["n", "name"], ["1", "a,b"], ["-2.5", "say \"x\" | y"]];
        let row = |row: [&str; 2]| row.map(str::to_owned).to_vec();
        rows.into_iter().map(row).collect()
    }

    #[test]
    fn json_means_the_same_and_is_not_obeyed() {
        let text = "a\u{7f}\u{9b}2J\u{202e} é 名\u{1b}[m";
        let value = serde_json::json!({ text: [text] });
        for document in [value.to_string(), format!("{value:#}")] {
            let shown = json(&document);
            assert!(shown.chars().all(|char| char == '\n' || !char.is_control()));
            assert!(!shown.contains('\u{202e}') && shown.contains("é 名"));
            let read: serde_json::Value = serde_json::from_str(&shown).expect("it is JSON");
            assert_eq!(read, value);
        }
        assert!(matches!(json("{\"é\": 1}"), Cow::Borrowed(_)));
    }

    #[test]
    fn commas_and_quotes_are_quoted() {
        let mut out = Vec::new();
        csv(&table(), &mut out).expect("memory");
        let expected = "n,name\n1,\"a,b\"\n-2.5,\"say \"\"x\"\" | y\"\n";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let mut out = Vec::new();
        md(&table(), &mut out).expect("memory");
        let expected = "| n | name |\n| ---: | --- |\n| 1 | a,b |\n| -2.5 | say \"x\" \\| y |\n";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
}
