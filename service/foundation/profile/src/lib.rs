#![doc = include_str!("../README.md")]

mod decode;
mod encode;
mod error;
mod filter;
pub mod flame;
pub mod folded;
mod frames;
pub mod graph;
pub mod inlined;
pub mod lines;
mod merge;
mod mix;
mod pattern;
mod prune;
pub mod tags;
pub mod top;
pub mod tree;
pub mod units;
mod wire;

use std::sync::Arc;

pub use decode::{MAX_FRAMES, MAX_INFLATED, MAX_RATIO, MEMORY_BESIDES, MEMORY_PER_BYTE, Reader};
pub use error::{DecodeError, Error};
pub use filter::Filter;
pub use merge::BASE_LABEL;

/// A set of samples and what their parts refer to. References are indexes into the vectors here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// What each of a sample's values measures, in the order of [`Sample::values`].
    pub sample_types: Vec<ValueType>,
    /// The samples.
    pub samples: Vec<Sample>,
    /// The places that samples refer to.
    pub locations: Vec<Location>,
    /// The functions that locations refer to.
    pub functions: Vec<Function>,
    /// The mapped objects that locations refer to. The first is the program itself.
    pub mappings: Vec<Mapping>,
    /// What [`Profile::period`] counts.
    pub period_type: Option<ValueType>,
    /// How many units of `period_type` lie between two samples; 0 when unknown.
    pub period: i64,
    /// When the profile was taken, in nanoseconds since the Unix epoch; 0 when unknown.
    pub time_nanos: i64,
    /// For how long it was taken, in nanoseconds; 0 when it shows a moment.
    pub duration_nanos: i64,
    /// The kind of the sample type to show when nobody asks for another.
    pub default_sample_type: Option<String>,
    /// Free text.
    pub comments: Vec<String>,
    /// A regular expression for whole names of functions: [`Profile::prune`] drops those frames and what they called.
    pub drop_frames: Option<String>,
    /// A regular expression for whole names of functions that are kept although `drop_frames` matches.
    pub keep_frames: Option<String>,
    /// Where one can read about this kind of profile.
    pub doc_url: Option<String>,
}

/// What a value measures, for example `cpu` in `nanoseconds`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ValueType {
    /// What is measured.
    pub kind: String,
    /// In which unit.
    pub unit: String,
}

/// One stack and its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Indexes into [`Profile::locations`], the leaf first.
    pub locations: Vec<u32>,
    /// One value for each of [`Profile::sample_types`].
    pub values: Vec<i64>,
    /// What else is known of it.
    pub labels: Vec<Label>,
}

/// A name and a value that belong to a sample.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// Its name, for example `thread`.
    pub key: Arc<str>,
    /// Its value.
    pub value: LabelValue,
}

/// The value of a [`Label`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LabelValue {
    /// Text.
    Text(Arc<str>),
    /// A number and its unit, which may be empty.
    Number(i64, Arc<str>),
}

/// A place in the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Location {
    /// The instruction's address; for a caller, one inside of its call instruction. 0 when unknown.
    pub address: u64,
    /// Index into [`Profile::mappings`].
    pub mapping: Option<u32>,
    /// The functions at that address: where several are given, each but the last was inlined into the next.
    pub lines: Vec<Line>,
    /// Several symbols share the address (identical code folding).
    pub folded: bool,
}

/// A line of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Line {
    /// Index into [`Profile::functions`].
    pub function: u32,
    /// The line in the function's file, from 1; 0 when unknown.
    pub line: i64,
}

/// A function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Function {
    /// Its name for people, demangled.
    pub name: Arc<str>,
    /// Its name as the linker knows it.
    pub system_name: Arc<str>,
    /// The file that it is in.
    pub filename: Arc<str>,
    /// The line it starts on; 0 when unknown.
    pub start_line: i64,
}

/// An object file mapped into memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mapping {
    /// The address it starts at.
    pub memory_start: u64,
    /// The address behind its last byte.
    pub memory_limit: u64,
    /// The offset in the file that is mapped at `memory_start`.
    pub file_offset: u64,
    /// The file's path, or a name in brackets (`[vdso]`).
    pub filename: String,
    /// What identifies the build, in hexadecimal; empty when unknown.
    pub build_id: String,
    /// Its locations have functions.
    pub has_functions: bool,
    /// Its functions have file names.
    pub has_filenames: bool,
    /// Its locations have line numbers.
    pub has_line_numbers: bool,
    /// Its locations have inlined functions.
    pub has_inline_frames: bool,
}

impl Profile {
    /// Reads a profile, gzip-compressed or not. What that takes at most is stated under [Limits](crate#limits).
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode::decode(bytes, MAX_INFLATED)
    }

    /// Like [`Profile::decode`] with another bound than [`MAX_INFLATED`] on the inflated size, in bytes.
    pub fn decode_bounded(bytes: &[u8], max_inflated: usize) -> Result<Self, DecodeError> {
        decode::decode(bytes, max_inflated)
    }

    /// The profile as protobuf, not compressed.
    pub fn encode(&self) -> Vec<u8> {
        encode::encode(self)
    }

    /// The profile as protobuf compressed by gzip: what `/debug/pprof/` serves.
    pub fn encode_gzip(&self) -> Vec<u8> {
        encode::encode_gzip(self)
    }

    /// Index of the sample type to show when nobody asks for another: the default one if the profile names it,
    /// otherwise the last, as in `go tool pprof`. 0 when there is none.
    pub fn default_index(&self) -> usize {
        let named = self
            .default_sample_type
            .as_ref()
            .and_then(|kind| self.sample_types.iter().position(|t| t.kind == *kind));
        named.unwrap_or(self.sample_types.len().saturating_sub(1))
    }

    /// Index of a sample type by its kind or number, [`Profile::default_index`] for an empty name. As in
    /// `go tool pprof`, `inuse_space` also stands for `space`.
    pub fn sample_index(&self, name: &str) -> Result<usize, Error> {
        if name.is_empty() {
            return Ok(self.default_index());
        }
        let types = &self.sample_types;
        let old = name.strip_prefix("inuse_").unwrap_or(name);
        let named = |t: &ValueType| t.kind == name || t.kind == old;
        let found = match name.parse::<usize>() {
            Ok(index) => Some(index).filter(|index| *index < types.len()),
            Err(_) => types.iter().position(named),
        };
        found.ok_or_else(|| {
            let known: Vec<&str> = types.iter().map(|t| t.kind.as_str()).collect();
            Error::NoSampleType {
                asked: name.to_owned(),
                known: known.join(", "),
            }
        })
    }

    /// The sum over all samples of the value at `index` in [`Profile::sample_types`].
    pub fn total(&self, index: usize) -> i64 {
        self.samples
            .iter()
            .fold(0, |sum, sample| sum.saturating_add(sample.value(index)))
    }
}

impl Sample {
    /// The value at `index`, 0 when there is none.
    pub fn value(&self, index: usize) -> i64 {
        self.values.get(index).copied().unwrap_or(0)
    }
}

impl ValueType {
    /// A value type from its parts.
    pub fn new(kind: &str, unit: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            unit: unit.to_owned(),
        }
    }
}
