//! The table of `go tool pprof -top`.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::Profile;
use crate::frames::Frames;

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
    let frames = Frames::new(profile);
    let mut sums = vec![Sum::default(); frames.names.len()];
    for (sample, turn) in profile.samples.iter().zip(1..) {
        let value = sample.value(index);
        if value == 0 {
            continue;
        }
        let mut leaf = None;
        for frame in frames.root_first(sample) {
            sums[frame as usize].add_cum(value, turn);
            leaf = Some(frame);
        }
        if let Some(leaf) = leaf {
            let flat = &mut sums[leaf as usize].flat;
            *flat = flat.saturating_add(value);
        }
    }
    sorted(&frames, &sums)
}

/// What has been counted for a frame.
#[derive(Clone, Default)]
struct Sum {
    flat: i64,
    cum: i64,
    /// The last sample counted, from 1: a function that is in a stack twice is counted once.
    seen: usize,
}

impl Sum {
    fn add_cum(&mut self, value: i64, turn: usize) {
        if self.seen != turn {
            self.seen = turn;
            self.cum = self.cum.saturating_add(value);
        }
    }
}

fn sorted(frames: &Frames, sums: &[Sum]) -> Vec<Row> {
    let counted = frames.names.iter().zip(sums);
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

fn order(row: &Row) -> (Reverse<u64>, &str, Reverse<u64>) {
    (
        Reverse(row.flat.unsigned_abs()),
        &row.name,
        Reverse(row.cum.unsigned_abs()),
    )
}
