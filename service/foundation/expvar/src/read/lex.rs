//! The smallest pieces of JSON: strings, words, blanks.

use std::borrow::Cow;

/// Offset and message.
pub(super) type Failure = (usize, String);

/// A position in a text.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    pub(super) fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes `byte` if it is next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub(super) fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes `bytes` bytes of what was peeked at.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// What looks like a number or a word: nothing, if neither is next.
    pub(super) fn peek_word(&self) -> &'a str {
        let is_word =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_');
        let rest = &self.text[self.at..];
        let end = rest.bytes().position(|byte| !is_word(byte));
        &rest[..end.unwrap_or(rest.len())]
    }

    /// Takes a string, whose opening quote is next, and resolves its escapes.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Failure> {
        self.at += 1;
        let mut text = Cow::Borrowed(self.plain_characters()?);
        while self.peek() == Some(b'\\') {
            let c = self.escape()?;
            let plain = self.plain_characters()?;
            let text = text.to_mut();
            text.push(c);
            text.push_str(plain);
        }
        self.at += 1;
        Ok(text)
    }

    /// The message that something else should be here.
    pub(super) fn expected(&self, what: &str) -> Failure {
        let found = match self.text[self.at..].chars().next() {
            None => "the end".to_owned(),
            Some(first @ ('"' | '\'' | '\\')) => format!("`{first}`"),
            Some(first) if self.peek_word().is_empty() => format!("`{}`", first.escape_debug()),
            Some(_) => format!("`{}`", shortened(self.peek_word())),
        };
        (self.at, format!("expected {what}, found {found}"))
    }

    /// Takes what precedes the next escape or the end of the string.
    fn plain_characters(&mut self) -> Result<&'a str, Failure> {
        let rest = &self.text[self.at..];
        let end = rest
            .bytes()
            .position(|byte| matches!(byte, b'"' | b'\\' | ..b' '));
        let end = end.ok_or_else(|| self.ends_in_string())?;
        self.at += end;
        if rest.as_bytes()[end] < b' ' {
            return Err((self.at, "control character in a string".into()));
        }
        Ok(&rest[..end])
    }

    /// Takes an escape, whose backslash is next.
    fn escape(&mut self) -> Result<char, Failure> {
        let start = self.at;
        let kind = self.text.as_bytes().get(start + 1).copied();
        self.at += 2;
        Ok(match kind {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.unicode_escape(start)?,
            None => return Err(self.ends_in_string()),
            Some(_) => return Err((start, "unknown escape in a string".into())),
        })
    }

    /// Takes the digits of `\uXXXX`, and the second half of a pair if this is the first.
    fn unicode_escape(&mut self, start: usize) -> Result<char, Failure> {
        let bad = || (start, "`\\u` needs four hexadecimal digits".to_owned());
        let first = self.hex(self.at).ok_or_else(bad)?;
        self.at += 4;
        let is_pair = (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u");
        if is_pair && let Some(second @ 0xdc00..0xe000) = self.hex(self.at + 2) {
            self.at += 6;
            let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.text.as_bytes().get(at..at + 4)?;
        digits.iter().try_fold(0, |code, &digit| {
            Some(code * 16 + char::from(digit).to_digit(16)?)
        })
    }

    fn ends_in_string(&self) -> Failure {
        (self.text.len(), "the document ends inside a string".into())
    }
}

/// A word for a message, which an endless one must not fill.
fn shortened(word: &str) -> Cow<'_, str> {
    match word.get(..20) {
        Some(start) if word.len() > 20 => format!("{start}…").into(),
        _ => word.into(),
    }
}
