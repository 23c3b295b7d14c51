//! What the words of one name say about its value.

use super::Kind;

/// What a name says by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    /// The kind is in the name: `heap_bytes`, `queue_depth`, `errors`.
    Is(Kind),
    /// It grows, in whatever unit the names around it have: `sent`, `total`.
    Grows,
    /// It is one number about many values, in the unit of the names around it: `p99`, `max`.
    Statistic,
}

const NANOSECONDS: &[&str] = &["ns", "nsec", "nsecs", "nanos", "nanosecond", "nanoseconds"];
const BYTES: &[&str] = &["byte", "bytes"];
/// Units that have no kind of their own.
const OTHER_UNITS: &[&str] = &[
    "ms",
    "msec",
    "millis",
    "milliseconds",
    "us",
    "usec",
    "micros",
    "microseconds",
    "s",
    "sec",
    "secs",
    "second",
    "seconds",
    "minutes",
    "hours",
    "days",
    "kb",
    "kib",
    "mb",
    "mib",
    "gb",
    "gib",
    "kilobytes",
    "megabytes",
    "pages",
    "celsius",
    "joules",
    "hz",
    "mhz",
];
/// Anywhere in a name: a quotient or a point in time, whatever else it says.
const NEVER_AN_AMOUNT: &[&str] = &[
    "per",
    "ratio",
    "percent",
    "percentage",
    "pct",
    "fraction",
    "timestamp",
    "unix",
    "epoch",
];
/// As the last word: a level.
const LEVELS: &[&str] = &[
    "active",
    "alive",
    "available",
    "busy",
    "capacity",
    "concurrency",
    "current",
    "depth",
    "flight",
    "free",
    "idle",
    "inflight",
    "inuse",
    "last",
    "len",
    "length",
    "level",
    "limit",
    "load",
    "open",
    "pending",
    "queued",
    "rate",
    "remaining",
    "running",
    "size",
    "usage",
    "used",
    "utilization",
    "waiting",
];
/// As the first word: a level or a bound of what follows.
const LEVEL_OF: &[&str] = &[
    "active",
    "alive",
    "avg",
    "busy",
    "concurrent",
    "current",
    "idle",
    "inflight",
    "last",
    "max",
    "mean",
    "min",
    "open",
    "pending",
    "queued",
    "running",
    "waiting",
];
/// Things that come and go, so that a count of them is a level.
const POPULATION: &[&str] = &[
    "client",
    "clients",
    "conn",
    "connection",
    "connections",
    "conns",
    "cpu",
    "descriptor",
    "fd",
    "file",
    "goroutine",
    "goroutines",
    "item",
    "key",
    "object",
    "peer",
    "process",
    "session",
    "subscriber",
    "task",
    "tasks",
    "thread",
    "threads",
    "user",
    "worker",
    "workers",
];
/// Things that happen.
const EVENTS: &[&str] = &[
    "accepts",
    "allocations",
    "allocs",
    "attempts",
    "bucket",
    "calls",
    "cancellations",
    "collections",
    "commits",
    "conflicts",
    "count",
    "counter",
    "crashes",
    "denials",
    "drops",
    "errors",
    "errs",
    "evictions",
    "executions",
    "exceptions",
    "failures",
    "faults",
    "flushes",
    "frees",
    "hits",
    "inserts",
    "invocations",
    "lookups",
    "mallocs",
    "messages",
    "misses",
    "ops",
    "operations",
    "overflows",
    "packets",
    "panics",
    "parks",
    "polls",
    "queries",
    "reads",
    "reconnects",
    "refusals",
    "rejections",
    "requests",
    "responses",
    "restarts",
    "retries",
    "rollbacks",
    "runs",
    "samples",
    "steals",
    "switches",
    "syscalls",
    "timeouts",
    "transactions",
    "unparks",
    "updates",
    "wakeups",
    "wakes",
    "warnings",
    "writes",
    "yields",
];
/// What was done; the unit may be that of something around it (`bytes.sent`).
const DONE: &[&str] = &[
    "accepted",
    "acquired",
    "cancelled",
    "canceled",
    "closed",
    "committed",
    "completed",
    "consumed",
    "created",
    "deleted",
    "delivered",
    "denied",
    "discarded",
    "done",
    "dropped",
    "ended",
    "evicted",
    "expired",
    "failed",
    "finished",
    "forced",
    "handled",
    "in",
    "issued",
    "lost",
    "opened",
    "out",
    "parsed",
    "placed",
    "processed",
    "produced",
    "published",
    "read",
    "received",
    "refused",
    "rejected",
    "released",
    "removed",
    "retried",
    "sampled",
    "sent",
    "served",
    "shed",
    "skipped",
    "spawned",
    "started",
    "stolen",
    "succeeded",
    "throttled",
    "total",
    "written",
];
const STATISTICS: &[&str] = &[
    "average", "avg", "current", "max", "maximum", "mean", "median", "min", "minimum", "stddev",
    "sum", "value",
];
const MEMORY: &[&str] = &["heap", "mem", "memory", "rss", "vsz"];
/// After one of [`MEMORY`]: an amount of it.
const AMOUNTS: &[&str] = &[
    "alloc",
    "allocated",
    "available",
    "current",
    "free",
    "idle",
    "inuse",
    "limit",
    "max",
    "peak",
    "released",
    "size",
    "sys",
    "total",
    "usage",
    "used",
];

