//! The lines of one function and what they cost.

use std::collections::BTreeMap;
use std::sync::Arc;

use cutaway_model::sanitize;
use profile::lines;

use crate::flame::Shown;
use crate::progress::Progress;

/// The lines of a function.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    /// The function; safe for the screen.
    pub(crate) function: Arc<str>,
    /// By file and number.
    pub(crate) rows: Vec<LineRow>,
    /// The row the cursor is on.
    pub(crate) cursor: usize,
}

/// A line and its cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineRow {
    /// As the profile has it; not safe for the screen.
    pub(crate) file: Arc<str>,
    pub(crate) line: i64,
    pub(crate) flat: i64,
    pub(crate) cum: i64,
    pub(crate) base_flat: i64,
    pub(crate) base_cum: i64,
}

/// A file and line; flat and cum, and the base's.
type Sum = ((Arc<str>, i64), [i64; 4]);

impl Lines {
    /// Shows these lines of a function.
    pub(super) fn put(&mut self, function: &Arc<str>, rows: Vec<LineRow>) {
        self.rows = rows;
        if self.function != *function {
            self.function = Arc::clone(function);
            // The line that costs most is what one has come for.
            let cost = |at: &usize| self.rows[*at].cum.saturating_sub(self.rows[*at].base_cum);
            let most = (0..self.rows.len()).max_by_key(|at| cost(at).unsigned_abs());
            self.cursor = most.unwrap_or(0);
        }
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
    }

    pub(crate) fn selected(&self) -> Option<&LineRow> {
        self.rows.get(self.cursor)
    }
}

/// The lines of the function that is called `function` on the screen. It takes a step of `progress` for each sample.
pub(super) fn line_rows(shown: &Shown, function: &str, progress: &Progress) -> Vec<LineRow> {
    let mut sums: BTreeMap<(Arc<str>, i64), [i64; 4]> = BTreeMap::new();
    let is_it = |name: &str| sanitize(name) == *function;
    for (parts, at) in [(&shown.now, 0), (&shown.base, 2)] {
        for part in parts.iter().take_while(|_| progress.is_wanted()) {
            for row in lines::table(&part.profile, part.index, is_it) {
                let sum = sums.entry((row.file, row.line)).or_default();
                sum[at] = sum[at].saturating_add(row.flat);
                sum[at + 1] = sum[at + 1].saturating_add(row.cum);
            }
            progress.step(part.profile.samples.len());
        }
    }
    let row = |((file, line), [flat, cum, base_flat, base_cum]): Sum| LineRow {
        file,
        line,
        flat,
        cum,
        base_flat,
        base_cum,
    };
    sums.into_iter().map(row).collect()
}
