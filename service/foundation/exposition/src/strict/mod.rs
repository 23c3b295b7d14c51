//! The reader that forgives nothing.

mod samples;
mod spelling;

use std::collections::HashMap;
use std::fmt;

use crate::line::{self, Line};
use crate::{BadLine, Family, Format, Kind, MAX_BAD_LINES};

/// Reads metrics and refuses everything that the format forbids: what a test of an exporter wants.
///
/// Beyond the form of each line (escapes, blanks, numbers, timestamps), it checks that
/// - the text ends in a line end, and OpenMetrics in `# EOF`;
/// - a family is one block, its description comes once and before its samples, and no two families give the same name
///   to a sample;
/// - samples have the suffixes of their type (`_total` of OpenMetrics' counters above all), and none occurs twice;
/// - buckets rise, have a bound for +∞, and agree with the count; quantiles are shares; counts are no negative numbers;
/// - exemplars and units are where they may be.
///
/// ```
/// use exposition::{Format, parse_strict};
///
/// let refused = parse_strict(b"# TYPE hits counter\nhits 1\n# EOF\n", Format::OpenMetrics).unwrap_err();
/// assert_eq!(refused.to_string(), "line 2: a sample of the counter `hits` ends in `_total` or `_created`");
/// assert!(parse_strict(b"# TYPE hits counter\nhits_total 1\n# EOF\n", Format::OpenMetrics).is_ok());
/// ```
///
/// Memory is that of [`parse`](crate::parse), with at most 300 bytes per byte of `input` allocated on the way.
///
/// # Errors
/// The lines that break a rule: all are counted, the first are kept.
pub fn parse_strict(input: &[u8], format: Format) -> Result<Vec<Family>, Violations> {
    let mut reader = Reader::new(format);
    let (lines, ending) = spelling::lines(input, format);
    let mut number = 0;
    for line in lines {
        number += 1;
        if let Err(message) = reader.line(number, line) {
            reader.violations.add(number, message);
        }
    }
    reader.finish();
    if let Some(message) = ending {
        reader.violations.add(number.max(1), message);
    }
    if reader.violations.count == 0 {
        Ok(reader.done)
    } else {
        Err(reader.violations)
    }
}

/// What [`parse_strict`] found wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations {
    /// The first [`MAX_BAD_LINES`](crate::MAX_BAD_LINES) of them.
    pub first: Vec<BadLine>,
    /// How many there are.
    pub count: usize,
}

impl Violations {
    fn add(&mut self, line: usize, message: String) {
        self.count += 1;
        if self.first.len() < MAX_BAD_LINES {
            self.first.push(BadLine { line, message });
        }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, bad) in self.first.iter().enumerate() {
            let separator = if at > 0 { "; " } else { "" };
            write!(f, "{separator}line {}: {}", bad.line, bad.message)?;
        }
        match self.count - self.first.len() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for Violations {}

struct Reader {
    format: Format,
    violations: Violations,
    done: Vec<Family>,
    /// The family being read.
    current: Option<Current>,
    /// Every name that a family has or may give to a sample, and which family that is.
    names: HashMap<String, usize>,
}

struct Current {
    family: Family,
    /// The first line that speaks of it.
    line: usize,
    has_type: bool,
    /// The line of each sample.
    lines: Vec<usize>,
}

impl Reader {
    fn new(format: Format) -> Self {
        Self {
            format,
            violations: Violations::default(),
            done: vec![],
            current: None,
            names: HashMap::new(),
        }
    }

