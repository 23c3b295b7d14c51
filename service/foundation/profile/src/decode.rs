//! Reading a profile.
//!
//! The format does not say in which order the tables come, and everything refers to the strings, which Go writes last.
//! So a first pass over the message notes where each table is, and each is then read straight into the model.

mod fields;
mod index;
mod inflate;
mod resolve;
mod sample;

use std::borrow::Cow;

use crate::prune::Prune;
use crate::wire::profile as field;
use crate::{DecodeError, Error, Profile, Sample, ValueType};
use fields::scalars;
use index::{Entry, Index};
use resolve::{Ids, Strings};
use sample::Context;

/// How many bytes an inflated profile may have: 64 MiB. A profile of 50,000 samples has about 5.
pub const MAX_INFLATED: usize = 64 << 20;

/// How many times its size a compressed profile may inflate to; every one may to 1 MiB. Real ones have 5 to 20.
pub const MAX_RATIO: usize = 256;

/// How much memory reading takes at most: so many bytes for each of the inflated profile …
pub const MEMORY_PER_BYTE: usize = 32;

/// … and so many besides. A gzip header alone may claim 64 KiB for itself.
pub const MEMORY_BESIDES: usize = 256 << 10;

/// How many frames a profile's stacks may have in all, inlined functions counted: 16 million, or one for each inflated
/// byte if those are more, which no real profile comes near. Few bytes can stand for many frames, since samples share
/// locations; without a bound a small profile could keep a reader busy for hours.
pub const MAX_FRAMES: usize = 16 << 20;

/// Reads a profile whose inflated size is at most `limit` bytes.
pub(crate) fn decode(bytes: &[u8], limit: usize) -> Result<Profile, DecodeError> {
    let reader = Reader::new(bytes, limit)?;
    let mut samples = Vec::with_capacity(reader.index.capacity(field::SAMPLE));
    let context = reader.context();
    let mut frames = reader.frames();
    for entry in reader.index.entries(&reader.bytes, field::SAMPLE) {
        let mut sample = Sample::default();
        context.read(entry?, &mut sample, &mut frames)?;
        samples.push(sample);
    }
    Ok(Profile {
        samples,
        ..reader.tables
    })
}

/// A profile of which the samples are read one at a time, so that they need no memory: what sums up a large one.
///
/// ```
/// use profile::{Profile, Reader, top};
///
/// # let mut profile = Profile { sample_types: vec![profile::ValueType::new("cpu", "nanoseconds")], ..Profile::default() };
/// # profile.samples.push(profile::Sample { values: vec![5], ..Default::default() });
/// # let bytes = profile.encode_gzip();
/// let reader = Reader::new(&bytes, 1 << 30)?;
/// let index = reader.tables().default_index();
/// let mut sum = 0;
/// reader.for_each(|sample| sum += sample.value(index))?;
/// assert_eq!(sum, 5);
/// # Ok::<(), profile::DecodeError>(())
/// ```
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: Cow<'a, [u8]>,
    index: Index,
    strings: Strings,
    locations: Ids,
    tables: Profile,
    prune: Option<Prune>,
}

impl<'a> Reader<'a> {
    /// Reads all but the samples of a profile, gzip-compressed or not, whose inflated size is at most `limit` bytes.
    pub fn new(bytes: &'a [u8], limit: usize) -> Result<Self, DecodeError> {
        let bytes = inflate::inflate(bytes, limit)?;
        if bytes.is_empty() {
            return Err(DecodeError::Empty);
        }
        let index = Index::new(&bytes)?;
        let strings = Strings::new(&index, &bytes)?;
        let build = Tables {
            bytes: &bytes,
            index: &index,
            strings: &strings,
        };
        let (tables, locations) = build.profile()?;
        Ok(Self {
            bytes,
            index,
            strings,
            locations,
            tables,
            prune: None,
        })
    }

    /// Has the samples given without the frames that the profile asks to drop; see [`Profile::prune`].
    pub fn prune(&mut self) -> Result<(), Error> {
        if self.prune.is_none() {
            self.prune = Prune::new(&mut self.tables)?;
        }
        Ok(())
    }

