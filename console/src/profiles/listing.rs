//! Which functions are listed, and with which numbers: the choice of `go tool pprof -top`.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use cutaway_model::Profile;
use profile::inlined::{self, Inlined};
use profile::top::{self, Row};

use super::load::{Loaded, Summed};
use crate::args::profiles::Table;

/// What is printed, whatever the form.
pub(crate) struct Listing {
    /// The profile, perhaps without its samples.
    pub(crate) profile: Profile,
    pub(crate) index: usize,
    /// What 100 % stands for.
    pub(crate) total: i64,
    pub(crate) filters: Vec<String>,
    /// The rows, in their order.
    pub(crate) lines: Vec<Line>,
    /// How many rows were left out because they are too small …
    pub(crate) small: usize,
    /// … and how many because there were enough.
    pub(crate) surplus: usize,
    /// The share that was too small.
    pub(crate) least: f64,
    /// In a difference, the sums of both sides.
    pub(crate) sides: Option<(i64, i64)>,
}

/// A function.
pub(crate) struct Line {
    pub(crate) row: Row,
    pub(crate) inlined: Inlined,
    /// In a difference: flat and cum of the base.
    pub(crate) base: Option<(i64, i64)>,
}

/// Calls whose share is smaller do not count for the marks of inlined functions.
const LEAST_CALL: f64 = 0.001;

impl Listing {
    /// Of a profile in memory.
    pub(crate) fn new(loaded: Loaded, table: &Table) -> Self {
        let Loaded {
            profile,
            index,
            total,
            filters,
            differs,
            unmatched: _,
        } = loaded;
        let rows = top::table(&profile, index);
        let base = differs.then(|| base_of(&profile, index));
        let sides = differs.then(|| sides(&profile, index));
        let choice = Choice::new(rows, table);
        let shown: Vec<&Row> = choice.rows.iter().collect();
        let marks = inlined::of_rows(&profile, index, &shown, choice.least_call);
        let lines = choice.lines(marks, base.as_ref());
        Self {
            profile,
            index,
            total,
            filters,
            lines,
            small: choice.small,
            surplus: choice.surplus,
            least: table.least,
            sides,
        }
    }

    /// The profile's unit of what is shown.
    pub(crate) fn unit(&self) -> &str {
        let types = &self.profile.sample_types;
        types.get(self.index).map_or("", |of| of.unit.as_str())
    }

    /// Of a profile whose samples are read one at a time.
    pub(crate) fn read(
        summed: &Summed<'_>,
        index: usize,
        table: &Table,
    ) -> Result<Self, profile::DecodeError> {
        let (rows, total) = summed.rows(index)?;
        let choice = Choice::new(rows, table);
        let shown: Vec<&Row> = choice.rows.iter().collect();
        let marks = summed.inlined(index, &shown, choice.least_call)?;
        let tables = summed.0.tables();
        let head = Profile {
            sample_types: tables.sample_types.clone(),
            mappings: tables.mappings.first().cloned().into_iter().collect(),
            comments: tables.comments.clone(),
            time_nanos: tables.time_nanos,
            duration_nanos: tables.duration_nanos,
            ..Profile::default()
        };
        Ok(Self {
            profile: head,
            index,
            total,
            filters: Vec::new(),
            lines: choice.lines(marks, None),
            small: choice.small,
            surplus: choice.surplus,
            least: table.least,
            sides: None,
        })
    }
}

/// The rows that are listed.
struct Choice {
    rows: Vec<Row>,
    small: usize,
    surplus: usize,
    least_call: u64,
}

impl Choice {
    fn new(mut rows: Vec<Row>, table: &Table) -> Self {
        // Of what the functions took together, not of what percentages are of.
        let sum = rows
            .iter()
            .fold(0_i64, |sum, row| sum.saturating_add(row.flat));
        let part = |share: f64| ((sum as f64 * share) as i64).unsigned_abs();
        let (all, least) = (rows.len(), part(table.least));
        rows.retain(|row| row.cum.unsigned_abs() >= least);
        if table.cum {
            rows.sort_by(|a, b| by_cum(a).cmp(&by_cum(b)));
        }
        let large = rows.len();
        if table.n > 0 {
            rows.truncate(table.n);
        }
        Self {
            small: all - large,
            surplus: large - rows.len(),
            least_call: part(LEAST_CALL),
            rows,
        }
    }

    fn lines(&self, marks: Vec<Inlined>, base: Option<&BaseRows>) -> Vec<Line> {
        let line = |(row, inlined): (&Row, Inlined)| Line {
            base: base.map(|base| base.get(&row.name).copied().unwrap_or_default()),
            row: row.clone(),
            inlined,
        };
        self.rows.iter().zip(marks).map(line).collect()
    }
}

fn by_cum(row: &Row) -> (Reverse<u64>, &str, Reverse<u64>) {
    (
        Reverse(row.cum.unsigned_abs()),
        &row.name,
        Reverse(row.flat.unsigned_abs()),
    )
}

/// Flat and cum of each function in the base.
type BaseRows = HashMap<Arc<str>, (i64, i64)>;

/// What a difference took from its base: its negative samples.
fn base_of(profile: &Profile, index: usize) -> BaseRows {
    let negative = |sample: &&profile::Sample| sample.value(index) < 0;
    let base = Profile {
        samples: profile.samples.iter().filter(negative).cloned().collect(),
        functions: profile.functions.clone(),
        locations: profile.locations.clone(),
        mappings: profile.mappings.clone(),
        ..Profile::default()
    };
    let rows = top::table(&base, index).into_iter();
    rows.map(|row| {
        (
            row.name,
            (row.flat.saturating_neg(), row.cum.saturating_neg()),
        )
    })
    .collect()
}

/// What the base's samples and the others add up to.
fn sides(profile: &Profile, index: usize) -> (i64, i64) {
    profile
        .samples
        .iter()
        .fold((0, 0), |(before, now), sample| match sample.value(index) {
            value @ ..0 => (i64::saturating_sub(before, value), now),
            value => (before, now.saturating_add(value)),
        })
}
