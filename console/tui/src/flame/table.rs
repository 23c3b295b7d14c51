//! The functions of one or several profiles by what they cost, as `go tool pprof -top` lists them.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cutaway_model::{Profile, sanitize};
use profile::top;

use super::origin;
use crate::matcher::Matcher;

/// The functions, the most expensive first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    rows: Vec<TableRow>,
    /// Those that the search matches.
    shown: Vec<u32>,
    /// The row the cursor is on, among those shown.
    cursor: usize,
    total: i64,
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
    /// Picks its colour.
    pub(crate) hash: u64,
    /// Whether it is the program's own code.
    pub(crate) own: bool,
}

impl Table {
    /// Lists other profiles; the cursor stays on its function.
    pub(crate) fn show(
        &mut self,
        profiles: &[Arc<Profile>],
        index: impl Fn(&Profile) -> usize,
        search: &Matcher,
    ) {
        let mut sums: HashMap<Arc<str>, (i64, i64)> = HashMap::new();
        self.total = 0;
        for profile in profiles {
            let index = index(profile);
            self.total = self.total.saturating_add(profile.total(index));
            for row in top::table(profile, index) {
                let sum = sums.entry(row.name).or_default();
                *sum = (
                    sum.0.saturating_add(row.flat),
                    sum.1.saturating_add(row.cum),
                );
            }
        }
        let old = self.selected().map(|row| Arc::clone(&row.name));
        let own = own_functions(profiles);
        self.rows = sums
            .into_iter()
            .map(|(name, (flat, cum))| TableRow::new(&name, flat, cum, own.contains(&name)))
            .collect();
        self.rows.sort_by(|a, b| a.order().cmp(&b.order()));
        self.filter(search);
        self.cursor = old
            .and_then(|name| self.shown().position(|row| row.name == name))
            .unwrap_or(self.cursor);
    }

    /// Shows what matches.
    pub(crate) fn filter(&mut self, search: &Matcher) {
        let rows = self.rows.iter().zip(0..);
        self.shown = rows
            .filter(|(row, _)| search.matches(&row.name))
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

    /// What all samples add up to.
    pub(crate) fn total(&self) -> i64 {
        self.total
    }
}

impl TableRow {
    fn new(name: &str, flat: i64, cum: i64, own: bool) -> Self {
        Self {
            name: sanitize(name).into(),
            flat,
            cum,
            hash: origin::hash(name),
            own,
        }
    }

    fn order(&self) -> (Reverse<u64>, Reverse<u64>, &str) {
        (
            Reverse(self.flat.unsigned_abs()),
            Reverse(self.cum.unsigned_abs()),
            &self.name,
        )
    }
}

fn own_functions(profiles: &[Arc<Profile>]) -> HashSet<Arc<str>> {
    let functions = profiles.iter().flat_map(|profile| &profile.functions);
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
        table.show(&[one, two], Profile::default_index, &Matcher::default());
        assert_eq!(shown(&table), [("b", 8, 8), ("a", 3, 3), ("main", 0, 11)]);
        assert_eq!(table.total(), 11);
    }

    #[test]
    fn the_cursor_stays_on_its_function() {
        let mut table = Table::default();
        table.show(
            &[profile_of(&[("a", 3), ("b", 2), ("c", 1)], |_| "")],
            Profile::default_index,
            &Matcher::default(),
        );
        table.move_to(2);
        table.show(
            &[profile_of(&[("c", 9), ("a", 3)], |_| "")],
            Profile::default_index,
            &Matcher::default(),
        );
        assert_eq!(table.selected().map(|row| &*row.name), Some("c"));
        table.filter(&Matcher::new("a"));
        assert_eq!(shown(&table), [("a", 3, 3)]);
        table.filter(&Matcher::new("nothing"));
        assert_eq!(table.selected(), None);
    }
}
