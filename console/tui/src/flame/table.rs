//! The functions of one or several profiles by what they cost, as `go tool pprof -top` lists them.

use std::cmp::{Ordering, Reverse};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cutaway_model::sanitize;
use profile::top;

use super::origin;
use super::shown::Shown;
use crate::matcher::Matcher;
use crate::progress::Progress;

/// The functions, the most expensive first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    rows: Vec<TableRow>,
    /// Those that the search matches, in the order they are shown in.
    shown: Vec<u32>,
    /// The row the cursor is on, among those shown.
    cursor: usize,
    order: Order,
}

/// Which functions come first.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// Those that took most themselves, as in `go tool pprof -top`.
    #[default]
    Flat,
    /// Those that took most with all that they called: its `-cum`.
    Cum,
    /// By name.
    Name,
    /// Those that grew most, to those that shrank most.
    Change,
}

/// A function and its cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableRow {
    /// Safe for the screen.
    pub(crate) name: Arc<str>,
    /// What it spent itself.
    pub(crate) flat: i64,
    /// What it spent with all that it called.
    pub(crate) cum: i64,
    /// In a comparison: what the base spent in it itself …
    pub(crate) base_flat: i64,
    /// … and with all that it called.
    pub(crate) base_cum: i64,
    /// Picks its colour.
    pub(crate) hash: u64,
    /// Whether it is the program's own code.
    pub(crate) own: bool,
}

impl Table {
    /// Lists other functions, made by [`table_rows`]; the cursor stays on its function.
    pub(crate) fn put(&mut self, rows: Vec<TableRow>, search: &Matcher) {
        let old = self.selected().map(|row| Arc::clone(&row.name));
        self.rows = rows;
        self.filter(search);
        self.cursor = old
            .and_then(|name| self.shown().position(|row| row.name == name))
            .unwrap_or(self.cursor);
    }

    /// Puts other functions first.
    pub(crate) fn sort(&mut self, order: Order, search: &Matcher) {
        if self.order != order {
            self.order = order;
            self.filter(search);
        }
    }

    pub(crate) fn order(&self) -> Order {
        self.order
    }

    /// Puts the cursor on the function of that name, if it is shown.
    pub(crate) fn select(&mut self, name: &str) {
        let found = self.shown().position(|row| *row.name == *name);
        self.cursor = found.unwrap_or(self.cursor);
    }

    /// Shows what matches.
    pub(crate) fn filter(&mut self, search: &Matcher) {
        let order = self.order;
        self.rows.sort_by(|a, b| order.compare(a, b));
        let rows = self.rows.iter().zip(0..);
        let listed = |row: &TableRow| order != Order::Change || row.change() != 0;
        self.shown = rows
            .filter(|(row, _)| search.matches(&row.name) && listed(row))
            .map(|(_, at)| at)
            .collect();
        self.cursor = self.cursor.min(self.shown.len().saturating_sub(1));
    }

    pub(crate) fn shown(&self) -> impl ExactSizeIterator<Item = &TableRow> {
        self.shown.iter().map(|at| &self.rows[*at as usize])
    }

    pub(crate) fn cursor(&self) -> usize {
        self.cursor
    }

    pub(crate) fn selected(&self) -> Option<&TableRow> {
        self.shown
            .get(self.cursor)
            .map(|at| &self.rows[*at as usize])
    }

    pub(crate) fn move_to(&mut self, row: usize) {
        self.cursor = row.min(self.shown.len().saturating_sub(1));
    }
}

/// The functions of profiles. It takes a step of `progress` for each sample.
pub(crate) fn table_rows(shown: &Shown, progress: &Progress) -> Vec<TableRow> {
    let mut sums: HashMap<Arc<str>, Sum> = HashMap::new();
    for (parts, base) in [(&shown.now, false), (&shown.base, true)] {
        for part in parts.iter().take_while(|_| progress.is_wanted()) {
            for row in top::table(&part.profile, part.index) {
                let sum = sums.entry(row.name).or_default();
                sum.add(base, row.flat, row.cum);
            }
            progress.step(part.profile.samples.len());
        }
    }
    let own = own_functions(shown);
    let row = |(name, sum): (Arc<str>, Sum)| TableRow::new(&name, sum, own.contains(&name));
    sums.into_iter().map(row).collect()
}

