//! Samples, of which a profile has many: read straight into the model.

use super::fields::{Content, Fields, count_numbers, each_number};
use super::index::Entry;
use super::resolve::{Ids, Strings};
use crate::wire::sample::{LABEL, LOCATION, VALUE};
use crate::{DecodeError, Location, Sample};

/// What samples refer to.
pub(super) struct Context<'a> {
    pub(super) sample_types: usize,
    pub(super) locations: &'a Ids,
    pub(super) strings: &'a Strings,
}

impl Context<'_> {
    /// Reads a sample into one that is empty.
    pub(super) fn read(
        &self,
        entry: Entry<'_>,
        sample: &mut Sample,
        frames: &mut Frames,
    ) -> Result<(), DecodeError> {
        let mut labels_ahead = None;
        for field in Fields::new(entry) {
            let field = field?;
            match (field.number, field.content) {
                (LOCATION, Content::Number(id)) => {
                    sample.locations.push(self.locations.index(id)?);
                }
                (LOCATION, Content::Bytes(packed)) => {
                    sample.locations.reserve_exact(count_numbers(packed));
                    each_number(field.entry()?, |id| {
                        sample.locations.push(self.locations.index(id)?);
                        Ok(())
                    })?;
                }
                (VALUE, Content::Number(value)) => sample.values.push(value as i64),
                (VALUE, Content::Bytes(packed)) => {
                    sample.values.reserve_exact(count_numbers(packed));
                    each_number(field.entry()?, |value| {
                        sample.values.push(value as i64);
                        Ok(())
                    })?;
                }
                (LABEL, Content::Bytes(_)) => {
                    let ahead = *labels_ahead.get_or_insert_with(|| count_labels(entry));
                    if sample.labels.capacity() < ahead {
                        sample.labels.reserve_exact(ahead);
                    }
                    sample.labels.extend(self.strings.label(field.entry()?)?);
                }
                (LOCATION | VALUE | LABEL, _) => {
                    return Err(field.malformed("a field of another type"));
                }
                _ => {}
            }
        }
        frames.add(&sample.locations)?;
        self.check(sample)
    }

    /// Besides being wrong, samples without values would be of two bytes each and take fifty times the memory.
    fn check(&self, sample: &Sample) -> Result<(), DecodeError> {
        let (values, types) = (sample.values.len(), self.sample_types);
        if values == 0 || values != types {
            return Err(DecodeError::Values { values, types });
        }
        Ok(())
    }
}

/// For how many labels to make room: one that says something has four bytes.
fn count_labels(entry: Entry<'_>) -> usize {
    let fields = Fields::new(entry).flatten();
    let count = fields.filter(|field| field.number == LABEL).count();
    count.min(entry.bytes.len() / 4)
}

/// Counts the frames of samples, up to a limit.
pub(super) struct Frames {
    /// How many frames each location stands for.
    widths: Vec<u32>,
    count: usize,
    limit: usize,
}

impl Frames {
    pub(super) fn new(locations: &[Location], limit: usize) -> Self {
        let width = |location: &Location| location.lines.len().max(1) as u32;
        Self {
            widths: locations.iter().map(width).collect(),
            count: 0,
            limit,
        }
    }

    #[inline]
    fn add(&mut self, stack: &[u32]) -> Result<(), DecodeError> {
        let widths = stack.iter().map(|at| self.widths[*at as usize] as usize);
        self.count = self.count.saturating_add(widths.sum());
        if self.count > self.limit {
            return Err(DecodeError::TooManyFrames { limit: self.limit });
        }
        Ok(())
    }
}
