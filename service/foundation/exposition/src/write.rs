//! Families into text.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::families::suffixes;
use crate::{Exemplar, Family, Format, Kind, Sample, label_name, metric_name};

/// Writes metrics: the inverse of [`parse`](crate::parse), in either format.
///
/// Names are made valid, suffixes are those of the format (a counter's samples end in `_total` in both), and what
/// Prometheus' text lacks is written as what comes next to it: an info or a state set as a gauge, a gauge histogram as a
/// histogram, `_created` as a gauge of its own, exemplars not at all. A unit in which the name does not end is left out,
/// because OpenMetrics forbids it.
///
/// Families, and the samples in them, are written in the order in which they are given: that no family and no sample is
/// there twice is the caller's to see to. [`parse_strict`](crate::parse_strict) tells.
///
/// ```
/// use exposition::{Family, Format, Kind};
///
/// let mut requests = Family::new("http.requests", Kind::Counter).help("Requests answered.");
/// requests.push([("method", "GET"), ("route", "/\"v1\"")], 17.0);
/// assert_eq!(exposition::write(&[requests], Format::OpenMetrics), "\
/// ## HELP http_requests Requests answered.
/// ## TYPE http_requests counter
/// http_requests_total{method=\"GET\",route=\"/\\\"v1\\\"\"} 17
/// ## EOF
/// ");
/// ```
pub fn write(families: &[Family], format: Format) -> String {
    let mut out = String::new();
    for family in families {
        write_family(&mut out, family, format);
    }
    if format == Format::OpenMetrics {
        out.push_str("# EOF\n");
    }
    out
}

fn write_family(out: &mut String, family: &Family, format: Format) {
    let name = metric_name(&family.name);
    let kind = family.kind;
    let base = match kind {
        Kind::Counter => name.strip_suffix("_total").unwrap_or(&name),
        Kind::Info => name.strip_suffix("_info").unwrap_or(&name),
        _ => &name,
    };
    // What the head lines call the family: Prometheus' format knows no suffixes but a histogram's and a summary's.
    let head = match (format, kind) {
        (Format::Prometheus, Kind::Counter) => format!("{base}_total"),
        (Format::Prometheus, Kind::Info) => format!("{base}_info"),
        _ => base.to_owned(),
    };
    if let Some(help) = &family.help {
        let _ = writeln!(
            out,
            "# HELP {head} {}",
            escaped(&help.replace('\r', " "), format == Format::OpenMetrics)
        );
    }
    let _ = writeln!(out, "# TYPE {head} {}", type_name(kind, format));
    let unit = family.unit.as_deref().filter(|unit| has_unit(base, unit));
    if let Some(unit) = unit
        .filter(|_| format == Format::OpenMetrics && !matches!(kind, Kind::Info | Kind::StateSet))
    {
        let _ = writeln!(out, "# UNIT {head} {unit}");
    }
    let mut created = Vec::new();
    for sample in &family.samples {
        let suffix = suffix(kind, sample);
        if suffix == "_created" && format == Format::Prometheus {
            created.push(sample);
        } else {
            write_sample(out, base, renamed(suffix, format), sample, format);
        }
    }
    if !created.is_empty() {
        let _ = writeln!(out, "# TYPE {base}_created gauge");
    }
    for sample in created {
        write_sample(out, base, "_created", sample, format);
    }
}

fn has_unit(base: &str, unit: &str) -> bool {
    !unit.is_empty()
        && base
            .strip_suffix(unit)
            .is_some_and(|rest| rest.ends_with('_'))
}

fn type_name(kind: Kind, format: Format) -> &'static str {
    match (kind, format) {
        (Kind::Counter, _) => "counter",
        (Kind::Histogram, _) | (Kind::GaugeHistogram, Format::Prometheus) => "histogram",
        (Kind::Summary, _) => "summary",
        (Kind::Untyped, Format::Prometheus) => "untyped",
        (Kind::Gauge, _) | (Kind::Info | Kind::StateSet, Format::Prometheus) => "gauge",
        (Kind::GaugeHistogram, Format::OpenMetrics) => "gaugehistogram",
        (Kind::Info, Format::OpenMetrics) => "info",
        (Kind::StateSet, Format::OpenMetrics) => "stateset",
        (Kind::Untyped, Format::OpenMetrics) => "unknown",
    }
}

