//! A history cut into the columns of a chart.

use std::ops::Range;
use std::time::Duration;

use cutaway_model::{At, Entry};

/// A stretch of time that ends at a moment.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Its end.
    pub(crate) end: At,
    /// Its length.
    pub(crate) span: Duration,
}

/// What is known about one column of a chart.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub(super) struct Column {
    /// Least and greatest value.
    pub(super) values: Option<(f64, f64)>,
    /// Whether the variable's owner started again within it.
    pub(super) reset: bool,
    /// Whether the value is unknown there, though it was known before.
    pub(super) missing: bool,
}

/// What `entries`, oldest first, tell about each of `count` columns of `window`.
pub(super) fn columns(entries: &[Entry], window: Window, count: usize) -> Vec<Column> {
    let window = window.steady(count);
    let mut columns = vec![Column::default(); count];
    let mut before: Option<(i64, f64)> = None;
    let mut unknown_since: Option<i64> = None;
    for entry in entries {
        let here = window.column(entry.at(), count);
        match *entry {
            Entry::Sample { value, .. } => {
                fill_missing(&mut columns, unknown_since.take(), here);
                join(&mut columns, before, (here, value));
                before = Some((here, value));
            }
            Entry::Gap { .. } => {
                before = None;
                unknown_since = unknown_since.or(Some(here));
            }
            Entry::Reset { .. } => {
                before = None;
                // While it was away, nothing was known either.
                fill_missing(&mut columns, unknown_since.take(), here);
                if let Some(column) = at(&mut columns, here) {
                    column.reset = true;
                }
            }
        }
    }
    fill_missing(&mut columns, unknown_since, count as i64);
    columns
}

impl Window {
    /// From its start to its end, and a little before: what a chart of it needs.
    pub(crate) fn entries(&self) -> Range<At> {
        let margin = self.span / 10 + Duration::from_secs(1);
        self.end.saturating_sub(self.span + margin)..self.end + Duration::from_nanos(1)
    }

    /// From its start to its end.
    pub(crate) fn range(&self) -> Range<At> {
        self.end.saturating_sub(self.span)..self.end + Duration::from_nanos(1)
    }

    /// The same, its end moved to the next whole column, so that columns do not shimmer while time passes.
    fn steady(&self, columns: usize) -> Self {
        let column = self.span.as_nanos() / columns.max(1) as u128;
        let end = self.end.as_nanos().next_multiple_of(column.max(1));
        Self {
            end: Duration::from_nanos(end.try_into().unwrap_or(u64::MAX)),
            span: self.span,
        }
    }

    /// The column of `count` that `at` is drawn in, the nearest one where it lies outside.
    pub(super) fn place(&self, at: At, count: usize) -> Option<usize> {
        let last = count.checked_sub(1)?;
        let column = self.steady(count).column(at, count);
        Some(usize::try_from(column).unwrap_or(0).min(last))
    }

    /// The column that `at` falls into; negative before the window.
    fn column(&self, at: At, columns: usize) -> i64 {
        let span = self.span.as_secs_f64().max(1e-9);
        let start = self.end.as_secs_f64() - span;
        // A sample on a column's edge belongs to the right of it, however the division is rounded.
        ((at.as_secs_f64() - start) / span * columns as f64 + 1e-6).floor() as i64
    }
}

fn at(columns: &mut [Column], index: i64) -> Option<&mut Column> {
    usize::try_from(index)
        .ok()
        .and_then(|index| columns.get_mut(index))
}

fn fill_missing(columns: &mut [Column], since: Option<i64>, until: i64) {
    let Some(since) = since else { return };
    for column in columns
        .iter_mut()
        .take(until.max(0) as usize)
        .skip(since.max(0) as usize)
    {
        column.missing = true;
    }
}

/// Notes a sample, and a straight line to it from the one before.
fn join(columns: &mut [Column], before: Option<(i64, f64)>, (here, value): (i64, f64)) {
    if let Some((there, old)) = before {
        // What lies before the window need not be walked through.
        for between in (there + 1).max(0)..here.min(columns.len() as i64) {
            let share = (between - there) as f64 / (here - there) as f64;
            note(columns, between, old + (value - old) * share);
        }
    }
    note(columns, here, value);
}

fn note(columns: &mut [Column], index: i64, value: f64) {
    if let Some(column) = at(columns, index) {
        let (low, high) = column.values.unwrap_or((value, value));
        column.values = Some((low.min(value), high.max(value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_still_while_time_passes() {
        let window = |millis| {
            let (end, span) = (Duration::from_millis(millis), Duration::from_secs(10));
            Window { end, span }.steady(10)
        };
        assert_eq!(window(9_100), window(9_900));
        assert_ne!(window(9_100), window(10_100));
    }

    #[test]
    fn columns_between_samples_lie_on_the_line_between_them() {
        let entry = |second, value| Entry::Sample {
            at: Duration::from_secs(second),
            value,
        };
        let window = Window {
            end: Duration::from_secs(10),
            span: Duration::from_secs(10),
        };
        let columns = columns(&[entry(0, 0.0), entry(4, 8.0)], window, 10);
        let values: Vec<f64> = columns
            .iter()
            .filter_map(|column| Some(column.values?.1))
            .collect();
        assert_eq!(values, [0.0, 2.0, 4.0, 6.0, 8.0]);
    }
}
