//! Changes that break input in the ways that matter to readers.

use crate::random::Random;

/// Numbers at which arithmetic goes wrong, as text.
const NUMBERS: [&[u8]; 14] = [
    b"0",
    b"-1",
    b"127",
    b"128",
    b"65536",
    b"2147483648",
    b"4294967296",
    b"9223372036854775807",
    b"9223372036854775808",
    b"18446744073709551615",
    b"18446744073709551616",
    b"1e309",
    b"-0.0",
    b"1e-400",
];

/// The same, as protobuf's varints; the last one is too long.
const VARINTS: [&[u8]; 9] = [
    &[0],
    &[1],
    &[0x7f],
    &[0x80, 0x01],
    &[0xff, 0xff, 0x03],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    &[
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
    ],
];

/// Changes one thing. `tokens` are words of the format, `other` is another input.
pub(super) fn change(input: &mut Vec<u8>, tokens: &[&[u8]], other: &[u8], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + length(random)).min(input.len());
    match random.below(12) {
        0 | 1 => flip(input, at, random),
        2 => set(input, at, random),
        3 => input.truncate(at),
        4 => drop(input.drain(at..end)),
        5 => {
            let piece = input[at..end].to_vec();
            insert(input, &piece, 1, random);
        }
        6 => {
            let piece = input[at..end].to_vec();
            let times = 1 + random.below(64);
            insert(input, &piece, times, random);
        }
        7 => {
            let from = random.below(other.len() + 1);
            let to = (from + length(random)).min(other.len());
            replace(input, at, end, &other[from..to]);
        }
        8 => {
            let times = if random.one_in(8) {
                1 + random.below(300)
            } else {
                1
            };
            insert(input, random.pick::<&[u8]>(tokens), times, random);
        }
        9 => replace(input, at, end.min(at + 2), random.pick::<&[u8]>(tokens)),
        10 => number(input, at, random),
        // A length, an id or a value of protobuf: where one is, is not known, but often it is one byte.
        _ => {
            let varint = (at..input.len())
                .take_while(|at| input[*at] >= 0x80)
                .count();
            let past = (at + varint + 1).min(input.len());
            replace(input, at, past, random.pick::<&[u8]>(&VARINTS));
        }
    }
}

/// Mostly short.
fn length(random: &mut Random) -> usize {
    let most = 1 << (1 + random.below(10));
    random.below(most)
}

fn flip(input: &mut [u8], at: usize, random: &mut Random) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}

fn set(input: &mut [u8], at: usize, random: &mut Random) {
    if let Some(byte) = input.get_mut(at) {
        *byte = random.next() as u8;
    }
}

fn insert(input: &mut Vec<u8>, piece: &[u8], times: usize, random: &mut Random) {
    let to = random.below(input.len() + 1);
    input.splice(to..to, piece.repeat(times));
}

fn replace(input: &mut Vec<u8>, from: usize, to: usize, piece: &[u8]) {
    input.splice(from..to.max(from), piece.iter().copied());
}

/// Puts another number in the place of the next one.
fn number(input: &mut Vec<u8>, at: usize, random: &mut Random) {
    let digit = |byte: &u8| byte.is_ascii_digit();
    let Some(from) = input[at..].iter().position(digit).map(|found| at + found) else {
        return;
    };
    let digits = input[from..].iter().take_while(|byte| digit(byte)).count();
    replace(input, from, from + digits, random.pick::<&[u8]>(&NUMBERS));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_can_be_changed_and_most_changes_change_something() {
        let mut random = Random::new(3);
        let mut changed = 0;
        for start in [&b""[..], b"x", b"{\"a\": 12, \"b\": [1, 2]}"] {
            for _ in 0..1_000 {
                let mut input = start.to_vec();
                change(&mut input, &[b"token"], b"other", &mut random);
                changed += usize::from(input != start);
            }
        }
        assert!(changed > 1_500, "{changed}");
    }

    #[test]
    fn a_number_is_replaced_as_a_whole() {
        let mut random = Random::new(1);
        for _ in 0..100 {
            let mut input = b"a 123 b".to_vec();
            number(&mut input, 0, &mut random);
            let text = String::from_utf8(input).expect("text");
            assert!(text.starts_with("a ") && text.ends_with(" b"), "{text}");
            assert!(!text.contains("123 "), "{text}");
        }
    }
}
