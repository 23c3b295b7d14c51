//! A document of variables as metrics.
//!
//! | value | metric |
//! |---|---|
//! | number | counter or gauge, by the first of: a rule, what the name says ([`expvar::read::guess_kind`]), gauge |
//! | a number that is negative, whatever its name | gauge |
//! | `true`, `false` | gauge, 1 or 0 |
//! | object with `count`, `sum` and quantiles (`p50`, `p99`, `p999`) | summary |
//! | text | a label of the info of the object around it, at most 200 characters of it |
//! | array of numbers | one sample each, with the label `index`; not if there are more than 64 |
//! | `null`, `NaN`, array of anything else | none |
//!
//! Of durations and amounts of bytes the name says the unit but not whether they only grow: they are counters if it ends in
//! `total` or `sum`, otherwise gauges. Names follow Prometheus' conventions ([`expvar::metric`]), the same ones that our services'
//! own `/metrics` follows: `store.wait_ns` is `store_wait_seconds`.

use std::collections::{BTreeMap, HashMap, HashSet};

use exposition::{Family, Kind};
use expvar::read::{Document, Kind as Guess, Path, Scalar, guess_kind};
use expvar::{Unit, metric};

use crate::rules::{Place, Rules, Type};

/// Longer arrays are lists of something, not a few of a kind.
const MAX_ITEMS: usize = 64;
/// A label is no place for a report.
const MAX_TEXT: usize = 200;

/// The metrics of a document, and what was left out.
#[derive(Debug, Default)]
pub struct Converted {
    /// The metrics, by name.
    pub families: Vec<Family>,
    /// How many samples they have.
    pub samples: usize,
    /// Values for which the limit left no room.
    pub over_limit: usize,
    /// Values whose metric is there already, as another type or with the same labels.
    pub clashes: usize,
    /// Values that no metric can show.
    pub without_metric: usize,
}

/// Makes metrics of a document: at most `limit` samples.
pub fn convert(document: &Document, rules: &Rules, limit: usize) -> Converted {
    let mut all = Building {
        rules,
        limit,
        by_name: HashMap::new(),
        taken: HashSet::new(),
        done: Converted::default(),
    };
    let summaries = summaries(document);
    for (path, value) in document.values() {
        let place = rules.place(path);
        if place.told.kind == Some(Type::Skip) {
            continue;
        }
        let around = around(path);
        match summaries.get(&around) {
            Some(_) if place.told.kind.is_none() && is_part_of_summary(path.name()) => {}
            _ => all.value(path, value, &place),
        }
    }
    for (path, parts) in &summaries {
        all.summary(path, parts);
    }
    all.finish()
}

/// The numbers of a distribution.
#[derive(Debug, Default)]
struct Parts {
    count: Option<f64>,
    sum: Option<f64>,
    quantiles: Vec<(f64, f64)>,
}

