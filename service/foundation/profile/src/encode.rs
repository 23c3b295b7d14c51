//! Writing a profile.

mod strings;

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

use crate::wire::write_varint;
use crate::wire::{function, label, line, location, mapping, profile, sample, value_type};
use crate::{Function, Label, LabelValue, Line, Location, Mapping, Profile, Sample, ValueType};
use strings::Strings;

/// The profile as protobuf.
pub(crate) fn encode(profile: &Profile) -> Vec<u8> {
    let mut writer = Writer {
        out: Vec::with_capacity(estimate(profile)),
        strings: Strings::new(),
        body: Vec::new(),
        part: Vec::new(),
    };
    writer.profile(profile);
    writer.out
}

/// The profile as protobuf compressed by gzip, fast rather than small, as Go does.
pub(crate) fn encode_gzip(profile: &Profile) -> Vec<u8> {
    let raw = encode(profile);
    let mut encoder = GzEncoder::new(Vec::with_capacity(raw.len() / 3), Compression::fast());
    encoder
        .write_all(&raw)
        .and_then(|()| encoder.finish())
        .expect("a vector takes all that is written to it")
}

/// About how many bytes will be written: what growing step by step would cost is worth a look at the samples.
fn estimate(profile: &Profile) -> usize {
    let sample = |sample: &Sample| {
        12 + 2 * sample.locations.len() + 4 * sample.values.len() + 8 * sample.labels.len()
    };
    let samples: usize = profile.samples.iter().map(sample).sum();
    samples + 32 * profile.locations.len() + 128 * profile.functions.len() + 1024
}

struct Writer<'a> {
    out: Vec<u8>,
    strings: Strings<'a>,
    /// The entry being written: its length comes before it.
    body: Vec<u8>,
    /// A part of `body` with a length of its own.
    part: Vec<u8>,
}

impl<'a> Writer<'a> {
    fn profile(&mut self, profile: &'a Profile) {
        for kind in &profile.sample_types {
            self.entry(profile::SAMPLE_TYPE, |writer| writer.value_type(kind));
        }
        for sample in &profile.samples {
            self.entry(profile::SAMPLE, |writer| writer.sample(sample));
        }
        for (mapping, id) in profile.mappings.iter().zip(1..) {
            self.entry(profile::MAPPING, |writer| writer.mapping(mapping, id));
        }
        for (location, id) in profile.locations.iter().zip(1..) {
            self.entry(profile::LOCATION, |writer| writer.location(location, id));
        }
        for (function, id) in profile.functions.iter().zip(1..) {
            self.entry(profile::FUNCTION, |writer| writer.function(function, id));
        }
        if let Some(kind) = &profile.period_type {
            self.entry(profile::PERIOD_TYPE, |writer| writer.value_type(kind));
        }
        self.header(profile);
        for string in self.strings.table() {
            put_bytes(&mut self.out, profile::STRING, string.as_bytes());
        }
    }