/// What `name` says, if anything.
pub(super) fn hint(name: &str) -> Option<Hint> {
    if !looks_like_a_name(name) {
        return None;
    }
    let words = words(name);
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .take_while(|&word| word != "by")
        .collect();
    let (&first, &last) = (words.first()?, words.last()?);
    let any = |of: &[&str]| words.iter().any(|word| of.contains(word));

    if words.len() == 1 && is_statistic(last) {
        return Some(Hint::Statistic);
    }
    let hint = if any(NEVER_AN_AMOUNT) {
        Hint::Is(Kind::Gauge)
    } else if matches!(last, "count" | "bucket") {
        let level = any(POPULATION) || LEVEL_OF.contains(&first);
        Hint::Is(if level { Kind::Gauge } else { Kind::Counter })
    } else if any(NANOSECONDS) {
        Hint::Is(Kind::Nanoseconds)
    } else if any(BYTES) || is_memory(&words) {
        Hint::Is(Kind::Bytes)
    } else if words.len() > 1 && any(OTHER_UNITS) {
        let grows = matches!(last, "total" | "sum");
        Hint::Is(if grows { Kind::Counter } else { Kind::Gauge })
    } else if LEVELS.contains(&last) || LEVEL_OF.contains(&first) || is_statistic(last) {
        Hint::Is(Kind::Gauge)
    } else if EVENTS.contains(&last) {
        Hint::Is(Kind::Counter)
    } else if DONE.contains(&last) || (first == "total" && words.len() > 1) {
        Hint::Grows
    } else {
        return None;
    };
    Some(hint)
}

/// Keys of an object may also be routes, label values, numbers: those say nothing.
fn looks_like_a_name(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'))
}

fn is_statistic(word: &str) -> bool {
    let percentile =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    STATISTICS.contains(&word) || word.strip_prefix('p').is_some_and(percentile)
}

/// `rss`, `memory_limit`, `heapUsed`; but neither `heap_objects` nor `mem_errors`.
fn is_memory(words: &[&str]) -> bool {
    let Some(at) = words.iter().position(|word| MEMORY.contains(word)) else {
        return false;
    };
    words[at..]
        .iter()
        .all(|word| MEMORY.contains(word) || AMOUNTS.contains(word))
}

/// Splits a name at everything that is no letter or digit, and at humps: `numGC`, `HTTPRequests`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_ascii_alphanumeric() {
            let hump = before.is_ascii_lowercase() || before.is_ascii_digit();
            let acronym_ends =
                before.is_ascii_uppercase() && rest.peek().is_some_and(char::is_ascii_lowercase);
            let starts = !before.is_ascii_alphanumeric()
                || (c.is_ascii_uppercase() && (hump || acronym_ends));
            match words.last_mut() {
                Some(word) if !starts => word.push(c.to_ascii_lowercase()),
                _ => words.push(c.to_ascii_lowercase().into()),
            }
        }
        before = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_marks_and_humps() {
        let cases = [
            ("orders_placed", "orders placed"),
            ("numGC", "num gc"),
            ("HTTPRequests", "http requests"),
            ("PauseTotalNs", "pause total ns"),
            ("http2-streams.open", "http2 streams open"),
            ("p99", "p99"),
            ("__x__", "x"),
            ("", ""),
        ];
        for (name, expected) in cases {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn routes_and_numbers_are_not_names() {
        for key in ["/v1/errors", "200", "GET requests", "żółw_bytes", ""] {
            assert_eq!(hint(key), None, "{key}");
        }
    }
}
