//! What the rows of a measured table must hold.

use crate::book::expand;
use regex::Regex;
use std::sync::LazyLock;

/// What a verdict may begin with.
pub(in crate::book) const VERDICTS: [&str; 4] = ["holds", "hardly", "does not hold", "depends"];

/// A number with a unit, where no directive has put it.
static TYPED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\d[\d.,]*[ \u{a0}]*(?:(?:ns|µs|μs|us|ms|s|min|[kKMG]i?B|B)\b|%|×|/s\b|per (?:second|cent)\b|percent\b)",
    )
    .expect("a constant pattern")
});

/// Whether a cell has a number that a lab has written, and none that somebody has typed.
pub(super) fn check_numbers(cell: &str) -> Result<(), String> {
    let numbers = expand::DIRECTIVE.captures_iter(cell);
    let has_number = numbers
        .into_iter()
        .any(|found| found[1].is_empty() && expand::split(&found[2]).0 == "number");
    let typed = expand::DIRECTIVE.replace_all(cell, " ");
    if let Some(typed) = TYPED.find(&typed) {
        return Err(format!(
            "a measurement typed by hand: {:?}; labs write numbers: {{{{#number LAB/FIGURE ROW/COLUMN}}}}",
            typed.as_str()
        ));
    }
    if has_number {
        return Ok(());
    }
    Err("nothing is measured: this cell needs a {{#number LAB/FIGURE ROW/COLUMN}}".to_owned())
}

/// Whether a cell begins with one of the [`VERDICTS`].
pub(super) fn check_verdict(cell: &str) -> Result<(), String> {
    if verdict(cell).is_some() {
        return Ok(());
    }
    Err(format!(
        "a verdict begins with one of: {}; this one is {cell:?}",
        VERDICTS.join(", ")
    ))
}

fn verdict(cell: &str) -> Option<&'static str> {
    VERDICTS.into_iter().find(|verdict| {
        let rest = cell.strip_prefix(verdict);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}

/// The verdict's word stands out; its meaning does not hang on a colour.
pub(super) fn badge(html: &str) -> String {
    let Some(word) = verdict(html) else {
        return html.to_owned();
    };
    let class = word.split(' ').next().unwrap_or_default();
    format!(
        "<strong class=\"verdict verdict-{class}\">{word}</strong>{}",
        &html[word.len()..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_typed_by_hand_are_found() {
        for typed in [
            "about 12 ms",
            "1,200/s",
            "5 %",
            "3.5×",
            "2 KiB",
            "40 per second",
        ] {
            assert!(TYPED.is_match(typed), "{typed}");
        }
        for word in [
            "capacity 16",
            "with 512 orders",
            "3 senders",
            "p99",
            "2 sends",
        ] {
            assert!(!TYPED.is_match(word), "{word}");
        }
    }

    #[test]
    fn verdicts_are_few() {
        assert_eq!(verdict("does not hold: why"), Some("does not hold"));
        assert_eq!(verdict("depends"), Some("depends"));
        assert_eq!(verdict("dependsish"), None);
        assert_eq!(verdict("wrong"), None);
    }
}
