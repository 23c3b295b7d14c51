//! jemalloc's heap dump.
//!
//! ```text
//! heap_v2/524288
//!   t*: 28: 1663751 [40: 2004514]
//!   t0: 28: 1663751 [40: 2004514] main
//! @ 0x55d5f0a1c2f0 0x55d5f09e1b41
//!   t*: 1: 524352 [2: 1048704]
//!   t0: 1: 524352 [2: 1048704]
//!
//! MAPPED_LIBRARIES:
//! …
//! ```
//!
//! The first line has the mean distance between samples in bytes. Then follow, for all threads together (`t*`) and for
//! each, the objects and bytes that were sampled and are in use, and in brackets those that were sampled at all; first
//! for all stacks, then stack by stack, the innermost return address first.

/// What a dump says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dump {
    /// One allocation in so many bytes is sampled, on average.
    pub(super) rate: u64,
    pub(super) stacks: Vec<Stack>,
}

/// What was allocated in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stack {
    /// Return addresses, the innermost first.
    pub(super) returns: Vec<u64>,
    pub(super) in_use: Sampled,
    pub(super) allocated: Sampled,
}

/// Samples that have been taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sampled {
    pub(super) objects: u64,
    pub(super) bytes: u64,
}

impl Sampled {
    /// What the samples stand for. An allocation of a size is sampled with the probability 1 − e^(−size ÷ rate); it
    /// therefore stands for the inverse of that. jemalloc has arranged its figures so that the mean size can be used.
    pub(super) fn unsampled(self, rate: u64) -> Self {
        if self.objects == 0 || self.bytes == 0 {
            return Self::default();
        }
        let (objects, bytes) = (self.objects as f64, self.bytes as f64);
        let scale = -1.0 / (-bytes / objects / rate as f64).exp_m1();
        Self {
            objects: (objects * scale).round() as u64,
            bytes: (bytes * scale).round() as u64,
        }
    }
}

/// What is wrong with a dump, and in which line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected {expected}")]
pub(super) struct Malformed {
    line: usize,
    expected: &'static str,
}

pub(super) fn parse(text: &str) -> Result<Dump, Malformed> {
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let mut next = |expected| {
        let end = Malformed { line: 0, expected };
        lines.next().ok_or(end)
    };
    let (line, header) = next("heap_v2/…")?;
    let rate = header.strip_prefix("heap_v2/").and_then(decimal);
    let mut dump = Dump {
        rate: rate.filter(|rate| *rate > 0).ok_or(Malformed {
            line,
            expected: "heap_v2/ and the distance between samples",
        })?,
        ..Dump::default()
    };
    let mut totals_seen = false;
    loop {
        let (line, text) = next("the mapped libraries at the end")?;
        let malformed = |expected| Malformed { line, expected };
        if let Some(addresses) = text.strip_prefix('@') {
            let returns = addresses.split_ascii_whitespace().map(hexadecimal);
            dump.stacks.push(Stack {
                returns: returns
                    .collect::<Option<_>>()
                    .ok_or(malformed("addresses like 0x1f"))?,
                ..Stack::default()
            });
            let (line, totals) = next("the stack's totals")?;
            let expected = "t*: objects: bytes [objects: bytes]";
            let totals = totals.trim_start().strip_prefix("t*:").and_then(counts);
            let (in_use, allocated) = totals.ok_or(Malformed { line, expected })?;
            if let Some(stack) = dump.stacks.last_mut() {
                (stack.in_use, stack.allocated) = (in_use, allocated);
            }
        } else if let Some(thread) = text.strip_prefix("  t") {
            let (id, rest) = thread.split_once(':').ok_or(malformed("t and a thread"))?;
            let known = id == "*" && !totals_seen && dump.stacks.is_empty();
            totals_seen |= known;
            if !known && decimal(id).is_none() {
                return Err(malformed("a thread's number"));
            }
            counts(rest).ok_or(malformed("objects: bytes [objects: bytes]"))?;
        } else if text == "MAPPED_LIBRARIES:" {
            return Ok(dump);
        } else if !text.is_empty() {
            return Err(malformed("a stack, a thread or the mapped libraries"));
        }
    }
}

