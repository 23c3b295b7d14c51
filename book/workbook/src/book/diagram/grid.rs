//! A drawing as cells: which characters are lines and where they lead, and which are words.

use super::super::blocks::Wrong;
use unicode_width::UnicodeWidthChar;

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Empty,
    Word(char),
    Horizontal(Style),
    Vertical(Style),
    /// A corner, a crossing or an event: `+`, `.`, `'` or `*`.
    Joint(char),
    /// The head of an arrow; it points so.
    Head(Side),
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Thick,
    Dashed,
}

/// A side of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
    Up,
    Down,
}

impl Side {
    pub(super) const ALL: [Side; 4] = [Side::Left, Side::Right, Side::Up, Side::Down];

    pub(super) fn opposite(self) -> Side {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
            Side::Up => Side::Down,
            Side::Down => Side::Up,
        }
    }

    fn is_level(self) -> bool {
        matches!(self, Side::Left | Side::Right)
    }
}

/// Row and column, from 0.
pub(super) type At = (usize, usize);

/// The drawing.
#[derive(Debug)]
pub(super) struct Grid {
    cells: Vec<Vec<Cell>>,
}

impl Grid {
    /// Reads a drawing of at most `widest` columns and adds what is wrong with it to `faults`.
    pub(super) fn read(lines: &[&str], widest: usize, faults: &mut Vec<Wrong>) -> Grid {
        let mut cells: Vec<Vec<Cell>> = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let (row, fault) = letters(line.trim_end(), widest);
            faults.extend(fault.map(|fault| (index + 1, fault)));
            cells.push(row);
        }
        if lines.iter().all(|line| line.trim().is_empty()) {
            faults.push((0, "a diagram with nothing in it".to_owned()));
        }
        let mut grid = Grid { cells };
        grid.find_lines();
        grid.settle(faults);
        grid
    }

    pub(super) fn rows(&self) -> usize {
        self.cells.len()
    }

    pub(super) fn columns(&self) -> usize {
        self.cells.iter().map(Vec::len).max().unwrap_or(0)
    }

    pub(super) fn at(&self, (row, column): At) -> Cell {
        let cell = self.cells.get(row).and_then(|row| row.get(column));
        cell.copied().unwrap_or(Cell::Empty)
    }

    /// All places, row by row.
    pub(super) fn places(&self) -> impl Iterator<Item = At> + '_ {
        let rows = self.cells.iter().enumerate();
        rows.flat_map(|(row, cells)| (0..cells.len()).map(move |column| (row, column)))
    }

    /// The place on that side, if there is one.
    pub(super) fn beside((row, column): At, side: Side) -> Option<At> {
        match side {
            Side::Left => Some((row, column.checked_sub(1)?)),
            Side::Right => Some((row, column + 1)),
            Side::Up => Some((row.checked_sub(1)?, column)),
            Side::Down => Some((row + 1, column)),
        }
    }

    fn next(&self, at: At, side: Side) -> Cell {
        Grid::beside(at, side).map_or(Cell::Empty, |at| self.at(at))
    }

    /// Whether a line leads from this cell to the one on that side.
    pub(super) fn leads(&self, at: At, side: Side) -> bool {
        joins(self.at(at), self.next(at, side), side)
    }

    fn sides(&self, at: At) -> usize {
        let leads = |side: &&Side| self.leads(at, **side);
        Side::ALL.iter().filter(leads).count()
    }

    /// Turns letters into lines where they can be nothing else, and into joints and heads where they may be.
    fn find_lines(&mut self) {
        for row in &mut self.cells {
            find_horizontals(row);
        }
        let is = |cell: Cell, letters: &str| matches!(cell, Cell::Word(c) if letters.contains(c));
        let places: Vec<At> = self.places().collect();
        for &at in &places {
            let part_of_word = [Side::Left, Side::Right]
                .iter()
                .any(|side| matches!(self.next(at, *side), Cell::Word(c) if c.is_alphanumeric()));
            let between = |above: &str, below: &str| {
                is(self.next(at, Side::Up), above) || is(self.next(at, Side::Down), below)
            };
            let Cell::Word(letter) = self.at(at) else {
                continue;
            };
            let cell = match letter {
                '|' => Cell::Vertical(Style::Plain),
                ':' if !part_of_word && self.is_vertical_beside(at) => {
                    Cell::Vertical(Style::Dashed)
                }
                'v' if !part_of_word && self.is_vertical_above(at) => Cell::Head(Side::Down),
                '^' if !part_of_word && between("", "|:+.*") => Cell::Head(Side::Up),
                '<' if self.is_line(at, Side::Right) => Cell::Head(Side::Left),
                '>' if self.is_line(at, Side::Left) => Cell::Head(Side::Right),
                '+' | '*' | '.' | '\'' => Cell::Joint(letter),
                _ => continue,
            };
            self.cells[at.0][at.1] = cell;
        }
    }

    fn is_vertical_above(&self, at: At) -> bool {
        matches!(
            self.next(at, Side::Up),
            Cell::Vertical(_) | Cell::Joint('+' | '*' | '\'')
        )
    }

    fn is_vertical_beside(&self, at: At) -> bool {
        // Above, all is settled; below, letters are still letters.
        matches!(
            self.next(at, Side::Up),
            Cell::Vertical(_) | Cell::Joint(_) | Cell::Head(Side::Up) | Cell::Horizontal(_)
        ) || matches!(
            self.next(at, Side::Down),
            Cell::Word('|' | ':' | '+' | '*' | '\'' | 'v')
        )
    }

    fn is_line(&self, at: At, side: Side) -> bool {
        matches!(
            self.next(at, side),
            Cell::Horizontal(_) | Cell::Joint('+' | '*') | Cell::Word('+' | '*')
        )
    }

    /// Makes words again of joints that join nothing, and says where a line is broken.
    fn settle(&mut self, faults: &mut Vec<Wrong>) {
        let places: Vec<At> = self.places().collect();
        for &at in &places {
            if let Cell::Joint(letter) = self.at(at) {
                let level = self.leads(at, Side::Left) || self.leads(at, Side::Right);
                let round = letter == '.' || letter == '\'';
                let words = if round { !level } else { self.sides(at) == 0 };
                if words {
                    self.cells[at.0][at.1] = Cell::Word(letter);
                }
            }
        }
        for &at in &places {
            let fault = match self.at(at) {
                Cell::Joint(letter @ ('+' | '.' | '\'')) if self.sides(at) < 2 => format!(
                    "{letter:?} in column {} joins only one line: is what it should meet one column off? (A word with it goes in quotes.)",
                    at.1 + 1
                ),
                Cell::Vertical(_) if !self.leads(at, Side::Up) && !self.leads(at, Side::Down) => {
                    format!(
                        "the line in column {} meets nothing above or below: is it one column off? (A word with it goes in quotes.)",
                        at.1 + 1
                    )
                }
                _ => continue,
            };
            faults.push((at.0 + 1, fault));
        }
    }
}

