use super::words::{Hint, hint, is_http_status};
use super::{Path, Scalar};

/// What a value is, so that it can be shown well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It only grows: its rate is of interest.
    Counter,
    /// It goes up and down, or nothing is known about it.
    Gauge,
    /// An amount of bytes; whether it only grows is not said.
    Bytes,
    /// A duration in nanoseconds; whether it only grows is not said.
    Nanoseconds,
    /// Text.
    Text,
    /// True or false.
    Flag,
    /// An array.
    List,
}

/// Guesses what a value is: by its type, then by its name, then by the names of the objects around
/// it. A unit is never made up: `latency_ms` and `duration` are gauges. Readers that see two samples
/// can do better (what fell is not a counter).
///
/// ```
/// use expvar::read::{Kind, Number, Scalar, guess_kind};
///
/// let seven = Scalar::Number(Number::U64(7));
/// let kind = |path: &str| guess_kind(&path.into(), &seven);
/// assert_eq!(kind("memstats.HeapInuse"), Kind::Bytes);
/// assert_eq!(kind("latency_ns./v1/orders.p99"), Kind::Nanoseconds);
/// assert_eq!(kind("latency_ns./v1/orders.count"), Kind::Counter);
/// assert_eq!(kind("requests.GET.200"), Kind::Counter);
/// assert_eq!(kind("queue_depth"), Kind::Gauge);
/// ```
pub fn guess_kind(path: &Path, value: &Scalar) -> Kind {
    let negative = match value {
        Scalar::Text(_) => return Kind::Text,
        Scalar::Bool(_) => return Kind::Flag,
        Scalar::Array(_) => return Kind::List,
        Scalar::Number(number) => number.is_negative(),
        // A number that is missing just now.
        Scalar::Null => false,
    };
    match by_name(path) {
        Kind::Counter if negative => Kind::Gauge,
        kind => kind,
    }
}

fn by_name(path: &Path) -> Kind {
    let name = path.name();
    if let Some(kind) = go_memstats(name) {
        return kind;
    }
    match hint(name) {
        Some(Hint::Is(kind)) => kind,
        Some(Hint::Grows) => unit_around(path).unwrap_or(Kind::Counter),
        Some(Hint::Statistic) => {
            let otherwise = if name.eq_ignore_ascii_case("sum") {
                Kind::Counter
            } else {
                Kind::Gauge
            };
            unit_around(path).unwrap_or(otherwise)
        }
        None => {
            let otherwise = if is_http_status(name) {
                Kind::Counter
            } else {
                Kind::Gauge
            };
            around(path).next().unwrap_or(otherwise)
        }
    }
}

/// The unit that the nearest object around the value names.
fn unit_around(path: &Path) -> Option<Kind> {
    around(path).find(|kind| matches!(kind, Kind::Bytes | Kind::Nanoseconds))
}

/// What the objects around the value say, innermost first.
fn around(path: &Path) -> impl Iterator<Item = Kind> {
    let objects = path.segments().iter().rev().skip(1);
    objects.filter_map(|key| match hint(key)? {
        Hint::Is(kind) => Some(kind),
        Hint::Grows => Some(Kind::Counter),
        Hint::Statistic => None,
    })
}

/// The numbers of Go's `runtime.MemStats`, whose names follow no pattern.
fn go_memstats(name: &str) -> Option<Kind> {
    Some(match name {
        "Alloc" | "TotalAlloc" | "Sys" | "HeapAlloc" | "HeapSys" | "HeapIdle" | "HeapInuse"
        | "HeapReleased" | "StackInuse" | "StackSys" | "MSpanInuse" | "MSpanSys"
        | "MCacheInuse" | "MCacheSys" | "BuckHashSys" | "GCSys" | "OtherSys" | "NextGC" => {
            Kind::Bytes
        }
        "Lookups" | "Mallocs" | "Frees" | "NumGC" | "NumForcedGC" => Kind::Counter,
        "PauseTotalNs" => Kind::Nanoseconds,
        // LastGC is a moment: nanoseconds since 1970 would show as half a century.
        "HeapObjects" | "LastGC" | "GCCPUFraction" => Kind::Gauge,
        _ => return None,
    })
}
