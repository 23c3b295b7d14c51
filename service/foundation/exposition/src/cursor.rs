/// What is left of a line.
pub(crate) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(line: &'a str) -> Self {
        Self { rest: line }
    }

    pub(crate) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next character without taking it.
    pub(crate) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Takes `wanted` if it is next.
    pub(crate) fn take(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes characters as long as `wanted` holds.
    pub(crate) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Takes everything up to the next blank.
    pub(crate) fn word(&mut self) -> &'a str {
        self.take_while(|c| !is_blank(c))
    }

    pub(crate) fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(is_blank);
    }

    /// Takes a string in quotes, the first of which is next, and resolves its escapes.
    pub(crate) fn quoted(&mut self) -> Result<String, String> {
        self.take('"');
        let mut end = 0;
        let bytes = self.rest.as_bytes();
        while bytes.get(end).is_some_and(|&byte| byte != b'"') {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        if end >= bytes.len() {
            return Err("a string has no closing quote".into());
        }
        let text = unescape(&self.rest[..end]);
        self.rest = &self.rest[end + 1..];
        Ok(text)
    }

    /// The message that something else should be here.
    pub(crate) fn expected(&self, what: &str) -> String {
        match self.peek() {
            None => format!("expected {what}, found the end of the line"),
            Some(found) => format!("expected {what}, found `{}`", visible(found)),
        }
    }
}

pub(crate) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Resolves `\\`, `\"` and `\n`; any other escape stands for itself.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let (c, taken) = match after.as_bytes().first() {
            Some(b'\\') => ('\\', 1),
            Some(b'"') => ('"', 1),
            Some(b'n') => ('\n', 1),
            _ => ('\\', 0),
        };
        out.push(c);
        rest = &after[taken..];
    }
    out + rest
}

/// A part of the input as it may appear in a message: short, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(40).map(visible).collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

fn visible(c: char) -> String {
    match c {
        '"' | '\'' | '\\' => c.into(),
        _ => c.escape_debug().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_and_unknown_ones_kept() {
        let cases = [
            ("", ""),
            ("plain", "plain"),
            (r"a\\b", r"a\b"),
            (r#"\"x\""#, "\"x\""),
            (r"two\nlines", "two\nlines"),
            (r"C:\dir\\new", r"C:\dir\new"),
            (r"\\n", r"\n"),
            (r"end\", r"end\"),
            (r"\ż", r"\ż"),
        ];
        for (text, expected) in cases {
            assert_eq!(unescape(text), expected, "{text}");
        }
    }
}