/// A line's characters, words all of them; what stands in quotes can become nothing else.
fn letters(line: &str, widest: usize) -> (Vec<Cell>, Option<String>) {
    let mut quoted = false;
    let mut fault = None;
    let mut row = Vec::new();
    for c in line.chars() {
        if c.width() != Some(1) {
            fault = Some(format!("{c:?} does not take one column"));
        }
        row.push(match c {
            '"' => {
                quoted = !quoted;
                Cell::Empty
            }
            ' ' if !quoted => Cell::Empty,
            // Private characters stand for those that would be taken for lines.
            c if quoted && c.is_ascii() => Cell::Word(hide(c)),
            c => Cell::Word(c),
        });
    }
    if quoted {
        fault = Some("a quote is not closed".to_owned());
    }
    if row.len() > widest {
        fault = Some(format!(
            "{} columns are too many, a phone could not show them: there is room for {widest}",
            row.len()
        ));
    }
    (row, fault)
}

/// A character that can be nothing but part of a word; [`plain`] gives it back.
fn hide(c: char) -> char {
    char::from_u32(0xE000 + c as u32).unwrap_or(c)
}

/// A word's character as it is shown.
pub(super) fn plain(c: char) -> char {
    match c as u32 {
        hidden @ 0xE000..0xE080 => char::from_u32(hidden - 0xE000).unwrap_or(c),
        _ => c,
    }
}

/// Two or more in a row are a line, and a single one that something can be joined to.
fn find_horizontals(row: &mut [Cell]) {
    let style = |cell: Option<&Cell>| match cell {
        Some(Cell::Word('-')) => Some(Style::Plain),
        Some(Cell::Word('=')) => Some(Style::Thick),
        Some(Cell::Word('~')) => Some(Style::Dashed),
        _ => None,
    };
    let joins = |cell: Option<&Cell>| {
        matches!(
            cell,
            Some(Cell::Horizontal(_) | Cell::Word('+' | '*' | '|' | '<' | '>' | '.' | '\''))
        )
    };
    let mut start = 0;
    while start < row.len() {
        let Some(found) = style(row.get(start)) else {
            start += 1;
            continue;
        };
        let same = |cell: &&Cell| style(Some(cell)) == Some(found);
        let end = start + row[start..].iter().take_while(same).count();
        let before = start.checked_sub(1).and_then(|at| row.get(at));
        if end - start > 1 || joins(before) || joins(row.get(end)) {
            row[start..end].fill(Cell::Horizontal(found));
        }
        start = end;
    }
}