    fn line(&mut self, number: usize, line: &[u8]) -> Result<(), String> {
        let text = str::from_utf8(line)
            .map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to() + 1))?;
        spelling::check(text, self.format)?;
        match line::read(text, self.format == Format::OpenMetrics)? {
            Line::Nothing => Ok(()),
            Line::Help { name, text } => {
                let current = self.described(number, &name)?;
                if current.family.help.replace(text).is_some() {
                    return Err(format!("a second HELP for `{name}`"));
                }
                Ok(())
            }
            // To Prometheus' format it is a comment.
            Line::Unit { .. } if self.format == Format::Prometheus => Ok(()),
            Line::Unit { name, unit } => {
                let current = self.described(number, &name)?;
                if current.family.unit.replace(unit).is_some() {
                    return Err(format!("a second UNIT for `{name}`"));
                }
                Ok(())
            }
            Line::Type { name, kind } => {
                let current = self.described(number, &name)?;
                if std::mem::replace(&mut current.has_type, true) {
                    return Err(format!("a second TYPE for `{name}`"));
                }
                current.family.kind = kind;
                Ok(())
            }
            Line::Sample(sample) => {
                let current = self.of_sample(number, &sample.name)?;
                current.family.samples.push(sample);
                current.lines.push(number);
                Ok(())
            }
        }
    }

    /// The family that a line of description speaks of.
    fn described(&mut self, line: usize, name: &str) -> Result<&mut Current, String> {
        if !self.is_current(name) {
            self.begin(line, name)?;
        }
        match &mut self.current {
            Some(current) if current.family.samples.is_empty() => Ok(current),
            _ => Err(format!("`{name}` is described after its first sample")),
        }
    }

    /// The family that a sample belongs to: the one being read, or one without a description.
    fn of_sample(&mut self, line: usize, name: &str) -> Result<&mut Current, String> {
        let belongs = self
            .current
            .as_ref()
            .is_some_and(|current| belongs(name, &current.family, self.format));
        if !belongs {
            if let Some(current) = self
                .current
                .as_ref()
                .filter(|current| current.family.name == name)
            {
                let (kind, suffixes) = (
                    current.family.kind,
                    sample_suffixes(current.family.kind, self.format),
                );
                let allowed: Vec<String> = suffixes
                    .iter()
                    .map(|suffix| format!("`{suffix}`"))
                    .collect();
                let kind = format!("{kind:?}").to_lowercase();
                return Err(format!(
                    "a sample of the {kind} `{name}` ends in {}",
                    allowed.join(" or ")
                ));
            }
            self.begin(line, name)?;
        }
        self.current
            .as_mut()
            .ok_or_else(|| format!("`{name}` belongs to no family"))
    }

    fn is_current(&self, name: &str) -> bool {
        self.current
            .as_ref()
            .is_some_and(|current| current.family.name == name)
    }

    fn begin(&mut self, line: usize, name: &str) -> Result<(), String> {
        self.finish();
        if let Some(&other) = self.names.get(name) {
            let other = &self.done[other].name;
            return Err(if other == name {
                format!("`{name}` was there before: a family is one block")
            } else {
                format!("`{name}` belongs to the family `{other}`, which was there before")
            });
        }
        self.current = Some(Current {
            family: Family {
                name: name.into(),
                kind: Kind::Untyped,
                help: None,
                unit: None,
                samples: vec![],
            },
            line,
            has_type: false,
            lines: vec![],
        });
        Ok(())
    }

    /// Checks the family that has been read.
    fn finish(&mut self) {
        let Some(current) = self.current.take() else {
            return;
        };
        let found = samples::check(&current.family, current.line, &current.lines, self.format);
        for (line, message) in found {
            self.violations.add(line, message);
        }
        let family = current.family;
        let at = self.done.len();
        let suffixed = sample_suffixes(family.kind, self.format)
            .iter()
            .map(|suffix| format!("{}{suffix}", family.name));
        for name in suffixed.chain([family.name.clone()]) {
            let taken = self.names.insert(name.clone(), at);
            if let Some(other) = taken.filter(|&other| other != at) {
                let message = format!(
                    "`{name}` may be a sample of `{}` and of `{}`",
                    self.done[other].name, family.name
                );
                self.violations.add(current.line, message);
            }
        }
        self.done.push(family);
    }
}

fn belongs(sample: &str, family: &Family, format: Format) -> bool {
    let suffix = sample.strip_prefix(family.name.as_str());
    suffix.is_some_and(|suffix| sample_suffixes(family.kind, format).contains(&suffix))
}

/// What a family's samples are called after its name.
fn sample_suffixes(kind: Kind, format: Format) -> &'static [&'static str] {
    match (kind, format) {
        (Kind::Gauge | Kind::StateSet | Kind::Untyped, _) | (Kind::Counter, Format::Prometheus) => {
            &[""]
        }
        (Kind::Counter, Format::OpenMetrics) => &["_total", "_created"],
        (Kind::Histogram, Format::Prometheus) => &["_bucket", "_sum", "_count"],
        (Kind::Histogram, Format::OpenMetrics) => &["_bucket", "_sum", "_count", "_created"],
        (Kind::Summary, Format::Prometheus) => &["", "_sum", "_count"],
        (Kind::Summary, Format::OpenMetrics) => &["", "_sum", "_count", "_created"],
        (Kind::GaugeHistogram, _) => &["_bucket", "_gsum", "_gcount"],
        (Kind::Info, _) => &["_info"],
    }
}
