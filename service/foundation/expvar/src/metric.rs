//! What a variable is called where it is a metric: by Prometheus' conventions, in snake_case and base units.

use crate::Unit;
use crate::read::{Kind, Number, Path, Scalar, guess_kind};

/// A metric's name without the suffix of its type, and its unit if the name ends in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// `latency_seconds` for the variable `latency_ns`. It holds lower-case letters, digits and underscores only, but may be
    /// empty or begin with a digit, where no letter is left of the path.
    pub base: String,
    /// `seconds`, `bytes`.
    pub unit: Option<String>,
}

/// The unit in which a variable is published: as described, or as its name says.
pub fn unit(path: &Path, described: Option<&Unit>) -> Option<Unit> {
    let by_name = || Unit::of_name(without_total(&snake(path.name()))).map(|(unit, _)| unit);
    let by_kind = || match guess_kind(path, &Scalar::Number(Number::U64(0))) {
        Kind::Bytes => Some(Unit::Bytes),
        Kind::Nanoseconds => Some(Unit::Nanoseconds),
        _ => None,
    };
    described.cloned().or_else(by_name).or_else(by_kind)
}

/// All keys of the path in snake_case, joined; units are taken off each key, and the base unit ends the name.
///
/// ```
/// use expvar::{metric, read::Path};
/// let path = Path::from("store.wait_ns");
/// let name = metric::name(&path, metric::unit(&path, None).as_ref());
/// assert_eq!(name.base, "store_wait_seconds");
/// ```
pub fn name(path: &Path, unit: Option<&Unit>) -> Name {
    let keys = path.segments().iter().map(|key| {
        let key = snake(key);
        let key = without_total(&key);
        Unit::of_name(key).map_or(key, |(_, rest)| rest).to_owned()
    });
    let mut base = keys
        .filter(|key| !key.is_empty())
        .collect::<Vec<_>>()
        .join("_");
    let mut unit = unit
        .map(|unit| snake(unit.base().0))
        .filter(|unit| !unit.is_empty());
    if let Some(word) = &unit {
        if !base.split('_').any(|have| have == word) {
            base.push('_');
            base.push_str(word);
        } else if !base.ends_with(&format!("_{word}")) {
            unit = None;
        }
    }
    Name { base, unit }
}

fn without_total(key: &str) -> &str {
    key.strip_suffix("_total")
        .filter(|rest| !rest.is_empty())
        .unwrap_or(key)
}

/// `HeapAlloc`, `GET /v1`: `heap_alloc`, `get_v1`.
fn snake(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 4);
    let mut before = '_';
    let mut rest = key.chars().peekable();
    while let Some(c) = rest.next() {
        let word_begins = c.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || (before.is_ascii_uppercase()
                    && rest.peek().is_some_and(char::is_ascii_lowercase)));
        if (word_begins || !c.is_ascii_alphanumeric()) && !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    name.truncate(name.trim_end_matches('_').len());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions() {
        let cases = [
            ("requests", "requests", None),
            ("requests_total", "requests", None),
            ("latency_ns", "latency_seconds", Some("seconds")),
            ("store.wait_ms", "store_wait_seconds", Some("seconds")),
            (
                "latency_recent_ns.p99",
                "latency_recent_p99_seconds",
                Some("seconds"),
            ),
            ("latency_recent_ns.count", "latency_recent_count", None),
            ("process.rss_bytes", "process_rss_bytes", Some("bytes")),
            (
                "memstats.HeapAlloc",
                "memstats_heap_alloc_bytes",
                Some("bytes"),
            ),
            (
                "memstats.PauseTotalNs",
                "memstats_pause_total_seconds",
                Some("seconds"),
            ),
            ("memstats.NumGC", "memstats_num_gc", None),
            ("bytes.sent", "bytes_sent", None),
            ("GET /v1/orders.2xx", "get_v1_orders_2xx", None),
            ("2xx", "2xx", None),
            ("żółw", "w", None),
            ("🐢", "", None),
            ("_total", "total", None),
        ];
        for (path, base, unit_name) in cases {
            let path = Path::from(path);
            let found = name(&path, unit(&path, None).as_ref());
            assert_eq!(
                (found.base.as_str(), found.unit.as_deref()),
                (base, unit_name),
                "{path}"
            );
        }
        let described = Unit::Other("Pages read".into());
        assert_eq!(
            name(&"faults".into(), Some(&described)).base,
            "faults_pages_read"
        );
    }
}
