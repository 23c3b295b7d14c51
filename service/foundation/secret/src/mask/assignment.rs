//! Values of names that say they are secret.

use std::ops::Range;

use super::name::{is_name_byte, is_secret, is_secret_flag};

/// Where in the text such values are.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    for (at, mark) in text.match_indices(['=', ':']) {
        secrets.extend(if mark == "=" {
            after_equals(text, at)
        } else {
            after_colon(text, at)
        });
    }
    let mut before = None;
    for (start, word) in words(text) {
        if before.is_some_and(announces_a_secret) {
            secrets.extend(value(text, start, &[',']));
        }
        before = Some(word);
    }
    secrets
}

/// A flag whose value is the next word, or the scheme of an `Authorization` header.
fn announces_a_secret(word: &str) -> bool {
    let scheme = word.rsplit(['=', ':', '"', '\'']).next().unwrap_or(word);
    is_secret_flag(word)
        || scheme.eq_ignore_ascii_case("bearer")
        || scheme.eq_ignore_ascii_case("basic")
}

/// `name=value`; within a URL's query the value ends with the parameter.
fn after_equals(text: &str, at: usize) -> Option<Range<usize>> {
    let name_start = text[..at]
        .bytes()
        .rposition(|byte| !is_name_byte(byte))
        .map_or(0, |before| before + 1);
    if !is_secret(&text[name_start..at]) {
        return None;
    }
    let in_query = text[..name_start].ends_with(['?', '&']);
    value(
        text,
        at + 1,
        if in_query { &['&', '#'] } else { &[',', ';'] },
    )
}

/// `"name": value`, as JSON writes it. Without the quotes it may be prose: `unexpected token: x`.
fn after_colon(text: &str, at: usize) -> Option<Range<usize>> {
    let name = text[..at].trim_end().strip_suffix('"')?;
    let name = &name[name.rfind('"')? + 1..];
    if !is_secret(name) {
        return None;
    }
    let rest = &text[at + 1..];
    value(text, text.len() - rest.trim_start().len(), &[',', '}', ']'])
}

/// The value that starts here: up to its closing quote, or else to a space or one of `ends`.
fn value(text: &str, start: usize, ends: &[char]) -> Option<Range<usize>> {
    let rest = &text[start..];
    // JSON in JSON: a quote there has as many backslashes before it as the one at the end.
    let escapes = rest.len() - rest.trim_start_matches('\\').len();
    if escapes > 0 && rest[escapes..].starts_with('"') {
        let inside = &rest[escapes + 1..];
        let end = inside.find(&rest[..=escapes]).unwrap_or(inside.len());
        let start = start + escapes + 1;
        return (end > 0).then_some(start..start + end);
    }
    let quote = rest
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    let range = if let Some(quote) = quote {
        start + 1..start + 1 + quoted_len(&rest[1..], quote)
    } else {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'') || ends.contains(&c);
        start..start + rest.find(is_end).unwrap_or(rest.len())
    };
    (!range.is_empty()).then_some(range)
}

/// Bytes before the closing quote, or all if there is none.
fn quoted_len(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at,
            _ => {}
        }
    }
    text.len()
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace()
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}
