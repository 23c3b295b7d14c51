//! Bytes that are not profiles, or not quite.

use std::io::Write as _;
use std::path::PathBuf;

use crate::corpus::exercise;
use flate2::{Compression, write::GzEncoder};
use profile::{
    DecodeError, Function, Label, LabelValue, Line, Location, Mapping, Profile, Sample, ValueType,
};

/// A small profile with one of everything.
fn small() -> Profile {
    Profile {
        sample_types: vec![
            ValueType::new("samples", "count"),
            ValueType::new("cpu", "nanoseconds"),
        ],
        samples: vec![Sample {
            locations: vec![1, 0],
            values: vec![3, -30],
            labels: vec![
                Label {
                    key: "thread".into(),
                    value: LabelValue::Text("main".into()),
                },
                Label {
                    key: "bytes".into(),
                    value: LabelValue::Number(512, "bytes".into()),
                },
                Label {
                    key: "bare".into(),
                    value: LabelValue::Number(-7, "".into()),
                },
            ],
        }],
        locations: vec![
            Location {
                address: 0x1000,
                mapping: Some(0),
                lines: vec![Line {
                    function: 0,
                    line: 7,
                }],
                folded: true,
            },
            Location {
                address: u64::MAX,
                mapping: None,
                lines: vec![
                    Line {
                        function: 1,
                        line: 8,
                    },
                    Line {
                        function: 0,
                        line: -1,
                    },
                ],
                folded: false,
            },
        ],
        functions: vec![
            Function {
                name: "größe".into(),
                system_name: "_Z".into(),
                filename: "a.rs".into(),
                start_line: 5,
            },
            Function {
                name: "leaf".into(),
                ..Function::default()
            },
        ],
        mappings: vec![Mapping {
            memory_start: 0x1000,
            memory_limit: 0x2000,
            file_offset: 0x400,
            filename: "/bin/a".into(),
            build_id: "00ff".into(),
            has_functions: true,
            has_filenames: true,
            has_line_numbers: true,
            has_inline_frames: true,
        }],
        period_type: Some(ValueType::new("cpu", "nanoseconds")),
        period: 10_000_000,
        time_nanos: 1_700_000_000_000_000_000,
        duration_nanos: 5_000_000_000,
        default_sample_type: Some("samples".into()),
        comments: vec!["one".into(), "two".into()],
        drop_frames: Some("^malloc$".into()),
        keep_frames: Some("^keep$".into()),
        doc_url: Some("https://example.org/cpu".into()),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("a vector takes it");
    encoder.finish().expect("a vector takes it")
}

fn refused(change: impl FnOnce(&mut Profile)) -> DecodeError {
    let mut profile = small();
    change(&mut profile);
    Profile::decode(&profile.encode()).expect_err("refused")
}

/// A length-delimited field, for messages that our writer would not write.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2, bytes.len() as u8];
    field.extend_from_slice(bytes);
    field
}

#[test]
fn everything_survives_a_round() {
    assert_eq!(Profile::decode(&small().encode()), Ok(small()));
    assert_eq!(Profile::decode(&small().encode_gzip()), Ok(small()));
    assert_eq!(small().default_index(), 0);
    assert_eq!((small().total(1), small().total(9)), (-30, 0));
}

#[test]
fn references_to_nothing_are_named() {
    let dangling =
        |table| move |error| matches!(error, DecodeError::Dangling { table: t, .. } if t == table);
    assert!(dangling("location")(refused(|p| p.samples[0]
        .locations
        .push(2))));
    assert!(dangling("function")(refused(
        |p| p.locations[0].lines[0].function = 2
    )));
    assert!(dangling("mapping")(refused(
        |p| p.locations[1].mapping = Some(1)
    )));
    let error = refused(|p| p.samples[0].locations.push(2));
    assert_eq!(error.to_string(), "there is no location with id 3");
}

#[test]
fn values_must_match_the_types() {
    let error = refused(|p| p.samples[0].values.push(1));
    assert_eq!(
        error,
        DecodeError::Values {
            values: 3,
            types: 2
        }
    );
    let error = refused(|p| p.samples[0].values.clear());
    assert_eq!(
        error,
        DecodeError::Values {
            values: 0,
            types: 2
        }
    );
    assert_eq!(
        refused(|p| p.sample_types.clear()),
        DecodeError::Values {
            values: 2,
            types: 0
        }
    );
}

#[test]
fn ids_need_not_be_dense_but_must_be_unique() {
    let function = |id: u8| field(5, &[0x08, id, 0x10, 0x01]);
    let strings = [field(6, b""), field(6, b"name")].concat();
    let with = |ids: [u8; 2]| {
        Profile::decode(&[function(ids[0]), function(ids[1]), strings.clone()].concat())
    };
    assert_eq!(with([9, 4]).map(|profile| profile.functions.len()), Ok(2));
    assert_eq!(
        with([4, 4]),
        Err(DecodeError::BadId {
            table: "function",
            id: 4
        })
    );
    assert_eq!(
        with([0, 4]),
        Err(DecodeError::BadId {
            table: "function",
            id: 0
        })
    );
}

#[test]
fn strings_must_be_in_the_table() {
    let sample_type = field(1, &[0x08, 0x05]);
    let with = |strings: &[u8]| Profile::decode(&[&sample_type[..], strings].concat());
    assert_eq!(with(&[]), Err(DecodeError::StringTable));
    assert_eq!(with(&field(6, b"not empty")), Err(DecodeError::StringTable));
    assert_eq!(
        with(&field(6, b"")),
        Err(DecodeError::NoString { index: 5, len: 1 })
    );
    let negative = field(
        1,
        &[
            0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
        ],
    );
    let error = Profile::decode(&[negative, field(6, b"")].concat());
    assert_eq!(error, Err(DecodeError::NoString { index: -1, len: 1 }));
}

