//! No input makes the reader panic, and it agrees with `serde_json` about what is JSON.

use expvar::read::{Document, Path, guess_kind};

const SEEDS: &[&str] = &[
    include_str!("../data/go-vars.json"),
    "{\n\"a\": {\"b\": [1, {\"c\": \"\\u017c\\n\"}, -0.5e3]}, \"d.e\": true, \"f\": null}\n",
    "{\"latency_ns\": {\"GET /v1\": {\"count\": 18446744073709551615, \"p99\": 1.5}}, \"x\": \"\\ud83d\\udc22\"}",
    "{\"a\":{\"a\":{\"a\":{\"a\":[[[[]]]]}}}}",
    "{}",
];

/// What is put in the place of something else.
const PIECES: &[&[u8]] = &[
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
    b"1e999",
    b"-",
    b"NaN",
    b"+Inf",
    b"null",
    b"\xff",
    b"\xc5\xbc",
    b"\xc5",
    b"\0",
    b"\n",
    b"\"\":",
    b"[[[[[[[[",
    b"{\"\":{\"\":{\"\":",
    b"0",
    b".",
    b"e+",
];

#[test]
fn mutated_documents_never_panic() {
    let mut random = Random(0x5eed);
    let mut accepted = 0;
    for round in 0..30_000 {
        let seed = SEEDS[if round % 100 == 0 {
            0
        } else {
            1 + random.below(SEEDS.len() - 1)
        }];
        let mut input = seed.as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            mutate(&mut input, &mut random);
        }
        accepted += usize::from(check(&input));
    }
    assert!(
        accepted > 1_000,
        "mutations should leave some documents readable: {accepted}"
    );
}

/// Reads the input, uses everything that it gives; tells whether it was a document.
fn check(input: &[u8]) -> bool {
    let shown = String::from_utf8_lossy(input);
    let parsed = Document::parse(input);
    if comparable(&shown) {
        let truth: Result<serde_json::Map<String, serde_json::Value>, _> =
            serde_json::from_slice(input);
        assert_eq!(parsed.is_ok(), truth.is_ok(), "{shown:?}: {parsed:?}");
    }
    match parsed {
        Err(error) => {
            assert!(
                error.offset <= input.len() && error.line > 0 && error.column > 0,
                "{error} in {shown:?}"
            );
            assert!(error.message.len() < 200);
            false
        }
        Ok(document) => {
            let _ = document.cmdline();
            for (path, value) in document.flatten() {
                assert_eq!(Path::from(path.to_string().as_str()), path);
                assert_eq!(
                    document.get(&path).map(|found| found.to_string()),
                    Some(value.to_string())
                );
                let _ = guess_kind(&path, &value);
            }
            true
        }
    }
}

/// We read more than JSON, and `serde_json` rejects half surrogate pairs and huge numbers.
fn comparable(text: &str) -> bool {
    !["NaN", "Inf", "\\u", "999", "[[[[[[[[[[[[[[[[", "e"]
        .iter()
        .any(|more| text.contains(more))
}

fn mutate(input: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(12)).min(input.len());
    match random.below(5) {
        0 => input.truncate(at),
        1 => drop(input.drain(at..end)),
        2 => {
            let copy = input[at..end].to_vec();
            let to = random.below(input.len() + 1);
            input.splice(to..to, copy);
        }
        3 if at < input.len() => input[at] ^= 1 << random.below(8),
        _ => drop(input.splice(
            at..end.min(at + 1),
            PIECES[random.below(PIECES.len())].iter().copied(),
        )),
    }
}

/// xorshift64*, so that a failure happens again.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}
