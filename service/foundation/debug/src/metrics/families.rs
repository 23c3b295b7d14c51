//! The families that a page consists of.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use exposition::{Bucket, Family, Kind};
use expvar::metric::{self, Name};
use expvar::read::Path;
use expvar::{About, Snapshot, Unit, Value, Variable};

/// Longer texts are cut: a label is no place for a report.
const MAX_TEXT: usize = 200;

/// What is measured: its name, description and unit.
pub(super) struct Measure {
    name: Name,
    help: String,
    unit: Option<Unit>,
    grows: Option<bool>,
}

impl Measure {
    pub(super) fn of(variable: &Variable) -> Self {
        Self::new(&variable.path, variable.about.clone())
    }

    pub(super) fn new(path: &Path, about: Option<Arc<About>>) -> Self {
        let unit = metric::unit(path, about.as_ref().and_then(|about| about.unit.as_ref()));
        let grows = about.as_ref().and_then(|about| about.grows);
        let help = about
            .map(|about| about.help.clone())
            .filter(|help| !help.is_empty());
        Self {
            name: name(path, unit.as_ref()),
            help: help.unwrap_or_else(|| help_of(path)),
            unit,
            grows,
        }
    }

    /// How many of the variable's unit make one of the metric's.
    fn per_base(&self) -> f64 {
        self.unit.as_ref().map_or(1.0, |unit| unit.base().1)
    }
}

/// Prometheus' conventions want a description of everything: without one, at least where it comes from.
fn help_of(path: &Path) -> String {
    format!("The variable {path} of /debug/vars.")
}

/// As metrics text wants it.
fn name(path: &Path, unit: Option<&Unit>) -> Name {
    let mut name = metric::name(path, unit);
    name.base = exposition::metric_name(&name.base);
    name
}

/// Families with names that are all different.
#[derive(Default)]
pub(super) struct Families {
    all: Vec<Family>,
    /// Every name that one of them has or gives to a sample.
    taken: HashSet<String>,
    /// Texts by what they are about, which are infos in the end.
    texts: BTreeMap<Path, Vec<(String, String)>>,
}

impl Families {
    /// Adds the series of a variable, which are of one kind.
    pub(super) fn add(
        &mut self,
        measure: &Measure,
        labels: &[Box<str>],
        series: &[(Arc<[Box<str>]>, Value)],
    ) {
        let kind = match series.first() {
            Some((_, Value::Counter(_))) => Kind::Counter,
            Some((_, Value::Histogram(_))) => Kind::Histogram,
            Some(_) => Kind::Gauge,
            None => return,
        };
        let mut family = self.family(measure, kind);
        for (values, value) in series {
            let labels = labels
                .iter()
                .zip(values.iter())
                .map(|(label, value)| (label.as_ref(), value.as_ref()));
            let per_base = measure.per_base();
            match value {
                Value::Counter(value) => family.push(labels, *value as f64 / per_base),
                Value::Gauge(value) => family.push(labels, *value as f64 / per_base),
                Value::Float(value) => family.push(labels, *value / per_base),
                Value::Histogram(seen) => {
                    let buckets = buckets(seen, measure.unit.as_ref());
                    family.push_histogram(
                        labels,
                        buckets,
                        seen.sum as f64 / per_base,
                        seen.count as f64,
                    );
                }
                // No other kind has series.
                Value::Text(_) | Value::Family { .. } | Value::Json(_) | _ => {}
            }
        }
        self.all.push(family);
    }

    /// Adds numbers that a function returned, each with its place in an array if it has one.
    pub(super) fn add_numbers(
        &mut self,
        measure: &Measure,
        is_flag: bool,
        numbers: &[(Option<String>, f64)],
    ) {
        let kind = match measure.grows {
            Some(true) => Kind::Counter,
            None if !is_flag => Kind::Untyped,
            _ => Kind::Gauge,
        };
        let mut family = self.family(measure, kind);
        for (index, number) in numbers {
            family.push(
                index.as_deref().map(|index| ("index", index)),
                number / measure.per_base(),
            );
        }
        self.all.push(family);
    }

    /// Adds a text to those of the map or object it is in.
    pub(super) fn text(&mut self, path: &Path, text: &str) {
        let (Some(label), around) = (path.segments().last(), path.segments()) else {
            return;
        };
        let about = match around.len() {
            1 => path.clone(),
            length => Path::new(around[..length - 1].iter().cloned()),
        };
        let mut value: String = text.chars().take(MAX_TEXT).collect();
        if value.len() < text.len() {
            value.push('…');
        }
        self.texts
            .entry(about)
            .or_default()
            .push((label.to_string(), value));
    }

    pub(super) fn finish(mut self) -> Vec<Family> {
        for (path, labels) in std::mem::take(&mut self.texts) {
            let measure = Measure {
                name: name(&path, None),
                help: help_of(&path),
                unit: None,
                grows: None,
            };
            let mut family = self.family(&measure, Kind::Info);
            family.push(
                labels
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str())),
                1.0,
            );
            self.all.push(family);
        }
        self.all
    }

    /// An empty family. Where two variables come to the same name, the later one gets a number.
    fn family(&mut self, measure: &Measure, kind: Kind) -> Family {
        let Name { base, unit } = &measure.name;
        let numbered = (2..).map(|number| format!("{base}_{number}"));
        let mut names = std::iter::once(base.clone()).chain(numbered);
        let is_free =
            |name: &String| !sample_names(name, kind).any(|sample| self.taken.contains(&sample));
        let name = names.find(is_free).unwrap_or_default();
        self.taken.extend(sample_names(&name, kind));
        let mut family = Family::new(&name, kind).help(measure.help.as_str());
        family.unit = unit.clone().filter(|_| name == *base);
        family
    }
}

/// Every name that belongs to a family, in one format or the other.
fn sample_names(name: &str, kind: Kind) -> impl Iterator<Item = String> {
    let suffixes: &[&str] = match kind {
        Kind::Counter => &["", "_total", "_created"],
        Kind::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
        Kind::Info => &["", "_info"],
        _ => &[""],
    };
    suffixes.iter().map(move |suffix| format!("{name}{suffix}"))
}

/// A distribution by bounds that never change, so that those of several processes can be added up.
fn buckets(seen: &Snapshot, unit: Option<&Unit>) -> Vec<Bucket> {
    const NS_PER_SECOND: u64 = 1_000_000_000;
    let bounds: Vec<(u64, f64)> = match unit {
        Some(unit) if unit.base().0 == "seconds" => {
            let ns_per_unit = NS_PER_SECOND / unit.base().1 as u64;
            let whole = decades(3..=10).filter(|ns| ns % ns_per_unit == 0);
            whole
                .map(|ns| (ns / ns_per_unit, ns as f64 / NS_PER_SECOND as f64))
                .collect()
        }
        Some(Unit::Bytes) => (3..=16)
            .map(|power| 4u64.pow(power))
            .map(|bytes| (bytes, bytes as f64))
            .collect(),
        _ => decades(0..=6).map(|value| (value, value as f64)).collect(),
    };
    let counts = seen.up_to(bounds.iter().map(|&(bound, _)| bound));
    let with_bounds = bounds.iter().zip(counts);
    with_bounds
        .map(|(&(_, le), count)| Bucket {
            le,
            count: count as f64,
        })
        .collect()
}

/// 1, 2 and 5 times each of these powers of ten.
fn decades(powers: std::ops::RangeInclusive<u32>) -> impl Iterator<Item = u64> {
    powers.flat_map(|power| [1, 2, 5].map(|digit| digit * 10u64.pow(power)))
}
