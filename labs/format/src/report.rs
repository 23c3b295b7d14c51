//! The report: a table of results with units.

use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr;

use crate::units;

/// How the sentence begins of a run that shows nothing.
const TOO_BUSY: &str = "This machine is too busy to show it";

/// A table of what was measured, and what to make of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows; each has one cell per column.
    pub rows: Vec<Vec<Cell>>,
    /// The row of the reader's own knobs, where others stand beside it for comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highlight: Option<usize>,
    /// Sentences that belong under the table.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl Report {
    /// A report with these columns and no rows yet.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Adds a sentence under the table.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// Adds the sentence that this run shows nothing because the machine had other things to do, and how that was seen.
    /// No prediction is graded by such a run.
    pub fn too_busy(&mut self, seen: &str) {
        self.note(format!(
            "{TOO_BUSY}: {seen}. Run it again when it has less to do."
        ));
    }

    /// Whether the run says of itself that it shows nothing.
    pub fn is_too_busy(&self) -> bool {
        self.notes.iter().any(|note| note.starts_with(TOO_BUSY))
    }

    /// The cell of that row and column.
    pub fn cell(&self, row: usize, column: &str) -> Option<&Cell> {
        let index = self.columns.iter().position(|c| c.name == column)?;
        self.rows.get(row)?.get(index)
    }

    /// The cell as people read it, in its column's unit.
    pub fn text(&self, row: usize, column: usize) -> String {
        let unit = self
            .columns
            .get(column)
            .map_or(Unit::None, |column| column.unit);
        match self.rows.get(row).and_then(|cells| cells.get(column)) {
            Some(cell) => cell.text(unit),
            None => String::new(),
        }
    }

    /// The table for a terminal: numbers right-aligned, the highlighted row pointed at.
    ///
    /// A table wider than `width` columns is turned: one line per measure, one column per row.
    pub fn terminal(&self, width: usize) -> String {
        let grid = self.grid();
        let table = if grid_width(&grid) <= width {
            grid
        } else {
            transposed(&grid)
        };
        let mut text = lines(&table);
        if !self.notes.is_empty() {
            text.push('\n');
        }
        for note in &self.notes {
            text.push_str(&wrapped(note, width));
        }
        text
    }

    /// All texts, the header first; a first column of marks points at the highlighted row.
    fn grid(&self) -> Vec<Vec<String>> {
        let header = self
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect();
        let mut grid: Vec<Vec<String>> = vec![header];
        for row in 0..self.rows.len() {
            let mut cells: Vec<String> = (0..self.columns.len())
                .map(|column| self.text(row, column))
                .collect();
            if self.highlight == Some(row)
                && let Some(first) = cells.first_mut()
            {
                *first = format!("▶ {first}");
            }
            grid.push(cells);
        }
        grid
    }
}

/// A column: a name and the unit of its numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// What the column holds.
    pub name: String,
    /// The unit of its numbers.
    pub unit: Unit,
}

impl Column {
    /// A column.
    pub fn new(name: &str, unit: Unit) -> Self {
        Self {
            name: name.to_owned(),
            unit,
        }
    }
}

/// The unit of a column's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Plain numbers and text.
    #[serde(rename = "")]
    None,
    /// How many.
    #[serde(rename = "count")]
    Count,
    /// Nanoseconds, shown in the unit that fits.
    #[serde(rename = "ns")]
    Nanoseconds,
    /// How many per second.
    #[serde(rename = "1/s")]
    PerSecond,
    /// A share between 0 and 1, shown in per cent.
    #[serde(rename = "share")]
    Share,
    /// Bytes.
    #[serde(rename = "bytes")]
    Bytes,
}

/// One value of the table: a number or a text in JSON, or null where there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A number in the column's unit.
    Number(f64),
    /// A text.
    Text(String),
    /// Nothing was measured.
    Nothing,
}

impl Cell {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Cell::Number(value) => Some(*value),
            Cell::Text(_) | Cell::Nothing => None,
        }
    }

    fn text(&self, unit: Unit) -> String {
        let value = match self {
            Cell::Number(value) => *value,
            Cell::Text(text) => return text.clone(),
            Cell::Nothing => return "–".to_owned(),
        };
        match unit {
            Unit::None => units::digits(value),
            Unit::Count => units::count(value.max(0.0).round() as u64),
            Unit::Nanoseconds => units::nanos(value.max(0.0).round() as u64),
            Unit::PerSecond => format!("{}/s", units::digits(value)),
            Unit::Share => units::percent(value),
            Unit::Bytes => units::bytes(value.max(0.0).round() as u64),
        }
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        if value.is_finite() {
            Cell::Number(value)
        } else {
            Cell::Nothing
        }
    }
}

impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        Cell::Number(value as f64)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}

fn transposed(grid: &[Vec<String>]) -> Vec<Vec<String>> {
    let columns = grid.first().map_or(0, Vec::len);
    (0..columns)
        .map(|column| {
            grid.iter()
                .map(|row| row.get(column).cloned().unwrap_or_default())
                .collect()
        })
        .collect()
}

fn column_widths(grid: &[Vec<String>]) -> Vec<usize> {
    let columns = grid.first().map_or(0, Vec::len);
    let width = |row: &Vec<String>, column: usize| row.get(column).map_or(0, |text| text.width());
    (0..columns)
        .map(|column| grid.iter().map(|row| width(row, column)).max().unwrap_or(0))
        .collect()
}

fn grid_width(grid: &[Vec<String>]) -> usize {
    column_widths(grid).iter().map(|width| width + 2).sum()
}

fn lines(grid: &[Vec<String>]) -> String {
    let widths = column_widths(grid);
    let mut text = String::new();
    for row in grid {
        let mut line = String::new();
        for (index, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let gap = " ".repeat(width - cell.width());
            // The first column names the row, the others hold its numbers.
            let padded = if index == 0 {
                format!("{cell}{gap}")
            } else {
                format!("  {gap}{cell}")
            };
            line.push_str(&padded);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Breaks at spaces so that no line is wider than `width`, unless one word is.
fn wrapped(text: &str, width: usize) -> String {
    let mut result = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        if used > 0 && used + 1 + word.width() > width {
            result.push('\n');
            used = 0;
        } else if used > 0 {
            result.push(' ');
            used += 1;
        }
        result.push_str(word);
        used += word.width();
    }
    result.push('\n');
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut report = Report::new([
            Column::new("capacity", Unit::Count),
            Column::new("send p50", Unit::Nanoseconds),
            Column::new("rate", Unit::PerSecond),
            Column::new("blocked", Unit::Share),
        ]);
        report.row([
            0_u64.into(),
            1_250_000_u64.into(),
            812.5.into(),
            0.97.into(),
        ]);
        report.row([
            16_u64.into(),
            900_u64.into(),
            20_000.0.into(),
            Cell::Nothing,
        ]);
        report.highlight = Some(1);
        report.note("A buffer moves the wait, it does not remove it.");
        report
    }

    #[test]
    fn a_run_on_a_busy_machine_says_so() {
        let mut report = report();
        assert!(!report.is_too_busy());
        report.too_busy("threads waited for a processor");
        assert!(report.is_too_busy());
    }

    #[test]
    fn numbers_line_up_under_their_names() {
        let expected = "\
capacity  send p50      rate  blocked
0          1.25 ms     812/s     97 %
▶ 16        900 ns  20,000/s        –

A buffer moves the wait, it does not remove it.
";
        assert_eq!(report().terminal(80), expected);
    }

    #[test]
    fn a_table_that_is_too_wide_is_turned() {
        let expected = "\
capacity        0      ▶ 16
send p50  1.25 ms    900 ns
rate        812/s  20,000/s
blocked      97 %         –

A buffer moves the wait, it
does not remove it.
";
        assert_eq!(report().terminal(30), expected);
    }

    #[test]
    fn cells_are_found_by_their_columns_name() {
        assert_eq!(
            report().cell(0, "blocked").and_then(Cell::number),
            Some(0.97)
        );
        assert_eq!(report().cell(2, "blocked"), None);
        assert_eq!(report().cell(0, "nothing"), None);
    }

    #[test]
    fn a_number_that_is_none_becomes_null() {
        let json = serde_json::to_string(&[Cell::from(f64::NAN), Cell::from(1.5), Cell::from("x")])
            .expect("serializes");
        assert_eq!(json, r#"[null,1.5,"x"]"#);
        let back: Vec<Cell> = serde_json::from_str(&json).expect("parses");
        assert_eq!(
            back,
            [Cell::Nothing, Cell::Number(1.5), Cell::Text("x".to_owned())]
        );
    }
}
