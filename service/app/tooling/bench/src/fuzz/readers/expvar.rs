//! `expvar::read::Document::parse`.

use std::fmt::Write as _;

use expvar::read::{Document, MEMORY_BESIDES, MEMORY_PER_BYTE, guess_kind};

use super::{Reader, Taken, as_it_is, peak};
use crate::random::Random;

pub(super) const READER: Reader = Reader {
    name: "expvar",
    function: "expvar::read::Document::parse",
    corpus: "../../../foundation/expvar/tests/corpus",
    times: MEMORY_PER_BYTE,
    plus: MEMORY_BESIDES,
    tokens: TOKENS,
    make_up,
    finish: as_it_is,
    read,
};

const TOKENS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\\u",
    b"\\ud83d",
    b"\\ud83d\\udc22",
    b"1e999",
    b"-",
    b"NaN",
    b"+Inf",
    b"-Infinity",
    b"null",
    b"true",
    b"\xff",
    b"\xc5\xbc",
    b"\xc5",
    b"\0",
    b"\n",
    b"\"\":",
    b"{\"\":",
    b"[[[[[[[[",
    b"\"a\":{\"b\":0},",
    b"\"memstats\":{",
    b"\"cmdline\":[",
    b"\"\":[0,0,0,0],",
    b".",
    b"e+",
];

fn make_up(random: &mut Random) -> Vec<u8> {
    let mut text = String::new();
    object(&mut text, 0, random);
    text.into_bytes()
}

fn object(text: &mut String, depth: usize, random: &mut Random) {
    text.push('{');
    for member in 0..random.below(5) {
        if member > 0 {
            text.push(',');
        }
        let _ = write!(text, "\"k{}\": ", random.below(20));
        value(text, depth + 1, random);
    }
    text.push('}');
}

fn value(text: &mut String, depth: usize, random: &mut Random) {
    let _ = match random.below(if depth > 4 { 5 } else { 7 }) {
        0 => write!(text, "{}", random.next()),
        1 => write!(text, "{}", random.next() as i64 as f64 / 3.0),
        2 => write!(text, "\"t\\u00e9xt \\n {}\"", random.below(9)),
        3 => write!(text, "[1, {}, null]", random.below(9)),
        4 => write!(text, "{}", random.one_in(2)),
        _ => {
            object(text, depth, random);
            Ok(())
        }
    };
}

fn read(input: &[u8]) -> Taken {
    let (document, peak) = peak(|| Document::parse(input));
    match &document {
        Ok(document) => {
            let _ = document.cmdline();
            for (path, value) in document.values() {
                assert!(
                    document.get(path).is_some(),
                    "{path} is listed but not there"
                );
                let _ = guess_kind(path, value);
            }
        }
        Err(error) => {
            assert!(
                error.offset <= input.len() && error.line > 0 && error.column > 0,
                "{error}"
            );
            assert!(error.message.len() < 200, "a long message: {error}");
        }
    }
    Taken {
        accepted: document.is_ok(),
        size: input.len(),
        peak,
    }
}