impl Order {
    fn compare(self, a: &TableRow, b: &TableRow) -> Ordering {
        let largest = |value: fn(&TableRow) -> i64| {
            let size = |row| Reverse(value(row).unsigned_abs());
            size(a).cmp(&size(b))
        };
        let first = match self {
            Self::Flat => largest(TableRow::flat_change),
            Self::Cum => largest(TableRow::change),
            Self::Name => Ordering::Equal,
            Self::Change => {
                let changes = |row: &TableRow| (row.flat_change(), row.change());
                changes(b).cmp(&changes(a))
            }
        };
        first
            .then_with(|| a.name.cmp(&b.name))
            .then_with(|| largest(TableRow::change))
    }
}

impl TableRow {
    fn new(name: &str, sum: Sum, own: bool) -> Self {
        Self {
            name: sanitize(name).into(),
            flat: sum.now.0,
            cum: sum.now.1,
            base_flat: sum.base.0,
            base_cum: sum.base.1,
            hash: origin::hash(name),
            own,
        }
    }

    /// How much more it spent itself than in the base.
    pub(crate) fn flat_change(&self) -> i64 {
        self.flat.saturating_sub(self.base_flat)
    }

    /// How much more it spent than in the base, with all that it called.
    pub(crate) fn change(&self) -> i64 {
        self.cum.saturating_sub(self.base_cum)
    }
}

/// Flat and cum of what is shown and of the base.
#[derive(Copy, Clone, Default)]
struct Sum {
    now: (i64, i64),
    base: (i64, i64),
}

impl Sum {
    fn add(&mut self, base: bool, flat: i64, cum: i64) {
        let side = if base { &mut self.base } else { &mut self.now };
        *side = (side.0.saturating_add(flat), side.1.saturating_add(cum));
    }
}

fn own_functions(shown: &Shown) -> HashSet<Arc<str>> {
    let functions = shown.parts().flat_map(|part| &part.profile.functions);
    functions
        .filter(|function| origin::is_own(&function.name, &function.filename))
        .map(|function| Arc::clone(&function.name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::profile_of;

    fn shown(table: &Table) -> Vec<(&str, i64, i64)> {
        table
            .shown()
            .map(|row| (&*row.name, row.flat, row.cum))
            .collect()
    }

    #[test]
    fn several_profiles_are_added_up() {
        let one = profile_of(&[("main;a", 3), ("main;b", 1)], |_| "");
        let two = profile_of(&[("main;b", 7)], |_| "");
        let mut table = Table::default();
        table.put(
            table_rows(&Shown::of(&[one, two], None), &Progress::default()),
            &Matcher::default(),
        );
        assert_eq!(shown(&table), [("b", 8, 8), ("a", 3, 3), ("main", 0, 11)]);
    }

    #[test]
    fn the_cursor_stays_on_its_function() {
        let mut table = Table::default();
        let show = |table: &mut Table, stacks| {
            let shown = Shown::of(&[profile_of(stacks, |_| "")], None);
            table.put(
                table_rows(&shown, &Progress::default()),
                &Matcher::default(),
            );
        };
        show(&mut table, &[("a", 3), ("b", 2), ("c", 1)]);
        table.move_to(2);
        show(&mut table, &[("c", 9), ("a", 3)]);
        assert_eq!(table.selected().map(|row| &*row.name), Some("c"));
        table.filter(&Matcher::new("a"));
        assert_eq!(shown(&table), [("a", 3, 3)]);
        table.filter(&Matcher::new("nothing"));
        assert_eq!(table.selected(), None);
    }
}
