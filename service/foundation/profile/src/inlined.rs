//! Whether functions were inlined into their callers: the marks of `go tool pprof -top`.

use std::collections::HashMap;

use crate::frames::Frames;
use crate::mix::MixMap;
use crate::top::Row;
use crate::{DecodeError, Profile, Reader, Sample};

/// Whether a function was inlined wherever it was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inlined {
    /// Nowhere.
    #[default]
    No,
    /// Into some of its callers.
    Partly,
    /// Into all of them.
    Wholly,
}

/// For each of `rows`, whether the function was inlined into others of them: as in `go tool pprof`, callers that are not
/// shown do not count, nor do calls whose amount is below `least`. `index` is the one in [`Profile::sample_types`].
pub fn of_rows(profile: &Profile, index: usize, rows: &[&Row], least: u64) -> Vec<Inlined> {
    let mut calls = Calls::new(profile, index, rows);
    for sample in &profile.samples {
        calls.add(sample);
    }
    calls.finish(rows.len(), least)
}

/// The same of a profile whose samples are read one at a time.
pub fn read(
    reader: &Reader<'_>,
    index: usize,
    rows: &[&Row],
    least: u64,
) -> Result<Vec<Inlined>, DecodeError> {
    let mut calls = Calls::new(reader.tables(), index, rows);
    reader.for_each(|sample| calls.add(sample))?;
    Ok(calls.finish(rows.len(), least))
}

/// The calls between functions that are shown.
struct Calls {
    frames: Frames,
    /// For each frame, its row; none where it is not shown.
    rows: Vec<Option<u32>>,
    index: usize,
    edges: MixMap<(u32, u32), Edge>,
    turn: usize,
}

struct Edge {
    value: i64,
    inlined: bool,
    /// The last sample counted.
    seen: usize,
}

impl Calls {
    fn new(profile: &Profile, index: usize, rows: &[&Row]) -> Self {
        let frames = Frames::new(profile);
        let places: HashMap<&str, u32> = rows.iter().map(|row| &*row.name).zip(0..).collect();
        let row = |(name, _): &(std::sync::Arc<str>, _)| places.get(&**name).copied();
        Self {
            rows: frames.names.iter().map(row).collect(),
            frames,
            index,
            edges: MixMap::default(),
            turn: 0,
        }
    }

    fn add(&mut self, sample: &Sample) {
        let value = sample.value(self.index);
        if value == 0 {
            return;
        }
        self.turn += 1;
        let mut caller = None;
        for location in sample.locations.iter().rev() {
            let mut inlined = false;
            for frame in self.frames.at(*location).iter().rev() {
                if let Some(callee) = self.rows[*frame as usize] {
                    if let Some(caller) = caller.filter(|caller| *caller != callee) {
                        let edge = self.edges.entry((caller, callee)).or_insert(Edge {
                            value: 0,
                            inlined: true,
                            seen: 0,
                        });
                        if edge.seen != self.turn {
                            edge.seen = self.turn;
                            edge.value = edge.value.saturating_add(value);
                            edge.inlined &= inlined;
                        }
                    }
                    caller = Some(callee);
                }
                inlined = true;
            }
        }
    }

    fn finish(self, rows: usize, least: u64) -> Vec<Inlined> {
        let mut all = vec![(false, false); rows];
        for ((_, callee), edge) in self.edges {
            if edge.value.unsigned_abs() >= least {
                let (inlined, called) = &mut all[callee as usize];
                *inlined |= edge.inlined;
                *called |= !edge.inlined;
            }
        }
        let mark = |of: &(bool, bool)| match of {
            (true, false) => Inlined::Wholly,
            (true, true) => Inlined::Partly,
            (false, _) => Inlined::No,
        };
        all.iter().map(mark).collect()
    }
}
