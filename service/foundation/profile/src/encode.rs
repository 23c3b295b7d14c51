//! Writing a profile.

use std::collections::HashMap;
use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use prost::Message;

use crate::wire::{self, table};
use crate::{Label, LabelValue, Profile, Sample, ValueType};

/// The profile as protobuf.
pub(crate) fn encode(profile: &Profile) -> Vec<u8> {
    let mut strings = Strings::new();
    let mut out = Vec::new();
    for kind in &profile.sample_types {
        put(&mut out, table::SAMPLE_TYPE, &strings.value_type(kind));
    }
    for sample in &profile.samples {
        put(&mut out, table::SAMPLE, &strings.sample(sample));
    }
    put_mappings(&mut out, &mut strings, profile);
    put_locations(&mut out, profile);
    put_functions(&mut out, &mut strings, profile);
    let header = header(&mut strings, profile);
    for string in &strings.table {
        put_bytes(&mut out, table::STRING, string.as_bytes());
    }
    out.extend_from_slice(&header.encode_to_vec());
    out
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

fn put_mappings<'a>(out: &mut Vec<u8>, strings: &mut Strings<'a>, profile: &'a Profile) {
    for (index, mapping) in profile.mappings.iter().enumerate() {
        let message = wire::Mapping {
            id: id(index),
            memory_start: mapping.memory_start,
            memory_limit: mapping.memory_limit,
            file_offset: mapping.file_offset,
            filename: strings.index(&mapping.filename),
            build_id: strings.index(&mapping.build_id),
            has_functions: mapping.has_functions,
            has_filenames: mapping.has_filenames,
            has_line_numbers: mapping.has_line_numbers,
            has_inline_frames: mapping.has_inline_frames,
        };
        put(out, table::MAPPING, &message);
    }
}

fn put_locations(out: &mut Vec<u8>, profile: &Profile) {
    for (index, location) in profile.locations.iter().enumerate() {
        let line = |line: &crate::Line| wire::Line {
            function_id: id(line.function as usize),
            line: line.line,
        };
        let message = wire::Location {
            id: id(index),
            mapping_id: location.mapping.map_or(0, |mapping| id(mapping as usize)),
            address: location.address,
            line: location.lines.iter().map(line).collect(),
            is_folded: location.folded,
        };
        put(out, table::LOCATION, &message);
    }
}

fn put_functions<'a>(out: &mut Vec<u8>, strings: &mut Strings<'a>, profile: &'a Profile) {
    for (index, function) in profile.functions.iter().enumerate() {
        let message = wire::Function {
            id: id(index),
            name: strings.index(&function.name),
            system_name: strings.index(&function.system_name),
            filename: strings.index(&function.filename),
            start_line: function.start_line,
        };
        put(out, table::FUNCTION, &message);
    }
}

fn header<'a>(strings: &mut Strings<'a>, profile: &'a Profile) -> wire::Header {
    wire::Header {
        drop_frames: strings.optional(profile.drop_frames.as_ref()),
        keep_frames: strings.optional(profile.keep_frames.as_ref()),
        time_nanos: profile.time_nanos,
        duration_nanos: profile.duration_nanos,
        period_type: profile.period_type.as_ref().map(|t| strings.value_type(t)),
        period: profile.period,
        comment: profile.comments.iter().map(|c| strings.index(c)).collect(),
        default_sample_type: strings.optional(profile.default_sample_type.as_ref()),
    }
}

/// The string table being made.
struct Strings<'a> {
    table: Vec<&'a str>,
    known: HashMap<&'a str, i64>,
}

impl<'a> Strings<'a> {
    /// A table whose entry 0 is the empty string, as the format wants it.
    fn new() -> Self {
        Self {
            table: vec![""],
            known: HashMap::from([("", 0)]),
        }
    }

    fn index(&mut self, string: &'a str) -> i64 {
        *self.known.entry(string).or_insert_with(|| {
            self.table.push(string);
            self.table.len() as i64 - 1
        })
    }

    fn optional(&mut self, string: Option<&'a String>) -> i64 {
        string.map_or(0, |string| self.index(string))
    }

    fn value_type(&mut self, value_type: &'a ValueType) -> wire::ValueType {
        wire::ValueType {
            kind: self.index(&value_type.kind),
            unit: self.index(&value_type.unit),
        }
    }

    fn sample(&mut self, sample: &'a Sample) -> wire::Sample {
        wire::Sample {
            location_id: sample.locations.iter().map(|l| id(*l as usize)).collect(),
            value: sample.values.clone(),
            label: sample.labels.iter().map(|l| self.label(l)).collect(),
        }
    }

    fn label(&mut self, label: &'a Label) -> wire::Label {
        let mut message = wire::Label {
            key: self.index(&label.key),
            ..wire::Label::default()
        };
        match &label.value {
            LabelValue::Text(text) => message.text = self.index(text),
            LabelValue::Number(number, unit) => {
                message.number = *number;
                message.unit = self.index(unit);
            }
        }
        message
    }
}

/// An entry's id: 0 stands for none, so they count from 1.
fn id(index: usize) -> u64 {
    index as u64 + 1
}

fn put(out: &mut Vec<u8>, field: u32, message: &impl Message) {
    out.push(key(field));
    message
        .encode_length_delimited(out)
        .expect("a vector grows as needed");
}

fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    out.push(key(field));
    prost::encode_length_delimiter(bytes.len(), out).expect("a vector grows as needed");
    out.extend_from_slice(bytes);
}

/// The key of a length-delimited field; tables have numbers below 16, so it is one byte.
fn key(field: u32) -> u8 {
    (field << 3 | 2) as u8
}
