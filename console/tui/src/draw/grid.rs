//! Charts side by side: as many columns as are readable, as many rows as fit, the rest a scroll away.

use std::ops::Range;

/// How a number of equal cells share an area.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    width: u16,
    height: u16,
    count: usize,
    pub(crate) columns: usize,
    /// Rows on the screen at a time.
    pub(crate) rows: usize,
}

/// The least a cell needs to be readable.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Least {
    pub(crate) width: u16,
    pub(crate) height: u16,
}

/// A place for a cell.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) x: u16,
    pub(crate) y: u16,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl Grid {
    pub(crate) fn new(width: u16, height: u16, count: usize, least: Least) -> Self {
        let most = usize::from(width / least.width.max(1)).max(1);
        let fitting = usize::from(height / least.height.max(1)).max(1);
        // No more columns than it takes to show everything: wide charts are better charts.
        let needed = count.div_ceil(fitting).max(1);
        let columns = needed.clamp(1, most);
        let rows = count.div_ceil(columns).clamp(1, fitting);
        Self {
            width,
            height,
            count,
            columns,
            rows,
        }
    }

    /// The cells on the screen when `selected` has to be among them.
    pub(crate) fn shown(&self, selected: usize) -> Range<usize> {
        let row = selected / self.columns;
        let first = (row + 1).saturating_sub(self.rows) * self.columns;
        first.min(self.count)..(first + self.rows * self.columns).min(self.count)
    }

    /// Where cell `index` lies when the cells `shown` are on the screen.
    pub(crate) fn cell(&self, index: usize, shown: &Range<usize>) -> Cell {
        let place = index.saturating_sub(shown.start);
        let (x, width) = share(self.width, self.columns, place % self.columns);
        let (y, height) = share(self.height, self.rows, place / self.columns);
        Cell {
            x,
            y,
            width,
            height,
        }
    }

    /// The cell so many columns and rows from `index`; the same where there is none.
    pub(crate) fn step(&self, index: usize, columns: isize, rows: isize) -> usize {
        let step = columns + rows * self.columns as isize;
        index
            .checked_add_signed(step)
            .filter(|next| *next < self.count)
            .unwrap_or(index)
    }
}

/// Part `index` of `whole` cut into `parts`: where it begins and how much it is.
fn share(whole: u16, parts: usize, index: usize) -> (u16, u16) {
    let at = |part: usize| (usize::from(whole) * part.min(parts) / parts.max(1)) as u16;
    (at(index), at(index + 1) - at(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: Least = Least {
        width: 36,
        height: 4,
    };

    #[test]
    fn columns_are_added_only_where_needed() {
        for (width, height, count, expect) in [
            (80, 20, 3, (1, 3)),
            (80, 20, 8, (2, 4)),
            (200, 56, 12, (1, 12)),
            (200, 20, 12, (3, 4)),
            (40, 10, 8, (1, 2)),
            (0, 0, 8, (1, 1)),
            (80, 20, 0, (1, 1)),
        ] {
            let grid = Grid::new(width, height, count, LEAST);
            assert_eq!(
                (grid.columns, grid.rows),
                expect,
                "{count} in {width}×{height}"
            );
        }
    }

    #[test]
    fn the_selected_cell_is_always_on_the_screen() {
        let grid = Grid::new(80, 20, 23, LEAST);
        for selected in 0..23 {
            let shown = grid.shown(selected);
            assert!(shown.contains(&selected));
            let cell = grid.cell(selected, &shown);
            assert!(
                cell.x + cell.width <= 80 && cell.y + cell.height <= 20,
                "{cell:?}"
            );
        }
    }

    #[test]
    fn steps_stay_within() {
        let grid = Grid::new(80, 20, 7, LEAST);
        assert_eq!(
            [
                grid.step(0, 1, 0),
                grid.step(0, 0, 1),
                grid.step(0, -1, 0),
                grid.step(6, 1, 0),
                grid.step(5, 0, 1)
            ],
            [1, 2, 0, 6, 5]
        );
    }
}
