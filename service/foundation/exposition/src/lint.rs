use crate::{Family, Kind};

/// What Prometheus' conventions would have otherwise, beyond what [`parse_strict`](crate::parse_strict) refuses: families
/// without a description, names that mislead. One message for each.
///
/// ```
/// let families = exposition::parse(b"# TYPE pauseMs gauge\npauseMs 3\n").families;
/// assert_eq!(exposition::lint(&families), [
///     "`pauseMs` has no description",
///     "`pauseMs` is not in snake_case",
/// ]);
/// ```
pub fn lint(families: &[Family]) -> Vec<String> {
    families.iter().flat_map(of_family).collect()
}

fn of_family(family: &Family) -> Vec<String> {
    let name = family.name.as_str();
    let mut found = Vec::new();
    let mut note = |what: &str| found.push(format!("`{name}` {what}"));
    if family.help.as_deref().is_none_or(str::is_empty) {
        note("has no description");
    }
    let is_total = |name: &str| name.ends_with("_total");
    let all_total = || {
        family
            .samples
            .iter()
            .all(|sample| is_total(&sample.name) || sample.name.ends_with("_created"))
    };
    if family.kind == Kind::Counter && !is_total(name) && !all_total() {
        note("is a counter but does not end in `_total`");
    } else if !matches!(family.kind, Kind::Counter | Kind::Untyped) && is_total(name) {
        note("ends in `_total` but is no counter");
    }
    let reserved: &[&str] = match family.kind {
        Kind::Histogram | Kind::GaugeHistogram | Kind::Untyped => &[],
        Kind::Summary => &["_bucket"],
        _ => &["_bucket", "_count", "_sum"],
    };
    if let Some(suffix) = reserved.iter().find(|suffix| name.ends_with(**suffix)) {
        note(&format!("ends in `{suffix}`, as a histogram's samples do"));
    }
    if name.contains(':') {
        note("has a colon, which is for recording rules");
    }
    if name
        .as_bytes()
        .windows(2)
        .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
    {
        note("is not in snake_case");
    }
    for word in name.split('_') {
        if let Some((_, base)) = UNITS.iter().find(|(units, _)| units.contains(&word)) {
            note(&format!("has the unit `{word}`: `{base}` is the base unit"));
        }
    }
    if family
        .samples
        .iter()
        .any(|sample| sample.label("le").is_some())
        && family.kind == Kind::Gauge
    {
        note("is a gauge with the label `le`");
    }
    found
}

/// Units that are not base units, and their bases.
const UNITS: [(&[&str], &str); 3] = [
    (
        &[
            "ns",
            "us",
            "ms",
            "nanoseconds",
            "microseconds",
            "milliseconds",
            "minutes",
            "hours",
            "days",
            "weeks",
            "sec",
            "secs",
        ],
        "seconds",
    ),
    (
        &[
            "bits",
            "kb",
            "mb",
            "gb",
            "kib",
            "mib",
            "gib",
            "kilobytes",
            "megabytes",
            "gigabytes",
        ],
        "bytes",
    ),
    (&["percent", "pct"], "ratio"),
];
