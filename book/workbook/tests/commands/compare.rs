//! Whether a program has printed what its page shows.
//!
//! What may differ is marked on the page: `…` in a line is anything on that line, a line that is only `…` any lines. In a block
//! whose fence says `numbers`, a word with a digit in it may be another such word, and a unit of time or size another one;
//! widths of columns do not count there.

use regex::Regex;
use std::sync::LazyLock;
use workbook::printed::Shown;

/// Where they differ, if they do.
pub(crate) fn differ(shown: &Shown, printed: &str) -> Option<String> {
    let lines: Vec<String> = printed
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    let end = lines
        .iter()
        .rposition(|line| !line.is_empty())
        .map_or(0, |last| last + 1);
    let patterns: Vec<Option<Regex>> = shown
        .lines
        .iter()
        .map(|line| pattern(line, shown.numbers))
        .collect();
    let mut furthest = 0;
    if matches(&patterns, &lines[..end], 0, 0, &mut furthest) {
        return None;
    }
    let expected = shown.lines.get(furthest).map_or("its end", String::as_str);
    Some(format!(
        "the page shows, from here on different: {expected}\nit printed:\n{}",
        lines[..end].join("\n")
    ))
}

/// What fits a line; none for one that stands for any lines.
fn pattern(line: &str, numbers: bool) -> Option<Regex> {
    if line == "…" {
        return None;
    }
    let parts: Vec<String> = line
        .split('…')
        .map(|part| {
            if numbers {
                any_numbers(part)
            } else {
                regex::escape(part)
            }
        })
        .collect();
    Some(Regex::new(&format!("^{}$", parts.join(".*"))).expect("an escaped pattern"))
}

fn any_numbers(text: &str) -> String {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[\w.]*\d[\w.]*(?: (?:ns|µs|ms|s|B|KiB|MiB)\b)?| +")
            .expect("a constant pattern")
    });
    let mut pattern = String::new();
    let mut last = 0;
    for found in NUMBER.find_iter(text) {
        pattern.push_str(&regex::escape(&text[last..found.start()]));
        pattern.push_str(if found.as_str().starts_with(' ') {
            " +"
        } else {
            r"[\w.]*\d[\w.]*(?: (?:ns|µs|ms|s|B|KiB|MiB)\b)?"
        });
        last = found.end();
    }
    pattern + &regex::escape(&text[last..])
}

fn matches(
    patterns: &[Option<Regex>],
    lines: &[String],
    at: usize,
    line: usize,
    furthest: &mut usize,
) -> bool {
    *furthest = (*furthest).max(at);
    match patterns.get(at) {
        None => line == lines.len(),
        Some(Some(pattern)) => {
            lines.get(line).is_some_and(|text| pattern.is_match(text))
                && matches(patterns, lines, at + 1, line + 1, furthest)
        }
        Some(None) => {
            (line..=lines.len()).any(|next| matches(patterns, lines, at + 1, next, furthest))
        }
    }
}

#[test]
fn only_what_is_marked_may_differ() {
    let fits = |shown: &str, numbers: bool, printed: &str| {
        let lines = shown.lines().map(str::to_owned).collect();
        differ(&Shown { lines, numbers }, printed).is_none()
    };
    assert!(fits("a\n  b 1", false, "a\n  b 1\n\n"));
    assert!(!fits("a", false, "a\nb\n"));
    assert!(!fits("a\nb", false, "a\n"));
    assert!(!fits("a 1", false, "a 2\n"));
    assert!(fits("a …s\n…\nz", false, "a 2 s\nb\nc\nz\n"));
    assert!(!fits("…\nz", false, "a\n"));
    assert!(fits("p99  436 µs   0", true, "p99 1.2 s 17\n"));
    assert!(!fits("p99 436 µs", true, "p90 µs\n"));
    assert!(!fits("errors 0", true, "faults 0\n"));
}
