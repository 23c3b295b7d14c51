use std::collections::HashMap;

use crate::line::{self, Line};
use crate::{BadLine, Family, Kind, MAX_BAD_LINES, Parsed};

/// Reads Prometheus or OpenMetrics text. It never fails: what cannot be read is counted (see [the
/// crate's description](crate#read)).
///
/// What it returns takes at most 200 bytes of memory per byte of `input`, plus 16 KiB, and no more than 200 bytes per
/// byte, plus 64 KiB, are allocated on the way ([`MEMORY_PER_BYTE`](crate::MEMORY_PER_BYTE),
/// [`MEMORY_BESIDES`](crate::MEMORY_BESIDES)); the input's size is the caller's to limit.
pub fn parse(input: &[u8]) -> Parsed {
    let mut families = Families::default();
    let mut parsed = Parsed::default();
    let in_seconds = ends_in_eof(input);
    for (index, line) in lines(input).enumerate() {
        if let Err(message) = read_line(&mut families, line, in_seconds) {
            parsed.bad_count += 1;
            if parsed.bad_lines.len() < MAX_BAD_LINES {
                parsed.bad_lines.push(BadLine {
                    line: index + 1,
                    message,
                });
            }
        }
    }
    parsed.families = families.all;
    parsed
}

fn read_line(families: &mut Families, line: &[u8], in_seconds: bool) -> Result<(), String> {
    let line = str::from_utf8(line)
        .map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to() + 1))?;
    match line::read(line, in_seconds)? {
        Line::Nothing => {}
        Line::Help { name, text } => families.named(&name).help = Some(text),
        Line::Unit { name, unit } => families.named(&name).unit = Some(unit),
        Line::Type { name, kind } => families.set_kind(&name, kind)?,
        Line::Sample(sample) => families.of_sample(&sample.name).samples.push(sample),
    }
    Ok(())
}

/// The lines without their ends, LF or CRLF.
fn lines(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = input.split(|&byte| byte == b'\n');
    lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Whether it says that it is OpenMetrics, by its last line.
fn ends_in_eof(input: &[u8]) -> bool {
    let last = input.trim_ascii_end().rsplit(|&byte| byte == b'\n').next();
    last.is_some_and(|line| line.trim_ascii() == b"# EOF")
}

/// Families in order, and where each one is.
#[derive(Default)]
struct Families {
    all: Vec<Family>,
    by_name: HashMap<String, usize>,
    /// Where the last sample went: the next one mostly goes there too.
    last: usize,
}

impl Families {
    /// The family `name`, made if there is none.
    fn named(&mut self, name: &str) -> &mut Family {
        let at = self
            .by_name
            .get(name)
            .copied()
            .unwrap_or_else(|| self.add(name));
        &mut self.all[at]
    }

    fn set_kind(&mut self, name: &str, kind: Kind) -> Result<(), String> {
        let family = self.named(name);
        if family.kind != Kind::Untyped && family.kind != kind {
            return Err(format!(
                "a second type for `{name}`, which is a {:?} already",
                family.kind
            ));
        }
        family.kind = kind;
        Ok(())
    }

    /// The family that a sample of this name belongs to.
    fn of_sample(&mut self, name: &str) -> &mut Family {
        let last = self.all.get(self.last);
        if last.is_none_or(|last| last.name != name) {
            let found = self
                .by_name
                .get(name)
                .copied()
                .or_else(|| self.without_suffix(name));
            self.last = found.unwrap_or_else(|| self.add(name));
        }
        &mut self.all[self.last]
    }

    /// Finds the family whose kind gives its samples a suffix that this name has.
    fn without_suffix(&self, name: &str) -> Option<usize> {
        let (base, suffix) = name.rsplit_once('_')?;
        let at = *self.by_name.get(base)?;
        suffixes(self.all[at].kind).contains(&suffix).then_some(at)
    }

    fn add(&mut self, name: &str) -> usize {
        let at = self.all.len();
        self.by_name.insert(name.into(), at);
        self.all.push(Family {
            name: name.into(),
            kind: Kind::Untyped,
            help: None,
            unit: None,
            samples: vec![],
        });
        at
    }
}

/// What the names of a family's samples may end in, after `_`.
pub(crate) fn suffixes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Counter => &["total", "created"],
        Kind::Histogram => &["bucket", "sum", "count", "created"],
        Kind::GaugeHistogram => &["bucket", "gsum", "gcount"],
        Kind::Summary => &["sum", "count", "created"],
        Kind::Info => &["info"],
        Kind::Gauge | Kind::StateSet | Kind::Untyped => &[],
    }
}
