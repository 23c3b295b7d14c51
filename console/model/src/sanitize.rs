//! Strangers' text made safe for a terminal.

use std::borrow::Cow;
use std::iter;

/// `text` without anything a terminal would obey: control characters become their pictures (`␛`), line breaks and tabs
/// become spaces, characters that reorder or hide text become `�`. Text without any of those is borrowed.
///
/// ```
/// assert_eq!(cutaway_model::sanitize("a\x1b[31mb\nc"), "a␛[31mb c");
/// ```
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| safe(c) == c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(safe).collect())
}

/// The beginning of a stranger's body on one line: sanitized, runs of white space made one space, at most `limit`
/// characters, `…` at the end when there was more. Bytes that are not UTF-8 become `�`.
pub fn first_lines(body: &[u8], limit: usize) -> String {
    // A character has at most four bytes; white space may be squeezed, so look at somewhat more than `limit`.
    let window = &body[..body.len().min(limit.saturating_mul(8))];
    let text = String::from_utf8_lossy(window);
    let safe = sanitize(&text);
    let mut words = safe.split_whitespace();
    let mut chars = words
        .next()
        .unwrap_or_default()
        .chars()
        .chain(words.flat_map(|word| iter::once(' ').chain(word.chars())));
    let mut line: String = chars.by_ref().take(limit).collect();
    if chars.next().is_some() || window.len() < body.len() {
        line.push('…');
    }
    line
}

fn safe(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('�'),
        '\u{7f}' => '␡',
        c if c.is_control() || is_deceptive(c) => '�',
        c => c,
    }
}

/// Characters that change the order of others, or are there without being seen.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(sanitize("naïve 名前 ✔"), Cow::Borrowed(_)));
    }

    #[test]
    fn nothing_a_terminal_obeys_is_left() {
        let all: String = ('\0'..='\u{ffff}').collect();
        let clean = sanitize(&all);
        assert!(!clean.chars().any(char::is_control));
        assert!(!clean.contains('\u{202e}'));
        assert_eq!(sanitize("\x1b]0;title\x07\u{9b}2J"), "␛]0;title␇�2J");
    }

    #[test]
    fn bodies_become_one_short_line() {
        assert_eq!(
            first_lines(b"  internal\r\n\r\n\terror  \n", 200),
            "internal error"
        );
        assert_eq!(first_lines(b"abcdef", 3), "abc…");
        assert_eq!(first_lines(b"abc", 3), "abc");
        assert_eq!(first_lines(b"", 3), "");
        assert_eq!(first_lines(b"\xff\xfeok", 200), "��ok");
        assert_eq!(
            first_lines("x".repeat(100_000).as_bytes(), 200)
                .chars()
                .count(),
            201
        );
    }
}
