//! The few pieces of JSON that the document is made of.

use std::fmt::{Display, Write as _};

/// Writes what displays as JSON already: integers, `serde_json` values.
pub(crate) fn display(out: &mut String, value: impl Display) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{value}");
}

/// The shortest text that reads back as the same number, always with a `.` or an exponent; `null`
/// for what JSON cannot say.
pub(crate) fn float(out: &mut String, value: f64) {
    if value.is_finite() {
        let _ = write!(out, "{value:?}");
    } else {
        out.push_str("null");
    }
}

/// A quoted string. Escapes what Go's encoder escapes: with `<`, `>` and `&` nobody can mistake the
/// document for HTML, with U+2028 and U+2029 it may stand in a script.
pub(crate) fn string(out: &mut String, text: &str) {
    out.push('"');
    // Names seldom hold anything odd, and looking at bytes is quicker than looking at characters.
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let mut rest = text;
    if is_plain {
        out.push_str(rest);
        rest = "";
    }
    while let Some((at, c)) = rest.char_indices().find(|&(_, c)| needs_escape(c)) {
        out.push_str(&rest[..at]);
        escape(out, c);
        rest = &rest[at + c.len_utf8()..];
    }
    out.push_str(rest);
    out.push('"');
}

fn needs_escape(c: char) -> bool {
    matches!(
        c,
        '"' | '\\' | '\0'..'\u{20}' | '\u{7f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}'
    )
}

fn escape(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c => display(out, format_args!("\\u{:04x}", u32::from(c))),
    }
}

/// The members of an object, written the way Go writes a map: `{"a": 1, "b": 2}`.
pub(crate) fn object<T>(
    out: &mut String,
    members: impl IntoIterator<Item = (impl AsRef<str>, T)>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push('{');
    let mut separator = "";
    for (key, value) in members {
        out.push_str(separator);
        separator = ", ";
        string(out, key.as_ref());
        out.push_str(": ");
        write(out, value);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_valid_json_whatever_they_hold() {
        let cases = [
            ("", r#""""#),
            ("plain", r#""plain""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("line\nline\ttab\r", r#""line\nline\ttab\r""#),
            ("<script>&", r#""\u003cscript\u003e\u0026""#),
            ("\0\u{1b}[31m\u{7f}", r#""\u0000\u001b[31m\u007f""#),
            ("żółw 🐢\u{2028}", "\"żółw 🐢\\u2028\""),
        ];
        for (text, expected) in cases {
            let mut out = String::new();
            string(&mut out, text);
            assert_eq!(out, expected);
            let back: String = serde_json::from_str(&out).expect("valid JSON");
            assert_eq!(back, text);
        }
    }

    #[test]
    fn floats_are_shortest_and_exact() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e300, "1e300"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e308"),
            (f64::NAN, "null"),
            (f64::INFINITY, "null"),
            (f64::NEG_INFINITY, "null"),
        ];
        for (value, expected) in cases {
            let mut out = String::new();
            float(&mut out, value);
            assert_eq!(out, expected);
        }
    }
}
