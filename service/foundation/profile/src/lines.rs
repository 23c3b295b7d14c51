//! What each line of a function costs: what `go tool pprof -list` prints beside the source.

use std::collections::HashMap;
use std::sync::Arc;

use crate::{Profile, Sample};

/// What one line costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The file that the line is in; empty when unknown.
    pub file: Arc<str>,
    /// Its number, from 1; 0 when unknown.
    pub line: i64,
    /// What it took itself: the values of the samples whose leaf it is.
    pub flat: i64,
    /// What it and all that it called took: the values of the samples in whose stack it is, each counted once.
    pub cum: i64,
}

/// The lines of the functions for whose names `is_it` is true, by file and number, with the values at `index` in
/// [`Profile::sample_types`]. A function without lines has one row, for line 0.
pub fn table(profile: &Profile, index: usize, is_it: impl Fn(&str) -> bool) -> Vec<Row> {
    let mut counter = Counter::new(profile, is_it);
    for sample in &profile.samples {
        let value = sample.value(index);
        if value != 0 {
            counter.add(sample, value);
        }
    }
    let mut rows = counter.rows;
    rows.retain(|row| row.flat != 0 || row.cum != 0);
    rows.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    rows
}

struct Counter {
    rows: Vec<Row>,
    /// For each location, its rows, innermost first; none for a frame of another function.
    frames: Vec<Vec<Option<u32>>>,
    /// The last sample that each row was in, from 1.
    seen: Vec<usize>,
    turn: usize,
}

impl Counter {
    fn new(profile: &Profile, is_it: impl Fn(&str) -> bool) -> Self {
        let functions = profile.functions.iter();
        let wanted: Vec<bool> = functions.map(|function| is_it(&function.name)).collect();
        let mut known: HashMap<(Arc<str>, i64), u32> = HashMap::new();
        let mut rows = Vec::new();
        let frames = profile.locations.iter().map(|location| {
            let row = |line: &crate::Line| {
                let function = line.function as usize;
                let file = &profile.functions.get(function)?.filename;
                wanted.get(function).filter(|wanted| **wanted)?;
                let at = known.entry((Arc::clone(file), line.line));
                Some(*at.or_insert_with(|| {
                    rows.push(Row {
                        file: Arc::clone(file),
                        line: line.line,
                        flat: 0,
                        cum: 0,
                    });
                    rows.len() as u32 - 1
                }))
            };
            location.lines.iter().map(row).collect()
        });
        let frames = frames.collect();
        Self {
            seen: vec![0; rows.len()],
            rows,
            frames,
            turn: 0,
        }
    }

    fn add(&mut self, sample: &Sample, value: i64) {
        self.turn += 1;
        let mut leaf = true;
        for location in &sample.locations {
            let Some(frames) = self.frames.get(*location as usize) else {
                continue;
            };
            for frame in frames {
                if let Some(at) = *frame {
                    let row = &mut self.rows[at as usize];
                    if leaf {
                        row.flat = row.flat.saturating_add(value);
                    }
                    if self.seen[at as usize] != self.turn {
                        self.seen[at as usize] = self.turn;
                        row.cum = row.cum.saturating_add(value);
                    }
                }
                leaf = false;
            }
            // A place without a function is a frame as well.
            leaf = false;
        }
    }
}
