//! Reading a profile.
//!
//! The tables are read entry by entry into the model, and references resolved at the end, since the format does not
//! say in which order they come.

mod fields;
mod resolve;
mod sample;

use std::io::Read as _;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use prost::Message;

use crate::Profile;
use crate::wire::{self, table};
use fields::{Content, Field, Fields};
use resolve::{Ids, Strings};
use sample::{Context, Entry};

/// How many bytes an inflated profile may have: 64 MiB. A profile of 50,000 samples has about 5.
pub const MAX_INFLATED: usize = 64 << 20;

/// How many frames a profile's stacks may have in all, inlined functions counted: 16 million. Few bytes can stand for
/// many frames, since samples share locations; without a bound a small profile could keep a reader busy for hours.
pub const MAX_FRAMES: usize = 16 << 20;

/// Why bytes are not a profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There are no bytes.
    #[error("the profile is empty")]
    Empty,
    /// Looks compressed, but cannot be inflated.
    #[error("gzip: {0}")]
    Gzip(String),
    /// Larger than the bound, once inflated.
    #[error("the profile has more than {limit} bytes")]
    TooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
    /// More frames than [`MAX_FRAMES`].
    #[error("the stacks have more than {limit} frames in all")]
    TooManyFrames {
        /// The bound.
        limit: usize,
    },
    /// Not a protobuf message of this kind.
    #[error("not a profile: {what} at byte {offset}")]
    Malformed {
        /// Where, in the inflated bytes.
        offset: usize,
        /// What is wrong there.
        what: String,
    },
    /// The string table does not start with the empty string.
    #[error("the string table does not start with an empty string")]
    StringTable,
    /// A reference to a string that is not in the table.
    #[error("string {index} is not in the table of {len}")]
    NoString {
        /// The reference.
        index: i64,
        /// The table's length.
        len: usize,
    },
    /// A reference to an entry that is not there.
    #[error("there is no {table} with id {id}")]
    Dangling {
        /// What should be there: `location`, `function` or `mapping`.
        table: &'static str,
        /// The reference.
        id: u64,
    },
    /// Two entries have the same id, or one has the reserved id 0.
    #[error("{table} id {id} is reserved or given twice")]
    BadId {
        /// Whose id: `location`, `function` or `mapping`.
        table: &'static str,
        /// The id.
        id: u64,
    },
    /// A sample's values do not match the sample types.
    #[error("a sample has {values} values for {types} sample types")]
    Values {
        /// How many values the sample has.
        values: usize,
        /// How many sample types there are.
        types: usize,
    },
}

/// Reads a profile whose inflated size is at most `limit` bytes.
pub(crate) fn decode(bytes: &[u8], limit: usize) -> Result<Profile, DecodeError> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return parse(&inflate(bytes, limit)?);
    }
    if bytes.len() > limit {
        return Err(DecodeError::TooLarge { limit });
    }
    parse(bytes)
}

fn inflate(bytes: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
    let mut inflated = Vec::with_capacity(limit.min(bytes.len().saturating_mul(4)));
    MultiGzDecoder::new(bytes)
        .take(limit as u64 + 1)
        .read_to_end(&mut inflated)
        .map_err(|error| DecodeError::Gzip(error.to_string()))?;
    if inflated.len() > limit {
        return Err(DecodeError::TooLarge { limit });
    }
    Ok(inflated)
}

fn parse(bytes: &[u8]) -> Result<Profile, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    let mut tables = Tables::default();
    for field in Fields::new(bytes, 0) {
        tables.read(&field?)?;
    }
    let header = message::<wire::Header>(bytes, 0)?;
    tables.into_profile(&header)
}

fn message<M: Message + Default>(bytes: &[u8], offset: usize) -> Result<M, DecodeError> {
    M::decode(bytes).map_err(|error| DecodeError::Malformed {
        offset,
        what: error.to_string(),
    })
}

/// What has been read, references as they stand in the message.
#[derive(Default)]
struct Tables<'a> {
    strings: Vec<&'a [u8]>,
    sample_types: Vec<wire::ValueType>,
    samples: Vec<Entry<'a>>,
    mappings: Vec<wire::Mapping>,
    locations: Vec<wire::Location>,
    functions: Vec<wire::Function>,
}

impl<'a> Tables<'a> {
    fn read(&mut self, field: &Field<'a>) -> Result<(), DecodeError> {
        let (bytes, offset) = match field.content {
            Content::Bytes(bytes) => (bytes, field.offset),
            _ if field.number <= table::STRING => {
                return Err(field.malformed("a table of another type"));
            }
            _ => return Ok(()),
        };
        match field.number {
            table::SAMPLE_TYPE => self.sample_types.push(message(bytes, offset)?),
            table::SAMPLE => self.samples.push(Entry { bytes, offset }),
            table::MAPPING => self.mappings.push(message(bytes, offset)?),
            table::LOCATION => self.locations.push(message(bytes, offset)?),
            table::FUNCTION => self.functions.push(message(bytes, offset)?),
            table::STRING => self.strings.push(bytes),
            _ => {}
        }
        Ok(())
    }

    fn into_profile(self, header: &wire::Header) -> Result<Profile, DecodeError> {
        let strings = Strings::new(&self.strings)?;
        let mapping_ids = Ids::new("mapping", self.mappings.iter().map(|m| m.id))?;
        let function_ids = Ids::new("function", self.functions.iter().map(|f| f.id))?;
        let location_ids = Ids::new("location", self.locations.iter().map(|l| l.id))?;
        let context = Context {
            sample_types: self.sample_types.len(),
            locations: &location_ids,
            strings: &strings,
        };
        let profile = Profile {
            sample_types: all(self.sample_types, |t| strings.value_type(&t))?,
            samples: all(self.samples, |s| context.sample(s))?,
            locations: all(self.locations, |l| {
                resolve::location(&l, &mapping_ids, &function_ids)
            })?,
            functions: all(self.functions, |f| strings.function(&f))?,
            mappings: all(self.mappings, |m| strings.mapping(&m))?,
            period_type: header
                .period_type
                .as_ref()
                .map(|t| strings.value_type(t))
                .transpose()?,
            period: header.period,
            time_nanos: header.time_nanos,
            duration_nanos: header.duration_nanos,
            default_sample_type: strings.optional(header.default_sample_type)?,
            comments: all(header.comment.clone(), |c| strings.owned(c))?,
            drop_frames: strings.optional(header.drop_frames)?,
            keep_frames: strings.optional(header.keep_frames)?,
        };
        check_frames(&profile, MAX_FRAMES)?;
        Ok(profile)
    }
}

fn check_frames(profile: &Profile, limit: usize) -> Result<(), DecodeError> {
    let mut frames = 0_usize;
    for location in profile.samples.iter().flat_map(|s| &s.locations) {
        let lines = profile.locations[*location as usize].lines.len();
        frames = frames.saturating_add(lines.max(1));
    }
    if frames > limit {
        return Err(DecodeError::TooManyFrames { limit });
    }
    Ok(())
}

/// Resolves each entry, letting go of what was read as it goes.
fn all<T, U>(
    entries: Vec<T>,
    resolve: impl FnMut(T) -> Result<U, DecodeError>,
) -> Result<Vec<U>, DecodeError> {
    entries.into_iter().map(resolve).collect()
}

/// The text of an entry of the string table. Go's tables are valid UTF-8; in others' the bytes that are not are replaced.
fn text(bytes: &[u8]) -> Arc<str> {
    String::from_utf8_lossy(bytes).into()
}