/// Other programs may write each number as a field of its own.
#[test]
fn numbers_need_not_be_packed() {
    let sample = field(2, &[0x08, 0x01, 0x10, 0x05, 0x08, 0x01]);
    let location = field(4, &[0x08, 0x01]);
    let whole = [field(1, &[]), sample, location, field(6, b"")].concat();
    let profile = Profile::decode(&whole).expect("a profile");
    assert_eq!(profile.samples[0].locations, [0, 0]);
    assert_eq!(profile.samples[0].values, [5]);
}

#[test]
fn fields_of_another_type_are_refused_where_they_are() {
    let number_for_a_table = [0x10, 0x05];
    let error = Profile::decode(&number_for_a_table);
    assert!(
        matches!(error, Err(DecodeError::Malformed { offset: 1, .. })),
        "{error:?}"
    );
    let number_for_a_label = [field(6, b""), field(2, &[0x18, 0x05])].concat();
    let error = Profile::decode(&number_for_a_label);
    assert!(
        matches!(error, Err(DecodeError::Malformed { offset: 5, .. })),
        "{error:?}"
    );
    let endless = [field(6, b""), field(2, &[0x0a, 0x01, 0xff])].concat();
    let error = Profile::decode(&endless);
    assert!(
        matches!(error, Err(DecodeError::Malformed { offset: 6, .. })),
        "{error:?}"
    );
}

#[test]
fn unknown_fields_are_ignored() {
    let mut bytes = small().encode();
    bytes.extend([0x80, 0x01, 0x05]); // Field 16, a number.
    bytes.extend([0xfa, 0x01, 0x02, 0x00, 0x00]); // Field 31, bytes.
    bytes.extend([0xf9, 0x01, 1, 2, 3, 4, 5, 6, 7, 8]); // Field 31, eight bytes.
    bytes.extend([0xfd, 0x01, 1, 2, 3, 4]); // Field 31, four bytes.
    assert_eq!(Profile::decode(&bytes), Ok(small()));
}

#[test]
fn other_things_are_not_profiles() {
    assert_eq!(Profile::decode(b""), Err(DecodeError::Empty));
    assert!(matches!(
        Profile::decode(b"<!DOCTYPE html><p>404"),
        Err(DecodeError::Malformed { .. })
    ));
    assert!(matches!(
        Profile::decode(&[0x1f, 0x8b, 8, 0]),
        Err(DecodeError::Gzip(_))
    ));
    assert_eq!(Profile::decode(&gzip(b"")), Err(DecodeError::Empty));
    let whole = small().encode_gzip();
    assert!(matches!(
        Profile::decode(&whole[..whole.len() - 9]),
        Err(DecodeError::Gzip(_))
    ));
}

#[test]
fn a_bomb_is_refused() {
    let limit = 1 << 20;
    let bomb = gzip(&vec![0_u8; limit + 1]);
    assert!(bomb.len() < 2000, "it is small");
    assert_eq!(
        Profile::decode_bounded(&bomb, limit),
        Err(DecodeError::TooLarge { limit })
    );
    let twice = [gzip(&small().encode()), bomb].concat();
    assert_eq!(
        Profile::decode_bounded(&twice, limit),
        Err(DecodeError::TooLarge { limit })
    );
    assert_eq!(
        Profile::decode_bounded(&vec![0; limit + 1], limit),
        Err(DecodeError::TooLarge { limit })
    );
    assert_eq!(
        Profile::decode_bounded(&small().encode(), limit),
        Ok(small())
    );
}

/// Few bytes that stand for many frames: a location of many lines in a stack many times over.
#[test]
fn a_profile_that_unfolds_without_end_is_refused() {
    let mut profile = small();
    profile.locations[0].lines = vec![Line::default(); 5000];
    profile.samples[0].locations = vec![0; 5000];
    let error = Profile::decode(&profile.encode());
    assert_eq!(
        error,
        Err(DecodeError::TooManyFrames {
            limit: profile::MAX_FRAMES
        })
    );
}

/// Real profiles with some bytes changed, cut or doubled: read or refused, and what is read can be shown.
#[test]
fn damaged_profiles_do_no_harm() {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../console/testdata/go");
    let mut random = Random(0x5eed);
    let mut read = 0;
    for kind in ["cpu", "heap", "goroutine", "mutex"] {
        let captured = std::fs::read(data.join(format!("{kind}.pb.gz"))).expect("captured data");
        let whole = Profile::decode(&captured).expect("a profile").encode();
        for _ in 0..500 {
            let damaged = damage(&whole, &mut random);
            read += usize::from(exercise(&damaged));
        }
        for _ in 0..100 {
            exercise(&damage(&captured, &mut random));
        }
    }
    assert!(
        read > 100,
        "some damage goes unnoticed, so the views are exercised too: {read}"
    );
}

pub(crate) fn damage(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(5) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.below(256) as u8,
            2 => bytes.truncate(at + 1),
            3 => {
                let end = (at + random.below(64)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                bytes.extend(part);
            }
            _ => {
                bytes.remove(at);
                bytes.push(0);
            }
        }
    }
    bytes
}

/// The same numbers at each run (Marsaglia's xorshift).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}
