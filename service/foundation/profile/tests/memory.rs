//! What reading takes at most, measured: the inputs that make the most of their bytes. A program of its own, since its
//! allocator counts.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use peak_alloc::PeakAlloc;
use profile::{MEMORY_BESIDES, MEMORY_PER_BYTE, Profile};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// How large the inputs are.
const SIZE: usize = 1 << 20;

/// A length-delimited field.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    varint(&mut field, content.len() as u64);
    field.extend_from_slice(content);
    field
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Entries with an id each, from the last to the first or in order.
fn with_ids(number: u8, dense: bool, rest: &[u8]) -> Vec<u8> {
    let count = SIZE / 6 / (1 + rest.len() / 6);
    let entry = |index: usize| {
        let id = if dense { index + 1 } else { count - index };
        let mut content = vec![0x08];
        varint(&mut content, id as u64);
        content.extend_from_slice(rest);
        field(number, &content)
    };
    (0..count).flat_map(entry).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("a vector takes it");
    encoder.finish().expect("a vector takes it")
}

/// Inputs, and whether they are profiles.
fn inputs() -> Vec<(&'static str, Vec<u8>, bool)> {
    let strings = [field(6, b""), field(6, b"a")].concat();
    let many = |piece: &[u8]| piece.repeat(SIZE / piece.len());
    let with = |piece: &[u8]| [many(piece), strings.clone()].concat();
    let one_type = field(1, &[]);
    let sample = |content: &[u8]| [&one_type[..], &field(2, content), &strings].concat();
    let location = field(4, &[0x08, 0x01]);
    vec![
        (
            "samples of one value",
            [one_type.clone(), with(&[0x12, 2, 0x10, 1])].concat(),
            true,
        ),
        (
            "samples with nothing",
            [one_type.clone(), with(&[0x12, 0])].concat(),
            false,
        ),
        (
            "samples of one location",
            [
                one_type.clone(),
                location.clone(),
                with(&[0x12, 4, 0x10, 1, 0x08, 1]),
            ]
            .concat(),
            true,
        ),
        (
            "samples of one label",
            [
                one_type.clone(),
                with(&[0x12, 6, 0x10, 1, 0x1a, 2, 0x18, 1]),
            ]
            .concat(),
            true,
        ),
        (
            "a sample of labels",
            sample(&[&[0x10, 1][..], &many(&[0x1a, 2, 0x18, 1])].concat()),
            true,
        ),
        (
            "a sample of empty labels",
            sample(&[&[0x10, 1][..], &many(&[0x1a, 0])].concat()),
            true,
        ),
        (
            "a sample of values",
            [
                one_type.repeat(SIZE / 3),
                field(2, &many(&[0x10, 1])[..SIZE / 3 * 2]),
                strings.clone(),
            ]
            .concat(),
            true,
        ),
        (
            "a sample of packed values",
            [
                one_type.repeat(SIZE / 3),
                field(2, &field(2, &vec![1; SIZE / 3])),
                strings.clone(),
            ]
            .concat(),
            true,
        ),
        ("sample types", with(&one_type), true),
        ("period types", with(&field(11, &[])), true),
        ("strings of nothing", with(&field(6, &[])), true),
        (
            "strings of one byte",
            [field(6, b""), many(&field(6, b"b"))].concat(),
            true,
        ),
        (
            "strings that are no text",
            [field(6, b""), field(6, &vec![0xff; SIZE])].concat(),
            true,
        ),
        ("comments", with(&[0x68, 1]), true),
        (
            "comments in one",
            [field(13, &vec![1; SIZE]), strings.clone()].concat(),
            true,
        ),
        (
            "comments that are long",
            [
                field(13, &vec![1; SIZE / 2]),
                field(6, b""),
                field(6, &vec![b'a'; SIZE / 2]),
            ]
            .concat(),
            false,
        ),
        (
            "functions",
            [with_ids(5, true, &[]), strings.clone()].concat(),
            true,
        ),
        (
            "functions in another order",
            [with_ids(5, false, &[]), strings.clone()].concat(),
            true,
        ),
        ("functions without ids", with(&field(5, &[])), false),
        (
            "mappings",
            [with_ids(3, true, &[]), strings.clone()].concat(),
            true,
        ),
        (
            "mappings in another order",
            [with_ids(3, false, &[]), strings.clone()].concat(),
            true,
        ),
        (
            "mappings with names",
            [with_ids(3, false, &[0x28, 1, 0x30, 1]), strings.clone()].concat(),
            true,
        ),
        ("mappings without ids", with(&field(3, &[])), false),
        (
            "locations",
            [with_ids(4, true, &[]), strings.clone()].concat(),
            true,
        ),
        (
            "locations in another order",
            [with_ids(4, false, &[]), strings.clone()].concat(),
            true,
        ),
        (
            "locations with a line",
            [
                with_ids(4, false, &[0x22, 2, 0x08, 1]),
                field(5, &[0x08, 1]),
                strings.clone(),
            ]
            .concat(),
            true,
        ),
        (
            "a location of lines",
            [
                field(4, &[&[0x08, 1][..], &many(&[0x22, 2, 0x08, 1])].concat()),
                field(5, &[0x08, 1]),
                strings.clone(),
            ]
            .concat(),
            true,
        ),
        ("locations without ids", with(&field(4, &[])), false),
        ("nothing that is known", many(&[0x98, 0x01, 0x00]), false),
    ]
}

#[test]
fn reading_takes_no_more_memory_than_stated() {
    for (name, input, is_profile) in inputs() {
        let decoded = within_bounds(name, &input, input.len());
        assert_eq!(decoded.is_ok(), is_profile, "{name}: {:?}", decoded.err());
        drop(decoded);
        let compressed = gzip(&input);
        let _either = within_bounds(name, &compressed, input.len());
    }
    // A bomb, and a file that says it is large.
    let bomb = gzip(&vec![0; 64 << 20]);
    let _refused =
        within_bounds("a bomb", &bomb, bomb.len() * profile::MAX_RATIO).expect_err("refused");
    let mut liar = gzip(b"small");
    let end = liar.len() - 4;
    liar[end..].fill(0xff);
    let _refused = within_bounds("a liar", &liar, liar.len()).expect_err("refused");
}

fn within_bounds(
    name: &str,
    input: &[u8],
    inflated: usize,
) -> Result<Profile, profile::DecodeError> {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let decoded = Profile::decode(input);
    let taken = ALLOCATOR.peak_usage() - before;
    let most = MEMORY_PER_BYTE * inflated + MEMORY_BESIDES;
    let times = taken as f64 / inflated as f64;
    assert!(
        taken <= most,
        "{name}: {taken} bytes for {inflated}: {times:.1} times"
    );
    decoded
}
