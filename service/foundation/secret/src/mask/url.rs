//! Passwords before a host.

use std::ops::Range;

/// Where in the text passwords of URLs and of `user:password@host` are.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    for (start, word) in words(text) {
        let found = if word.contains("://") {
            plain(word)
        } else {
            encoded(word).or_else(|| bare(word))
        };
        secrets.extend(found.map(|secret| start + secret.start..start + secret.end));
    }
    secrets
}

/// The text's words with their places; a URL ends at a space, a quote or another of these marks, and where in a list
/// the next URL begins.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '|' | ',');
    let mut start = 0;
    text.split(ends).map(move |word| {
        let at = start;
        // Every mark above but white space is one byte long.
        start += word.len()
            + text[at + word.len()..]
                .chars()
                .next()
                .map_or(0, char::len_utf8);
        (at, word)
    })
}

/// `scheme://user:password@host`, or for the web `scheme://token@host`.
fn plain(word: &str) -> Option<Range<usize>> {
    let scheme_end = word.find("://")?;
    let start = scheme_end + 3;
    let authority_end = word[start..]
        .find(['/', '?', '#'])
        .map_or(word.len(), |at| start + at);
    let authority = &word[start..authority_end];
    let at = match authority.rfind('@') {
        Some(at) => start + at,
        // A password may contain a raw slash; then what seems to be the port is none.
        None if has_odd_port(authority) => start + word[start..].rfind('@')?,
        None => return None,
    };
    match word[start..at].find(':') {
        Some(colon) => non_empty(start + colon + 1..at),
        None if word[..scheme_end].ends_with("http") || word[..scheme_end].ends_with("https") => {
            non_empty(start..at)
        }
        None => None,
    }
}

fn has_odd_port(authority: &str) -> bool {
    let port = authority.rsplit_once(':').map(|(_, port)| port);
    !authority.ends_with(']')
        && port.is_some_and(|port| port.bytes().any(|byte| !byte.is_ascii_digit()))
}

/// `scheme%3A%2F%2Fuser%3Apassword%40host`: a URL inside another's query.
fn encoded(word: &str) -> Option<Range<usize>> {
    let lower = word.to_ascii_lowercase();
    let start = lower.find("%3a%2f%2f")? + 9;
    let authority_end = lower[start..]
        .find("%2f")
        .map_or(lower.len(), |at| start + at);
    let at = start + lower[start..authority_end].rfind("%40")?;
    let colon = start + lower[start..at].find("%3a")?;
    non_empty(colon + 3..at)
}

/// `user:password@host` without a scheme.
fn bare(word: &str) -> Option<Range<usize>> {
    let at = word.rfind('@')?;
    let user_start = word[..at].rfind('=').map_or(0, |equals| equals + 1);
    let colon = user_start + word[user_start..at].find(':')?;
    let user = &word[user_start..colon];
    let plausible = !user.is_empty()
        && user.bytes().all(super::name::is_name_byte)
        && !word[at + 1..].is_empty();
    if plausible {
        non_empty(colon + 1..at)
    } else {
        None
    }
}

fn non_empty(range: Range<usize>) -> Option<Range<usize>> {
    (!range.is_empty()).then_some(range)
}
