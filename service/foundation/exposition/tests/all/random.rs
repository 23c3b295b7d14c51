//! What is written is read again; no input makes the reader panic.

use std::fmt::Write as _;

use exposition::{Format, Parsed, Sample, parse, parse_strict, quantile, write};

const SEEDS: [&str; 4] = [
    "# HELP a_total Text \\n \\\\.\n# TYPE a_total counter\na_total{b=\"c\\\"\",d=\"e\"} 1027 1395066363000\n",
    "# TYPE h histogram\nh_bucket{le=\"0.1\"} 3\nh_bucket{le=\"+Inf\"} 9 # {t=\"x\"} 0.5 1.5\nh_sum 4\nh_count 9\n# EOF\n",
    "{\"my.name\", \"l.x\"=\"v\"} NaN\r\nup 1\r\n# UNIT up things\r\n",
    "x{a=\"\u{17c}\u{1f422}\"} -Inf -5\n\n# comment\n",
];

/// What is put in the place of something else.
const PIECES: [&[u8]; 22] = [
    b"{",
    b"}",
    b"\"",
    b"\\",
    b"\n",
    b"\r",
    b"#",
    b"# TYPE ",
    b"# HELP ",
    b"# EOF",
    b"=",
    b",",
    b" ",
    b"\t",
    b"1e999",
    b"-",
    b"NaN",
    b"le=\"",
    b"\xff",
    b"\xc5\xbc",
    b"\xc5",
    b"\0",
];

#[test]
fn mutated_text_never_panics() {
    let mut random = Random(0x5eed);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..40_000 {
        let mut input = SEEDS[random.below(SEEDS.len())].as_bytes().to_vec();
        for _ in 0..=random.below(5) {
            mutate(&mut input, &mut random);
        }
        let parsed = parse(&input);
        let lines = 1 + input
            .iter()
            .filter(|&&byte| byte == b'\n')
            .take(1_000)
            .count();
        let samples: usize = parsed
            .families
            .iter()
            .map(|family| family.samples.len())
            .sum();
        assert!(
            samples + parsed.bad_count <= lines,
            "{}",
            String::from_utf8_lossy(&input)
        );
        for series in parsed
            .families
            .iter()
            .flat_map(exposition::Family::distributions)
        {
            let _ = series.quantile(0.5);
            let _ = quantile(f64::NAN, &series.buckets);
        }
        good += samples;
        bad += parsed.bad_count;
    }
    assert!(good > 10_000 && bad > 10_000, "{good} good, {bad} bad");
}

#[test]
fn the_strict_reader_accepts_less_and_what_it_accepts_is_written_well() {
    let valid = [
        (SEEDS[0], Format::Prometheus),
        (SEEDS[3], Format::Prometheus),
        (
            include_str!("../corpus/prometheus/odd.prom"),
            Format::Prometheus,
        ),
        (
            include_str!("../corpus/openmetrics/odd.om"),
            Format::OpenMetrics,
        ),
        (
            include_str!("../corpus/openmetrics/python.om"),
            Format::OpenMetrics,
        ),
    ];
    let mut random = Random(0x57a1);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let (seed, format) = valid[random.below(valid.len())];
        let mut input = seed.as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            mutate(&mut input, &mut random);
        }
        let shown = String::from_utf8_lossy(&input);
        let Ok(families) = parse_strict(&input, format) else {
            refused += 1;
            continue;
        };
        accepted += 1;
        assert_eq!(parse(&input).bad_lines, [], "{shown}");
        let text = write(&families, format);
        if let Err(error) = parse_strict(text.as_bytes(), format) {
            panic!("{error}: {shown} became {text}");
        }
    }
    assert!(
        accepted > 1_000 && refused > 5_000,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn every_bad_line_could_be_left_out() {
    let mut random = Random(0xcafe);
    for _ in 0..10_000 {
        let mut input = SEEDS.concat().into_bytes();
        for _ in 0..=random.below(5) {
            mutate(&mut input, &mut random);
        }
        // So that what is left out never makes `# EOF` the last line.
        input.extend_from_slice(b"\n# the end");
        let parsed = parse(&input);
        let without: Vec<&[u8]> = input
            .split(|&byte| byte == b'\n')
            .enumerate()
            .filter(|(at, _)| parsed.bad_lines.iter().all(|bad| bad.line != at + 1))
            .map(|(_, line)| line)
            .collect();
        let again = parse(&without.join(&b'\n'));
        assert_eq!(again.bad_lines, []);
        // Compared as text, since NaN is unlike itself.
        assert_eq!(
            format!("{:?}", again.families),
            format!("{:?}", parsed.families)
        );
    }
}

#[test]
fn what_is_written_is_read_again() {
    let mut random = Random(0xf00d);
    for _ in 0..2_000 {
        let samples: Vec<Sample> = (0..=random.below(5)).map(|n| random.sample(n)).collect();
        let text: String = samples.iter().map(line_of).collect();
        let Parsed {
            families,
            bad_lines,
            ..
        } = parse(text.as_bytes());
        assert_eq!(bad_lines, [], "{text}");
        let read: Vec<Sample> = families
            .into_iter()
            .flat_map(|family| family.samples)
            .collect();
        assert_eq!(read, samples, "{text}");
    }
}

/// Writes a sample with its name in quotes.
fn line_of(sample: &Sample) -> String {
    let mut line = format!("{{{}", quoted(&sample.name));
    for (name, value) in &sample.labels {
        let _ = write!(line, ",{}={}", quoted(name), quoted(value));
    }
    let _ = write!(line, "}} {:?}", sample.value);
    if let Some(at) = sample.timestamp {
        let _ = write!(line, " {at}");
    }
    line + "\n"
}

fn quoted(text: &str) -> String {
    format!(
        "\"{}\"",
        text.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n")
    )
}

fn mutate(input: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(12)).min(input.len());
    match random.below(5) {
        0 => drop(input.drain(at..end)),
        1 => {
            let copy = input[at..end].to_vec();
            let to = random.below(input.len() + 1);
            input.splice(to..to, copy);
        }
        2 if at < input.len() => input[at] ^= 1 << random.below(8),
        _ => drop(input.splice(
            at..end.min(at + 1),
            PIECES[random.below(PIECES.len())].iter().copied(),
        )),
    }
}

/// xorshift64*, so that a failure happens again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }

    fn text(&mut self) -> String {
        const LETTERS: [char; 16] = [
            'a', 'b', '_', '.', ' ', '"', '\\', 'n', '\n', '{', '}', ',', '=', '#', 'ż', '🐢',
        ];
        (0..self.below(8))
            .map(|_| LETTERS[self.below(LETTERS.len())])
            .collect()
    }

    /// A sample of a family of its own.
    fn sample(&mut self, number: usize) -> Sample {
        let labels = (0..self.below(4))
            .map(|n| (format!("{n}{}", self.text()), self.text()))
            .collect();
        let value = f64::from_bits(self.next());
        let timestamp = (self.below(2) == 0).then(|| self.next() as i64);
        Sample {
            name: format!("{number}{}", self.text()),
            labels,
            value: if value.is_nan() { 0.5 } else { value },
            timestamp,
            exemplar: None,
        }
    }
}
