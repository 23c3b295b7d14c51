//! What the words of one name say about its value.

use super::Kind;
use super::vocabulary::{
    AMOUNTS, BYTES, DONE, EVENTS, LEVEL_OF, LEVELS, MEMORY, NANOSECONDS, NEVER_AN_AMOUNT,
    OTHER_UNITS, POPULATION, STATISTICS,
};

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
    said_by(&words)
}

/// The order matters: what is surer comes first.
fn said_by(words: &[&str]) -> Option<Hint> {
    let (&first, &last) = (words.first()?, words.last()?);
    let any = |of: &[&str]| words.iter().any(|word| of.contains(word));
    Some(if words.len() == 1 && is_statistic(last) {
        Hint::Statistic
    } else if any(NEVER_AN_AMOUNT) {
        Hint::Is(Kind::Gauge)
    } else if matches!(last, "count" | "bucket") {
        let level = any(POPULATION) || LEVEL_OF.contains(&first);
        Hint::Is(if level { Kind::Gauge } else { Kind::Counter })
    } else if any(NANOSECONDS) {
        Hint::Is(Kind::Nanoseconds)
    } else if any(BYTES) || is_memory(words) {
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
    })
}

/// Keys of an object may also be routes, label values, numbers: those say nothing.
fn looks_like_a_name(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'))
}

/// `200`, `4xx`: what is published under an HTTP status is how often it was answered.
pub(super) fn is_http_status(key: &str) -> bool {
    let digit_or_x = |byte: u8| byte.is_ascii_digit() || byte == b'x';
    matches!(key.as_bytes(), [b'1'..=b'5', a, b] if digit_or_x(*a) && digit_or_x(*b))
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
