//! Samples, of which a profile has many: read straight into the model.

use super::fields::{Content, Fields, Numbers};
use super::resolve::{Ids, Strings};
use super::{DecodeError, message};
use crate::Sample;

/// Where a sample is in the message.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) bytes: &'a [u8],
    /// From the message's start.
    pub(super) offset: usize,
}

/// Numbers of a sample's fields.
const LOCATIONS: u32 = 1;
const VALUES: u32 = 2;
const LABELS: u32 = 3;

/// What samples refer to.
pub(super) struct Context<'a> {
    pub(super) sample_types: usize,
    pub(super) locations: &'a Ids,
    pub(super) strings: &'a Strings,
}

impl Context<'_> {
    pub(super) fn sample(&self, entry: Entry<'_>) -> Result<Sample, DecodeError> {
        let mut sample = Sample::default();
        for field in Fields::new(entry.bytes, entry.offset) {
            let field = field?;
            match (field.number, field.content) {
                (LOCATIONS, Content::Number(id)) => {
                    sample.locations.push(self.locations.index(id)?);
                }
                (LOCATIONS, Content::Bytes(packed)) => {
                    self.stack(&mut sample, Numbers::new(packed, field.offset))?;
                }
                (VALUES, Content::Number(value)) => sample.values.push(value as i64),
                (VALUES, Content::Bytes(packed)) => {
                    values(&mut sample, Numbers::new(packed, field.offset))?;
                }
                (LABELS, Content::Bytes(label)) => {
                    let label = self.strings.label(&message(label, field.offset)?)?;
                    sample.labels.extend(label);
                }
                (LOCATIONS | VALUES | LABELS, _) => {
                    return Err(field.malformed("a field of another type"));
                }
                _ => {}
            }
        }
        self.check(&sample)?;
        sample.labels.shrink_to_fit();
        Ok(sample)
    }

    fn stack(&self, sample: &mut Sample, ids: Numbers<'_>) -> Result<(), DecodeError> {
        sample.locations.reserve_exact(ids.at_most());
        for id in ids {
            sample.locations.push(self.locations.index(id?)?);
        }
        Ok(())
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

fn values(sample: &mut Sample, values: Numbers<'_>) -> Result<(), DecodeError> {
    sample.values.reserve_exact(values.at_most());
    for value in values {
        sample.values.push(value? as i64);
    }
    Ok(())
}