/// Objects that are distributions, by their paths.
fn summaries(document: &Document) -> BTreeMap<Path, Parts> {
    let mut all: BTreeMap<Path, Parts> = BTreeMap::new();
    for (path, value) in document.values() {
        let (Some(value), true) = (value.as_f64(), path.segments().len() > 1) else {
            continue;
        };
        let name = path.name();
        if !is_part_of_summary(name) {
            continue;
        }
        let parts = all.entry(around(path)).or_default();
        match (name, quantile(name)) {
            ("count", _) => parts.count = Some(value),
            ("sum", _) => parts.sum = Some(value),
            (_, Some(q)) => parts.quantiles.push((q, value)),
            _ => {}
        }
    }
    all.retain(|_, parts| {
        parts.count.is_some() && parts.sum.is_some() && !parts.quantiles.is_empty()
    });
    for parts in all.values_mut() {
        parts.quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    all
}

fn is_part_of_summary(name: &str) -> bool {
    matches!(name, "count" | "sum") || quantile(name).is_some()
}

/// `p99` is 0.99, `p999` is 0.999, `p5` is 0.05.
fn quantile(name: &str) -> Option<f64> {
    let digits = name.strip_prefix('p').filter(|digits| {
        (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })?;
    let padded = if digits.len() == 1 {
        format!("0{digits}")
    } else {
        digits.to_owned()
    };
    format!("0.{padded}").parse().ok()
}

fn around(path: &Path) -> Path {
    let keys = path.segments();
    Path::new(keys[..keys.len().saturating_sub(1)].iter().cloned())
}

struct Building<'a> {
    rules: &'a Rules,
    limit: usize,
    by_name: HashMap<String, Family>,
    /// Samples that are there: their names and labels.
    taken: HashSet<String>,
    done: Converted,
}

impl Building<'_> {
    fn value(&mut self, path: &Path, value: &Scalar, place: &Place) {
        match value {
            Scalar::Number(number) if !number.as_f64().is_nan() => {
                let kind = kind(path, value, place);
                self.sample(place, kind, None, number.as_f64());
            }
            Scalar::Bool(flag) => {
                self.sample(place, Kind::Gauge, None, f64::from(u8::from(*flag)));
            }
            Scalar::Text(text) => self.text(path, text),
            Scalar::Array(items) if items.len() <= MAX_ITEMS => {
                let kind = kind(path, items.first().unwrap_or(&Scalar::Null), place);
                for (index, item) in items.iter().enumerate() {
                    match item.as_f64() {
                        Some(number) if !number.is_nan() => {
                            self.sample(place, kind, Some(index), number);
                        }
                        _ => self.done.without_metric += 1,
                    }
                }
            }
            _ => self.done.without_metric += 1,
        }
    }

    fn sample(&mut self, place: &Place, kind: Kind, index: Option<usize>, value: f64) {
        let index = index.map(|index| index.to_string());
        let labels = labels(place).chain(index.as_deref().map(|index| ("index", index)));
        let labels: Vec<_> = labels.collect();
        if let Some((family, per_base)) = self.family(place, kind, &labels, 1) {
            family.push(labels, value / per_base);
        }
    }

    fn summary(&mut self, path: &Path, parts: &Parts) {
        let place = self.rules.place(path);
        let labels: Vec<_> = labels(&place).collect();
        let size = parts.quantiles.len() + 2;
        let Some((family, per_base)) = self.family(&place, Kind::Summary, &labels, size) else {
            return;
        };
        for (quantile, value) in &parts.quantiles {
            let quantile = quantile.to_string();
            family.push(
                labels.iter().copied().chain([("quantile", &*quantile)]),
                value / per_base,
            );
        }
        family.push_summary(
            labels,
            parts.sum.unwrap_or_default() / per_base,
            parts.count.unwrap_or_default(),
        );
    }

    /// A text becomes a label of what is around it.
    fn text(&mut self, path: &Path, text: &str) {
        let about = if path.segments().len() == 1 {
            path.clone()
        } else {
            around(path)
        };
        let place = self.rules.place(&about);
        let mut short: String = text.chars().take(MAX_TEXT).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        let name = self.name(&place);
        let label = exposition::label_name(path.name());
        let others: Vec<_> = labels(&place)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        // One info an object: its texts are told apart by their labels.
        let found = self
            .by_name
            .get_mut(&name)
            .filter(|family| family.kind == Kind::Info);
        if let Some(sample) = found.and_then(|family| {
            family
                .samples
                .iter_mut()
                .find(|sample| sample.labels.starts_with(&others))
        }) {
            if sample.labels.iter().any(|(have, _)| *have == label) {
                self.done.clashes += 1;
            } else {
                sample.labels.push((label, short));
            }
            return;
        }
        let borrowed: Vec<_> = others
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        if let Some((family, _)) = self.family(&place, Kind::Info, &borrowed, 1) {
            family.push(borrowed.into_iter().chain([(&*label, &*short)]), 1.0);
        }
    }

    fn name(&self, place: &Place) -> String {
        let base = match &place.told.name {
            Some(name) => name.clone(),
            None => metric::name(&place.path, unit(place).as_ref()).base,
        };
        exposition::metric_name(&format!("{}{base}", self.rules.prefix))
    }

    /// The family for a sample with these labels, and how many of the value's unit make one of its; none where the sample
    /// has no place.
    fn family(
        &mut self,
        place: &Place,
        kind: Kind,
        labels: &[(&str, &str)],
        size: usize,
    ) -> Option<(&mut Family, f64)> {
        if self.done.samples + size > self.limit {
            self.done.over_limit += 1;
            return None;
        }
        let name = self.name(place);
        let clash = self
            .by_name
            .get(&name)
            .is_some_and(|family| family.kind != kind);
        if clash || !self.taken.insert(format!("{name}{labels:?}")) {
            self.done.clashes += 1;
            return None;
        }
        self.done.samples += size;
        let unit = unit(place);
        let per_base = unit.as_ref().map_or(1.0, |unit| unit.base().1);
        let help = place.told.help.clone();
        let family = self.by_name.entry(name.clone()).or_insert_with(|| {
            let help =
                help.unwrap_or_else(|| format!("The variable {} of /debug/vars.", place.path));
            let mut family = Family::new(&name, kind).help(help);
            family.unit = unit
                .map(|unit| unit.base().0.to_owned())
                .filter(|unit| name.ends_with(&format!("_{unit}")));
            family
        });
        Some((family, per_base))
    }

    fn finish(mut self) -> Converted {
        let mut families: Vec<Family> = self.by_name.into_values().collect();
        families.sort_by(|a, b| a.name.cmp(&b.name));
        let mut names = HashSet::new();
        // `a_total` and a counter `a` would be one name in the text.
        families.retain(|family| {
            let fits = sample_names(family)
                .iter()
                .all(|name| !names.contains(name));
            names.extend(sample_names(family));
            if !fits {
                self.done.clashes += family.samples.len();
                self.done.samples -= family.samples.len();
            }
            fits
        });
        self.done.families = families;
        self.done
    }
}

