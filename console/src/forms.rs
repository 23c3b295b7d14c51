//! Tables as text that other programs read. The first row has the titles.

use std::io::{self, Write};

/// Comma-separated values as RFC 4180 writes them, but with bare line feeds.
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
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn escaped(cell: &str) -> String {
    let mut escaped = String::with_capacity(cell.len());
    for c in cell.chars() {
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
