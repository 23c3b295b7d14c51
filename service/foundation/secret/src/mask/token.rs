//! JSON Web Tokens, which are known by their looks: three parts of base64url, the first of which begins an object.

use std::ops::Range;

/// How the header of each begins: `{"` in base64url.
const BEGINNING: &str = "eyJ";

/// Where in the text they are.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut found = Vec::new();
    let mut end = 0;
    for (start, _) in text.match_indices(BEGINNING) {
        let begins = start >= end && !text[..start].ends_with(is_part);
        if !begins {
            continue;
        }
        let rest = &text[start..];
        let word = &rest[..rest.find(|c| !is_part(c) && c != '.').unwrap_or(rest.len())];
        // A full stop behind it is not its own.
        let token = word.trim_end_matches('.');
        let mut parts = token.split('.');
        end = start + word.len();
        if parts.clone().count() >= 3 && parts.all(|part| !part.is_empty()) {
            found.push(start..start + token.len());
        }
    }
    found
}