/// Every name that a family has in the text.
fn sample_names(family: &Family) -> Vec<String> {
    let suffixes: &[&str] = match family.kind {
        Kind::Counter => &["", "_total", "_created"],
        Kind::Summary => &["", "_sum", "_count", "_created"],
        Kind::Info => &["_info"],
        _ => &[""],
    };
    suffixes
        .iter()
        .map(|suffix| format!("{}{suffix}", family.name))
        .collect()
}

fn labels(place: &Place) -> impl Iterator<Item = (&str, &str)> {
    place.labels.iter().map(|(name, value)| (&**name, &**value))
}

fn unit(place: &Place) -> Option<Unit> {
    metric::unit(&place.path, place.told.unit.as_ref())
}

/// Counter or gauge.
fn kind(path: &Path, value: &Scalar, place: &Place) -> Kind {
    let grows = match place.told.kind {
        Some(kind) => kind == Type::Counter,
        None => match guess_kind(path, value) {
            Guess::Counter => true,
            Guess::Bytes | Guess::Nanoseconds => {
                let name = path.name().to_ascii_lowercase();
                let name = Unit::of_name(&name)
                    .map_or(&*name, |(_, rest)| rest)
                    .to_owned();
                ["total", "sum"]
                    .iter()
                    .any(|word| name.rsplit('_').next() == Some(word))
                    && value.as_f64().is_some_and(|value| value >= 0.0)
            }
            _ => false,
        },
    };
    if grows { Kind::Counter } else { Kind::Gauge }
}

#[cfg(test)]
mod tests {
    use exposition::Format;

    use super::*;

    fn text(document: &str, rules: &str, limit: usize) -> (String, Converted) {
        let document = Document::parse(document.as_bytes()).expect("a document");
        let converted = convert(&document, &Rules::parse(rules).expect("rules"), limit);
        let text = exposition::write(&converted.families, Format::OpenMetrics);
        exposition::parse_strict(text.as_bytes(), Format::OpenMetrics)
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        let lines = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect::<Vec<_>>()
            .join("\n");
        (lines, converted)
    }

    #[test]
    fn each_kind_of_value_has_its_metric() {
        let (text, converted) = text(
            r#"{"requests": 7, "temperature": -3, "errors": -1, "ready": true, "build": {"name": "x", "version": "1"},
                "state": "ok", "busy": [0.5, 1], "list": ["a"], "nothing": null, "store": {"wait_ns": 1500000000, "busy_ns_total": 5e8},
                "latency_ns": {"count": 3, "max": 9000000000, "p50": 1000000000, "p999": 2000000000, "sum": 4000000000},
                "memstats": {"Alloc": 10, "TotalAlloc": 99, "PauseNs": [1, 2], "NumGC": 4},
                "routes": {"GET": {"/v1/orders/{id}": {"2xx": 5}}}}"#,
            "",
            1000,
        );
        let expected = r#"build_info{name="x",version="1"} 1
busy{index="0"} 0.5
busy{index="1"} 1
errors -1
latency_max_seconds 9
latency_seconds{quantile="0.5"} 1
latency_seconds{quantile="0.999"} 2
latency_seconds_sum 4
latency_seconds_count 3
memstats_alloc_bytes 10
memstats_num_gc_total 4
memstats_total_alloc_bytes_total 99
ready 1
requests_total 7
routes_total{method="GET",route="/v1/orders/{id}",status="2xx"} 5
state_info{state="ok"} 1
store_busy_seconds_total 0.5
store_wait_seconds 1.5
temperature -3"#;
        assert_eq!(text, expected);
        assert_eq!(
            (
                converted.without_metric,
                converted.clashes,
                converted.over_limit
            ),
            (2, 0, 0)
        );
    }

    #[test]
    fn what_has_no_place_is_counted() {
        let (_, converted) = text(r#"{"a": 1, "b": 2, "c": 3}"#, "", 2);
        assert_eq!((converted.samples, converted.over_limit), (2, 1));
        let (text, converted) = text(
            r#"{"a-b": 1, "a_b": 2, "x": {"1": 1}, "x_total": 3}"#,
            "[[rule]]\npath = \"x.**\"\ntype = \"counter\"",
            10,
        );
        assert_eq!(converted.clashes, 1, "{text}");
    }

    #[test]
    fn rules_rename_and_retype() {
        let rules = "prefix = \"go_\"\n[[rule]]\npath = \"hits.{page}\"\ntype = \"counter\"\nname = \"page_hits\"\n";
        let (text, _) = text(r#"{"hits": {"/": 3, "/about": 4}}"#, rules, 10);
        assert_eq!(
            text,
            "go_page_hits_total{page=\"/\"} 3\ngo_page_hits_total{page=\"/about\"} 4"
        );
    }

    #[test]
    fn quantiles_are_named_as_people_do() {
        for (name, expected) in [
            ("p50", Some(0.5)),
            ("p999", Some(0.999)),
            ("p5", Some(0.05)),
            ("p", None),
            ("p9x", None),
            ("pages", None),
        ] {
            assert_eq!(quantile(name), expected, "{name}");
        }
    }
}
