//! The table of `go tool pprof -top`.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::frames::Frames;
use crate::{DecodeError, Profile, Reader, Sample};

/// What one function costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The function's name.
    pub name: Arc<str>,
    /// What it took itself: the values of the samples whose leaf it is.
    pub flat: i64,
    /// What it and all that it called took: the values of the samples in whose stack it is, each counted once
    /// however often the function calls itself.
    pub cum: i64,
}

/// All functions of the profile with a value at `index` in [`Profile::sample_types`], in the order of
/// `go tool pprof -top`: by flat, largest amount first, then by name. Samples without a stack are in no row.
pub fn table(profile: &Profile, index: usize) -> Vec<Row> {
    let mut counter = Counter::new(profile, index);
    for sample in &profile.samples {
        counter.add(sample);
    }
    counter.rows()
}

/// The table of a profile whose samples are read one at a time, and the sum of their values. A large profile takes
/// little more memory than its bytes.
pub fn read(reader: &Reader<'_>, index: usize) -> Result<(Vec<Row>, i64), DecodeError> {
    let mut counter = Counter::new(reader.tables(), index);
    let mut total = 0_i64;
    reader.for_each(|sample| {
        total = total.saturating_add(sample.value(index));
        counter.add(sample);
    })?;
    Ok((counter.rows(), total))
}

/// Adds up samples.
struct Counter {
    frames: Frames,
    sums: Vec<Sum>,
    index: usize,
    /// How many samples have been counted.
    turn: usize,
}

/// What has been counted for a frame.
#[derive(Clone, Default)]
struct Sum {
    flat: i64,
    cum: i64,
    /// The last sample counted, from 1: a function that is in a stack twice is counted once.
    seen: usize,
}

impl Counter {
    fn new(profile: &Profile, index: usize) -> Self {
        let frames = Frames::new(profile);
        Self {
            sums: vec![Sum::default(); frames.names.len()],
            frames,
            index,
            turn: 0,
        }
    }

    fn add(&mut self, sample: &Sample) {
        let value = sample.value(self.index);
        if value == 0 {
            return;
        }
        self.turn += 1;
        let mut leaf = true;
        for location in &sample.locations {
            for frame in self.frames.at(*location) {
                let sum = &mut self.sums[*frame as usize];
                if leaf {
                    sum.flat = sum.flat.saturating_add(value);
                    leaf = false;
                }
                if sum.seen != self.turn {
                    sum.seen = self.turn;
                    sum.cum = sum.cum.saturating_add(value);
                }
            }
        }
    }

    fn rows(self) -> Vec<Row> {
        let counted = self.frames.names.iter().zip(&self.sums);
        let mut rows: Vec<Row> = counted
            .filter(|(_, sum)| sum.flat != 0 || sum.cum != 0)
            .map(|((name, _), sum)| Row {
                name: Arc::clone(name),
                flat: sum.flat,
                cum: sum.cum,
            })
            .collect();
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        rows
    }
}

fn order(row: &Row) -> (Reverse<u64>, &str, Reverse<u64>) {
    (
        Reverse(row.flat.unsigned_abs()),
        &row.name,
        Reverse(row.cum.unsigned_abs()),
    )
}