/// Whether a line leads from one cell to the one on its `side`.
fn joins(from: Cell, to: Cell, side: Side) -> bool {
    reaches(from, side)
        && reaches(to, side.opposite())
        // A wall beside a wall is another one; a line below a line, too.
        && !matches!(
            (from, to),
            (Cell::Vertical(_), Cell::Vertical(_) | Cell::Joint(_)) | (Cell::Joint(_), Cell::Vertical(_))
                if side.is_level()
        )
        // Dots beside dots are dots.
        && !matches!((from, to), (Cell::Joint(a), Cell::Joint(b)) if side.is_level() && a != '+' && b != '+')
        && !matches!(
            (from, to),
            (Cell::Horizontal(_), Cell::Horizontal(_) | Cell::Joint(_) | Cell::Head(_))
                | (Cell::Joint(_) | Cell::Head(_), Cell::Horizontal(_))
                if !side.is_level()
        )
}

/// Whether a line may leave the cell on that side.
fn reaches(cell: Cell, side: Side) -> bool {
    match cell {
        Cell::Empty | Cell::Word(_) => false,
        Cell::Head(points) => side == points.opposite(),
        Cell::Joint('.') => side != Side::Up,
        Cell::Joint('\'') => side != Side::Down,
        Cell::Horizontal(_) | Cell::Vertical(_) | Cell::Joint(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(drawing: &str) -> Vec<Wrong> {
        let lines: Vec<&str> = drawing.lines().collect();
        let mut faults = Vec::new();
        Grid::read(&lines, 76, &mut faults);
        faults
    }

    #[test]
    fn what_is_one_column_off_is_found() {
        for (drawing, line, says) in [
            (
                "+----+\n| ab  |\n+----+",
                2,
                "the line in column 7 meets nothing",
            ),
            (
                "+---+\n| a |\n +--+",
                3,
                "'+' in column 2 joins only one line",
            ),
            (
                ".---.\n| a |\n '--'",
                3,
                "'\\'' in column 2 joins only one line",
            ),
            ("a --+ b", 1, "'+' in column 5 joins only one line"),
            ("a | b", 1, "the line in column 3 meets nothing"),
            ("say \"yes", 1, "a quote is not closed"),
            ("a\tb", 1, "'\\t' does not take one column"),
            ("日 --> b", 1, "'日' does not take one column"),
            ("\n  \n", 0, "a diagram with nothing in it"),
        ] {
            let found = faults(drawing);
            assert!(
                found
                    .iter()
                    .any(|(at, text)| *at == line && text.starts_with(says)),
                "{drawing}\n{found:?}"
            );
        }
        let wide = faults(&"-".repeat(77));
        assert!(wide[0].1.starts_with("77 columns are too many"), "{wide:?}");
    }

    #[test]
    fn words_stay_words_whatever_they_contain() {
        let drawing = "read-only: a service's state, v1.2 (x > 3) … a+b  ~5 ms  a = b\nhave: eve ^ 2  Orders::take  \"--capacity 0 | a -> b\"";
        assert_eq!(faults(drawing), []);
        let lines: Vec<&str> = drawing.lines().collect();
        let grid = Grid::read(&lines, 76, &mut Vec::new());
        let other: Vec<Cell> = grid
            .places()
            .map(|at| grid.at(at))
            .filter(|cell| !matches!(cell, Cell::Empty | Cell::Word(_)))
            .collect();
        assert_eq!(other, []);
    }

    #[test]
    fn lines_lead_where_their_characters_point() {
        let lines = [
            "  .---.  ok   .------.",
            "->| A |------>| B    |",
            "  '---'       '--*---'",
            "    ^            :",
            "    |   no       v",
            "    +~~~~~~~~~~~ C",
        ];
        let mut faults = Vec::new();
        let grid = Grid::read(&lines, 76, &mut faults);
        assert_eq!(faults, []);
        assert_eq!(grid.at((1, 1)), Cell::Head(Side::Right));
        assert_eq!(grid.at((3, 4)), Cell::Head(Side::Up));
        assert_eq!(grid.at((4, 17)), Cell::Head(Side::Down));
        assert_eq!(grid.at((3, 17)), Cell::Vertical(Style::Dashed));
        assert_eq!(grid.at((5, 10)), Cell::Horizontal(Style::Dashed));
        assert_eq!(grid.at((0, 9)), Cell::Word('o'));
        assert!(grid.leads((4, 4), Side::Down) && grid.leads((5, 4), Side::Right));
        assert!(!grid.leads((1, 1), Side::Right), "a head ends its line");
    }
}
