//! `exposition::parse`, and now and then `parse_strict`.

use std::fmt::Write as _;

use exposition::{Format, MAX_BAD_LINES, MEMORY_BESIDES, MEMORY_PER_BYTE, parse, parse_strict};

use super::{Reader, Taken, as_it_is, peak};
use crate::random::Random;

pub(super) const READER: Reader = Reader {
    name: "exposition",
    function: "exposition::parse",
    corpus: "../../../foundation/exposition/tests/corpus",
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
    b"\"",
    b"\\",
    b"\\n",
    b"\n",
    b"\r\n",
    b"#",
    b"# TYPE a counter\n",
    b"# TYPE a histogram\n",
    b"# HELP a text\n",
    b"# UNIT a seconds\n",
    b"# EOF\n",
    b"=",
    b",",
    b" ",
    b"\t",
    b"a 1\n",
    b"a{l=\"v\"} 1\n",
    b"_total",
    b"_bucket{le=\"",
    b"_created",
    b"le=\"+Inf\"",
    b"quantile=\"0.5\"",
    b"NaN",
    b"+Inf",
    b"1e999",
    b" # {t=\"x\"} 1 2",
    b"\xff",
    b"\xc5\xbc",
    b"\xc5",
    b"\0",
];

/// Families as a service has them.
fn make_up(random: &mut Random) -> Vec<u8> {
    let mut text = String::new();
    for family in 0..random.below(6) {
        let value = random.next() as i64;
        let _ = match random.below(4) {
            0 => writeln!(
                text,
                "# TYPE c{family} counter\nc{family}_total{{route=\"/v{family}\"}} {value}"
            ),
            1 => writeln!(
                text,
                "# HELP g{family} A gauge.\n# TYPE g{family} gauge\ng{family} {}",
                value as f64 / 7.0
            ),
            2 => writeln!(
                text,
                "# TYPE h{family} histogram\nh{family}_bucket{{le=\"0.5\"}} 3\nh{family}_bucket{{le=\"+Inf\"}} 9\n\
                 h{family}_sum 4.5\nh{family}_count 9"
            ),
            _ => writeln!(
                text,
                "s{family}{{quantile=\"0.99\",a=\"b\\\"c\"}} {value} 1395066363000"
            ),
        };
    }
    text.into_bytes()
}

fn read(input: &[u8]) -> Taken {
    let (parsed, peak) = peak(|| parse(input));
    let lines = input.split(|byte| *byte == b'\n').count();
    let samples: usize = parsed
        .families
        .iter()
        .map(|family| family.samples.len())
        .sum();
    assert!(
        samples + parsed.bad_count <= lines,
        "more samples and bad lines than lines"
    );
    assert_eq!(parsed.bad_lines.len(), parsed.bad_count.min(MAX_BAD_LINES));
    for family in &parsed.families {
        for series in family.distributions() {
            let _ = series.quantile(0.5);
            let _ = series.quantile(f64::NAN);
        }
    }
    if input.len().is_multiple_of(8) {
        for format in [Format::Prometheus, Format::OpenMetrics] {
            let strict = parse_strict(input, format);
            assert!(
                strict.is_err() || parsed.bad_count == 0,
                "strictly valid, and has bad lines: {:?}",
                parsed.bad_lines
            );
        }
    }
    Taken {
        accepted: parsed.bad_count == 0,
        size: input.len(),
        peak,
    }
}