    /// The profile without its samples.
    pub fn tables(&self) -> &Profile {
        &self.tables
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.index.count(field::SAMPLE)
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives each sample to `visit`, in the order of the profile. It may change the sample, which is used again.
    pub fn for_each(&self, mut visit: impl FnMut(&mut Sample)) -> Result<(), DecodeError> {
        let context = self.context();
        let mut frames = self.frames();
        let mut sample = Sample::default();
        for entry in self.index.entries(&self.bytes, field::SAMPLE) {
            sample.locations.clear();
            sample.values.clear();
            sample.labels.clear();
            context.read(entry?, &mut sample, &mut frames)?;
            if let Some(prune) = &self.prune {
                prune.sample(&mut sample);
            }
            visit(&mut sample);
        }
        Ok(())
    }

    fn context(&self) -> Context<'_> {
        Context {
            sample_types: self.tables.sample_types.len(),
            locations: &self.locations,
            strings: &self.strings,
        }
    }

    fn frames(&self) -> sample::Frames {
        sample::Frames::new(&self.tables.locations, MAX_FRAMES.max(self.bytes.len()))
    }
}

/// Reads the tables other than samples.
struct Tables<'a> {
    bytes: &'a [u8],
    index: &'a Index,
    strings: &'a Strings,
}

impl<'a> Tables<'a> {
    fn profile(&self) -> Result<(Profile, Ids), DecodeError> {
        let (mappings, mapping_ids) = self.identified("mapping", field::MAPPING, |entry| {
            self.strings.mapping(scalars(entry)?)
        })?;
        let (functions, function_ids) = self.identified("function", field::FUNCTION, |entry| {
            self.strings.function(scalars(entry)?)
        })?;
        let (locations, location_ids) = self.identified("location", field::LOCATION, |entry| {
            resolve::location(entry, &mapping_ids, &function_ids)
        })?;
        let types = |table| self.all(table, |entry| self.strings.value_type(scalars(entry)?));
        let number = |field| self.index.number(field);
        let optional = |field| self.strings.optional(number(field));
        let profile = Profile {
            sample_types: types(field::SAMPLE_TYPE)?,
            samples: Vec::new(),
            locations,
            functions,
            mappings,
            period_type: types(field::PERIOD_TYPE)?.pop(),
            period: number(field::PERIOD),
            time_nanos: number(field::TIME_NANOS),
            duration_nanos: number(field::DURATION_NANOS),
            default_sample_type: optional(field::DEFAULT_SAMPLE_TYPE)?,
            comments: self.strings.comments(self.index, self.bytes)?,
            drop_frames: optional(field::DROP_FRAMES)?,
            keep_frames: optional(field::KEEP_FRAMES)?,
            doc_url: optional(field::DOC_URL)?,
        };
        Ok((profile, location_ids))
    }

    fn entries(&self, table: u32) -> impl Iterator<Item = Result<Entry<'a>, DecodeError>> {
        self.index.entries(self.bytes, table)
    }

    fn all(
        &self,
        table: u32,
        read: impl Fn(Entry<'a>) -> Result<ValueType, DecodeError>,
    ) -> Result<Vec<ValueType>, DecodeError> {
        let mut all = Vec::with_capacity(self.index.count(table));
        for entry in self.entries(table) {
            all.push(read(entry?)?);
        }
        Ok(all)
    }

    /// Reads a table whose entries others refer to by their ids.
    fn identified<T>(
        &self,
        name: &'static str,
        table: u32,
        read: impl Fn(Entry<'a>) -> Result<(u64, T), DecodeError>,
    ) -> Result<(Vec<T>, Ids), DecodeError> {
        let capacity = self.index.capacity(table);
        let mut all = Vec::with_capacity(capacity);
        let mut ids = Ids::new(name, capacity);
        for entry in self.entries(table) {
            let (id, read) = read(entry?)?;
            ids.push(id)?;
            all.push(read);
        }
        Ok((all, ids))
    }
}
