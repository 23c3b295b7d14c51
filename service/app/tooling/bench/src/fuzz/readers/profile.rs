//! `profile::Profile::decode_bounded`.

use std::io::{Read as _, Write as _};
use std::sync::OnceLock;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use profile::{Profile, folded, top};

use super::{Reader, Taken, peak};
use crate::random::Random;
use crate::synthetic;

pub(super) const READER: Reader = Reader {
    name: "profile",
    function: "profile::Profile::decode_bounded",
    corpus: "../../../foundation/profile/tests/corpus",
    times: profile::MEMORY_PER_BYTE,
    plus: profile::MEMORY_BESIDES,
    tokens: TOKENS,
    make_up,
    finish,
    read,
};

/// The bound on the inflated size; small, so that bombs are met with often.
const LIMIT: usize = 1 << 20;
/// Accepted profiles with at most so many frames are also summed up.
const FRAMES: usize = 10_000;

/// Tags of the format's fields with lengths, and what is behind them in small messages.
const TOKENS: &[&[u8]] = &[
    b"\x0a\x04\x08\x01\x10\x02",
    b"\x12\x04\x0a\x01\x01\x12",
    b"\x12\x06\x08\x01\x10\x05\x08\x01",
    b"\x1a\x02\x08\x01",
    b"\x22\x08\x08\x01\x22\x04\x08\x01\x10\x01",
    b"\x2a\x04\x08\x01\x10\x01",
    b"\x32\x00",
    b"\x32\x04main",
    b"\x38\x01",
    b"\x40\x01",
    b"\x5a\x04\x08\x01\x10\x02",
    b"\x60\x0a",
    b"\x6a\x01\x01",
    b"\x70\x01",
    b"\x0b",
    b"\x0c",
    b"\x1f\x8b\x08",
    b"\xff\xff\xff\xff\x0f",
];

fn make_up(random: &mut Random) -> Vec<u8> {
    if random.one_in(500) {
        return bomb().clone();
    }
    let samples = random.below(12);
    synthetic::profile(samples, random.next()).encode()
}

/// A few kilobytes that inflate to 4 MiB.
fn bomb() -> &'static Vec<u8> {
    static BOMB: OnceLock<Vec<u8>> = OnceLock::new();
    BOMB.get_or_init(|| {
        // Strings, so that it would be a profile but for its size.
        let string = [&[0x32, 0x7e][..], &[b'a'; 126]].concat();
        gzip(&string.repeat(4 * LIMIT / string.len()))
    })
}

/// One in eight is compressed after it was changed.
fn finish(input: Vec<u8>, random: &mut Random) -> Vec<u8> {
    if random.one_in(8) {
        gzip(&input)
    } else {
        input
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // A vector takes everything.
    let _written = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn read(input: &[u8]) -> Taken {
    let inflated = inflated_size(input);
    let (profile, peak) = peak(|| Profile::decode_bounded(input, LIMIT));
    if let Ok(profile) = &profile {
        assert!(
            inflated <= LIMIT,
            "accepted although it is larger than the bound"
        );
        use_it(profile, input.len());
    }
    Taken {
        accepted: profile.is_ok(),
        size: input.len().max(inflated),
        peak,
    }
}

/// At most one more than the bound.
fn inflated_size(input: &[u8]) -> usize {
    if !input.starts_with(&[0x1f, 0x8b]) {
        return input.len();
    }
    let mut inflater = MultiGzDecoder::new(input).take(LIMIT as u64 + 1);
    let (mut size, mut buffer) = (0, [0; 4096]);
    while let Ok(read @ 1..) = inflater.read(&mut buffer) {
        size += read;
    }
    size
}

/// What was read can be written and read again, and the small ones summed up.
fn use_it(profile: &Profile, salt: usize) {
    if !salt.is_multiple_of(8) {
        return;
    }
    let again = Profile::decode(&profile.encode());
    assert!(
        again.as_ref() == Ok(profile),
        "what is written is not what was read: {:?}",
        again.err()
    );
    let deepest = profile
        .locations
        .iter()
        .map(|location| location.lines.len());
    let stacks: usize = profile
        .samples
        .iter()
        .map(|sample| sample.locations.len())
        .sum();
    if stacks.saturating_mul(deepest.max().unwrap_or(1)) <= FRAMES {
        let index = profile.default_index();
        let _ = top::table(profile, index);
        let _ = folded::write(profile, index);
    }
}