/// The suffix of a sample's name, with its `_`.
fn suffix(kind: Kind, sample: &Sample) -> &'static str {
    let is_suffix = |suffix: &&&str| {
        sample
            .name
            .strip_suffix(**suffix)
            .is_some_and(|base| base.ends_with('_'))
    };
    match suffixes(kind).iter().find(is_suffix) {
        Some(&"total") => "_total",
        Some(&"created") => "_created",
        Some(&"bucket") => "_bucket",
        Some(&"sum") => "_sum",
        Some(&"count") => "_count",
        Some(&"gsum") => "_gsum",
        Some(&"gcount") => "_gcount",
        // A counter's only value may have been read without it.
        _ if kind == Kind::Counter => "_total",
        _ if kind == Kind::Info => "_info",
        _ => "",
    }
}

fn renamed(suffix: &'static str, format: Format) -> &'static str {
    match (suffix, format) {
        ("_gsum", Format::Prometheus) => "_sum",
        ("_gcount", Format::Prometheus) => "_count",
        _ => suffix,
    }
}

fn write_sample(out: &mut String, base: &str, suffix: &str, sample: &Sample, format: Format) {
    out.push_str(base);
    out.push_str(suffix);
    if !sample.labels.is_empty() {
        write_labels(out, &sample.labels);
    }
    let _ = write!(out, " {}", number(sample.value));
    match (sample.timestamp, format) {
        (None, _) => {}
        (Some(at), Format::Prometheus) => {
            let _ = write!(out, " {at}");
        }
        (Some(at), Format::OpenMetrics) => write_seconds(out, at),
    }
    let exemplar = sample.exemplar.as_deref();
    let may_have_one = format == Format::OpenMetrics && matches!(suffix, "_total" | "_bucket");
    if let Some(exemplar) = exemplar.filter(|exemplar| may_have_one && is_short(exemplar)) {
        out.push_str(" # ");
        write_labels(out, &exemplar.labels);
        let _ = write!(out, " {}", number(exemplar.value));
        if let Some(at) = exemplar.timestamp {
            write_seconds(out, at);
        }
    }
    out.push('\n');
}

/// How many characters the labels of an exemplar may have, names and values together.
pub(crate) const MAX_EXEMPLAR: usize = 128;

pub(crate) fn is_short(exemplar: &Exemplar) -> bool {
    let labels = exemplar.labels.iter();
    let length = labels.map(|(name, value)| name.chars().count() + value.chars().count());
    length.sum::<usize>() <= MAX_EXEMPLAR
}

fn write_labels(out: &mut String, labels: &[(String, String)]) {
    out.push('{');
    for (at, (name, value)) in labels.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(
            out,
            "{comma}{}=\"{}\"",
            label_name(name),
            escaped(value, true)
        );
    }
    out.push('}');
}

/// Milliseconds as seconds.
fn write_seconds(out: &mut String, milliseconds: i64) {
    let sign = if milliseconds < 0 { "-" } else { "" };
    let milliseconds = milliseconds.unsigned_abs();
    let _ = write!(
        out,
        " {sign}{}.{:03}",
        milliseconds / 1_000,
        milliseconds % 1_000
    );
}

fn number(value: f64) -> String {
    // Up to here every whole number is exact, and shorter without `.0`.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.into()
    } else if value.fract() == 0.0 && value.abs() <= EXACT {
        format!("{}", value as i64)
    } else {
        format!("{value:?}")
    }
}

fn escaped(text: &str, quotes: bool) -> Cow<'_, str> {
    if !text.contains(['\\', '\n', '"']) {
        return text.into();
    }
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    if quotes {
        text.replace('"', "\\\"").into()
    } else {
        text.into()
    }
}