/// `objects: bytes [objects: bytes]`, perhaps with a thread's name behind it: in use, and allocated at all.
fn counts(text: &str) -> Option<(Sampled, Sampled)> {
    let (in_use, rest) = text.trim_start().split_once(" [")?;
    let (allocated, _name) = rest.split_once(']')?;
    Some((sampled(in_use)?, sampled(allocated)?))
}

fn sampled(text: &str) -> Option<Sampled> {
    let (objects, bytes) = text.split_once(": ")?;
    Some(Sampled {
        objects: decimal(objects)?,
        bytes: decimal(bytes)?,
    })
}

fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

fn hexadecimal(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x")?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u64::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = "heap_v2/524288
  t*: 2: 524416 [3: 1048768]
  t0: 2: 524416 [3: 1048768] main
  t3: 0: 0 [0: 0] a name: [odd]
@ 0x55d5f0a1c2f0 0x55d5f09e1b41
  t*: 1: 64 [2: 128]
  t0: 1: 64 [2: 128]
@ 0x1f
  t*: 1: 524352 [1: 1048640]
  t0: 1: 524352 [1: 1048640]

MAPPED_LIBRARIES:
55d5f0000000-55d5f0a00000 r-xp 00000000 fe:01 1234 /bin/program
";

    #[test]
    fn reads_stacks_with_both_counts() {
        let dump = parse(DUMP).expect("a dump");
        let of = |objects, bytes| Sampled { objects, bytes };
        assert_eq!(dump.rate, 524_288);
        let stacks: Vec<_> = dump
            .stacks
            .iter()
            .map(|stack| (&stack.returns[..], stack.in_use, stack.allocated))
            .collect();
        assert_eq!(
            stacks,
            [
                (
                    &[0x55d5_f0a1_c2f0, 0x55d5_f09e_1b41][..],
                    of(1, 64),
                    of(2, 128)
                ),
                (&[0x1f][..], of(1, 524_352), of(1, 1_048_640)),
            ]
        );
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let with = |from: &str, to: &str| parse(&DUMP.replacen(from, to, 1)).map(|_| ());
        let at = |line, expected| Err(Malformed { line, expected });
        assert_eq!(
            parse("").map(|_| ()),
            at(0, "heap_v2/…"),
            "line 0 is behind the end"
        );
        let header = "heap_v2/ and the distance between samples";
        for bad in ["heap_v1/524288", "heap_v2/", "heap_v2/0", "heap_v2/+5"] {
            assert_eq!(with("heap_v2/524288", bad), at(1, header), "{bad}");
        }
        assert_eq!(
            with("  t3: 0: 0", "  t3: 0"),
            at(4, "objects: bytes [objects: bytes]")
        );
        assert_eq!(with("  t3", "  tx"), at(4, "a thread's number"));
        assert_eq!(with("@ 0x55", "@ 55"), at(5, "addresses like 0x1f"));
        assert_eq!(
            with("@ 0x55", "! 0x55"),
            at(5, "a stack, a thread or the mapped libraries")
        );
        let totals = "t*: objects: bytes [objects: bytes]";
        assert_eq!(with("t*: 1: 64 ", "t0: 1: 64 "), at(6, totals));
        assert_eq!(with("[2: 128]", "[2: -128]"), at(6, totals));
        let big = "[99999999999999999999: 128]";
        assert_eq!(with("[2: 128]", big), at(6, totals));
        let cut = &DUMP[..DUMP.find("MAPPED").expect("an end")];
        assert_eq!(
            parse(cut).map(|_| ()),
            at(0, "the mapped libraries at the end")
        );
    }

    #[test]
    fn samples_stand_for_what_their_size_makes_likely() {
        let unsampled = |objects, bytes| {
            let Sampled { objects, bytes } = Sampled { objects, bytes }.unsampled(524_288);
            (objects, bytes)
        };
        assert_eq!(unsampled(0, 0), (0, 0));
        // One sample of 64 bytes stands for about 512 KiB of such, a large one for itself.
        assert_eq!(unsampled(1, 64), (8193, 524_320));
        assert_eq!(unsampled(3, 300 << 20), (3, 300 << 20));
        // At the distance itself a sample stands for e ÷ (e − 1).
        assert_eq!(unsampled(1000, 1000 * 524_288), (1582, 829_411_404));
    }
}