    /// The fields of one value each, and the comments.
    fn header(&mut self, profile: &'a Profile) {
        let strings = &mut self.strings;
        let mut optional = |string: &'a Option<String>| {
            string.as_deref().map_or(0, |string| strings.index(string))
        };
        let numbers = [
            (profile::DROP_FRAMES, optional(&profile.drop_frames)),
            (profile::KEEP_FRAMES, optional(&profile.keep_frames)),
            (profile::TIME_NANOS, profile.time_nanos as u64),
            (profile::DURATION_NANOS, profile.duration_nanos as u64),
            (profile::PERIOD, profile.period as u64),
            (
                profile::DEFAULT_SAMPLE_TYPE,
                optional(&profile.default_sample_type),
            ),
            (profile::DOC_URL, optional(&profile.doc_url)),
        ];
        for (field, number) in numbers {
            put(&mut self.out, field, number);
        }
        let comments = profile.comments.iter();
        put_packed(
            &mut self.out,
            &mut self.part,
            profile::COMMENT,
            comments.map(|comment| self.strings.index(comment)),
        );
    }

    /// An entry of a table: what `write` puts into `body`.
    fn entry(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        self.body.clear();
        write(self);
        put_bytes(&mut self.out, field, &self.body);
    }

    fn value_type(&mut self, kind: &'a ValueType) {
        put(
            &mut self.body,
            value_type::KIND,
            self.strings.index(&kind.kind),
        );
        put(
            &mut self.body,
            value_type::UNIT,
            self.strings.index(&kind.unit),
        );
    }

    fn sample(&mut self, sample: &'a Sample) {
        let (body, part) = (&mut self.body, &mut self.part);
        let locations = sample.locations.iter();
        put_packed(
            body,
            part,
            sample::LOCATION,
            locations.map(|at| u64::from(*at) + 1),
        );
        let values = sample.values.iter();
        put_packed(body, part, sample::VALUE, values.map(|value| *value as u64));
        for label in &sample.labels {
            self.label(label);
        }
    }

    fn label(&mut self, label: &'a Label) {
        self.part.clear();
        put(&mut self.part, label::KEY, self.strings.shared(&label.key));
        match &label.value {
            LabelValue::Text(text) => put(&mut self.part, label::TEXT, self.strings.shared(text)),
            LabelValue::Number(number, unit) => {
                put(&mut self.part, label::NUMBER, *number as u64);
                put(&mut self.part, label::UNIT, self.strings.shared(unit));
            }
        }
        put_bytes(&mut self.body, sample::LABEL, &self.part);
    }

    fn mapping(&mut self, mapping: &'a Mapping, id: u64) {
        let numbers = [
            (mapping::ID, id),
            (mapping::MEMORY_START, mapping.memory_start),
            (mapping::MEMORY_LIMIT, mapping.memory_limit),
            (mapping::FILE_OFFSET, mapping.file_offset),
            (mapping::FILENAME, self.strings.index(&mapping.filename)),
            (mapping::BUILD_ID, self.strings.index(&mapping.build_id)),
            (mapping::HAS_FUNCTIONS, mapping.has_functions.into()),
            (mapping::HAS_FILENAMES, mapping.has_filenames.into()),
            (mapping::HAS_LINE_NUMBERS, mapping.has_line_numbers.into()),
            (mapping::HAS_INLINE_FRAMES, mapping.has_inline_frames.into()),
        ];
        for (field, number) in numbers {
            put(&mut self.body, field, number);
        }
    }

    fn location(&mut self, location: &Location, id: u64) {
        put(&mut self.body, location::ID, id);
        let mapping = location.mapping.map_or(0, |mapping| u64::from(mapping) + 1);
        put(&mut self.body, location::MAPPING, mapping);
        put(&mut self.body, location::ADDRESS, location.address);
        for Line { function, line } in &location.lines {
            self.part.clear();
            put(&mut self.part, line::FUNCTION, u64::from(*function) + 1);
            put(&mut self.part, line::LINE, *line as u64);
            put_bytes(&mut self.body, location::LINE, &self.part);
        }
        put(&mut self.body, location::IS_FOLDED, location.folded.into());
    }

    fn function(&mut self, function: &'a Function, id: u64) {
        let numbers = [
            (function::ID, id),
            (function::NAME, self.strings.shared(&function.name)),
            (
                function::SYSTEM_NAME,
                self.strings.shared(&function.system_name),
            ),
            (function::FILENAME, self.strings.shared(&function.filename)),
            (function::START_LINE, function.start_line as u64),
        ];
        for (field, number) in numbers {
            put(&mut self.body, field, number);
        }
    }
}

/// A number; 0 is what a reader takes for a field that is not there.
fn put(out: &mut Vec<u8>, field: u32, number: u64) {
    if number != 0 {
        out.push((field << 3) as u8);
        write_varint(out, number);
    }
}

/// Bytes. Fields have numbers below 16, so the key is one byte.
fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    out.push((field << 3 | 2) as u8);
    write_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Several numbers, which `part` holds until their length is known.
fn put_packed(
    out: &mut Vec<u8>,
    part: &mut Vec<u8>,
    field: u32,
    numbers: impl Iterator<Item = u64>,
) {
    part.clear();
    for number in numbers {
        write_varint(part, number);
    }
    if !part.is_empty() {
        put_bytes(out, field, part);
    }
}
