use std::sync::Arc;

use super::{Number, Path, Scalar};

/// How deep objects and arrays may be nested.
pub const MAX_DEPTH: usize = 128;

/// Keys of all paths together that a document may have beyond one for each of its bytes. Without
/// this, a small document of deeply nested short keys would take a thousand times its size.
const SPARE_SEGMENTS: usize = 4_096;

/// Offset and message.
pub(super) type Failure = (usize, String);

/// Reads JSON into values by path, without building a tree.
pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// Objects and arrays around the current position.
    depth: usize,
    /// The keys of the objects around the current position.
    keys: Vec<Arc<str>>,
    /// The keys in the paths of `values`.
    segments: usize,
    values: Vec<(Path, Scalar)>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            keys: Vec::new(),
            segments: 0,
            values: Vec::new(),
        }
    }

    pub(super) fn document(mut self) -> Result<Vec<(Path, Scalar)>, Failure> {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object()?,
            None => return Err((self.at, "the document is empty".into())),
            Some(_) => return Err(self.expected("an object")),
        }
        self.skip_space();
        match self.peek() {
            None => Ok(self.values),
            Some(_) => Err(self.expected("nothing after the document")),
        }
    }

    /// Reads an object whose members are variables.
    fn object(&mut self) -> Result<(), Failure> {
        self.members(|parser, key| {
            parser.keys.push(key.into());
            if parser.peek() == Some(b'{') {
                parser.object()?;
            } else {
                let value = parser.scalar()?;
                parser.publish(value)?;
            }
            parser.keys.pop();
            Ok(())
        })
    }

    fn publish(&mut self, value: Scalar) -> Result<(), Failure> {
        self.segments += self.keys.len();
        if self.segments > self.text.len() + SPARE_SEGMENTS {
            return Err((self.at, "too many deeply nested variables".into()));
        }
        self.values.push((Path::from_segments(&self.keys), value));
        Ok(())
    }

    /// Reads any value; an object, which can only be inside an array here, becomes its own text.
    fn scalar(&mut self) -> Result<Scalar, Failure> {
        match self.peek() {
            Some(b'"') => Ok(Scalar::Text(self.string()?)),
            Some(b'[') => Ok(Scalar::Array(self.array()?)),
            Some(b'{') => {
                let start = self.at;
                self.skip_object()?;
                Ok(Scalar::Text(self.text[start..self.at].into()))
            }
            _ => self.word(),
        }
    }

    fn skip_object(&mut self) -> Result<(), Failure> {
        self.members(|parser, _| parser.skip_value())
    }

    fn skip_value(&mut self) -> Result<(), Failure> {
        match self.peek() {
            Some(b'{') => self.skip_object(),
            Some(b'[') => self.elements(Self::skip_value),
            Some(b'"') => self.string().map(drop),
            _ => self.word().map(drop),
        }
    }

    fn array(&mut self) -> Result<Vec<Scalar>, Failure> {
        let mut items = Vec::new();
        self.elements(|parser| {
            items.push(parser.scalar()?);
            Ok(())
        })?;
        Ok(items)
    }

    /// Reads `{"key": value, …}`; `value` is called at the start of each value.
    fn members(
        &mut self,
        mut value: impl FnMut(&mut Self, String) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.sequence(b'}', |parser| {
            if parser.peek() != Some(b'"') {
                return Err(parser.expected("a key in quotes"));
            }
            let key = parser.string()?;
            parser.skip_space();
            if !parser.take(b':') {
                return Err(parser.expected("`:`"));
            }
            parser.skip_space();
            value(parser, key)
        })
    }

    /// Reads `[item, …]`; `item` is called at the start of each item.
    fn elements(
        &mut self,
        item: impl FnMut(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.sequence(b']', item)
    }

    /// Reads what stands in brackets, separated by commas. The opening bracket is next.
    fn sequence(
        &mut self,
        end: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.depth == MAX_DEPTH {
            return Err((self.at, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        if !self.take(end) {
            loop {
                item(self)?;
                self.skip_space();
                if self.take(end) {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.expected(&format!("`,` or `{}`", char::from(end))));
                }
                self.skip_space();
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads a number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Scalar, Failure> {
        let word = self.next_word();
        let value = match word {
            "true" => Scalar::Bool(true),
            "false" => Scalar::Bool(false),
            "null" => Scalar::Null,
            _ => number(word).ok_or_else(|| self.expected("a value"))?,
        };
        self.at += word.len();
        Ok(value)
    }

    fn string(&mut self) -> Result<String, Failure> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let plain = rest
                .iter()
                .position(|&b| b == b'"' || b == b'\\' || b < b' ');
            let plain = plain.ok_or_else(|| self.ends_in_string())?;
            text.push_str(&self.text[self.at..self.at + plain]);
            self.at += plain;
            match rest[plain] {
                b'"' => break,
                b'\\' => text.push(self.escape()?),
                _ => return Err((self.at, "control character in a string".into())),
            }
        }
        self.at += 1;
        Ok(text)
    }

    /// Reads an escape; the backslash is next.
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

    fn ends_in_string(&self) -> Failure {
        (self.text.len(), "the document ends inside a string".into())
    }

    /// Reads the digits of `\uXXXX`, and the second half of a pair if this is the first.
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

    fn expected(&self, what: &str) -> Failure {
        let found = match self.text[self.at..].chars().next() {
            None => "the end".to_owned(),
            Some(first @ ('"' | '\'' | '\\')) => format!("`{first}`"),
            Some(first) if self.next_word().is_empty() => format!("`{}`", first.escape_debug()),
            Some(_) => format!("`{}`", shortened(self.next_word())),
        };
        (self.at, format!("expected {what}, found {found}"))
    }

    /// What looks like a number or a word from here.
    fn next_word(&self) -> &'a str {
        let rest = &self.text[self.at..];
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
        &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())]
    }

    fn skip_space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
        self.at += rest.iter().position(|b| !is_space(b)).unwrap_or(rest.len());
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }
}

fn number(word: &str) -> Option<Scalar> {
    let number = match word.trim_start_matches(['+', '-']) {
        "NaN" if word.len() <= 4 => Number::F64(f64::NAN),
        "Inf" | "Infinity" => Number::F64(infinity(word)?),
        _ if !is_json_number(word) => return None,
        _ => exact(word)?,
    };
    match number {
        // It was written with digits but exceeds f64: kept as what it is.
        Number::F64(value)
            if value.is_infinite() && word.ends_with(|c: char| c.is_ascii_digit()) =>
        {
            Some(Scalar::Text(word.into()))
        }
        number => Some(Scalar::Number(number)),
    }
}

fn infinity(word: &str) -> Option<f64> {
    match word.strip_suffix("inity").unwrap_or(word) {
        "Inf" | "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

fn exact(word: &str) -> Option<Number> {
    if let Ok(value) = word.parse() {
        return Some(Number::U64(value));
    }
    match word.parse() {
        // "-0" is a float: there is no such whole number.
        Ok(value) if value < 0 => Some(Number::I64(value)),
        _ => word.parse().ok().map(Number::F64),
    }
}

/// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
fn is_json_number(word: &str) -> bool {
    let word = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        ),
        None => (word, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let no_leading_zero = whole == "0" || !whole.starts_with('0');
    digits(whole) && no_leading_zero && fraction.is_none_or(digits) && exponent.is_none_or(digits)
}

/// A word for a message, which an endless one must not fill.
fn shortened(word: &str) -> String {
    match word.char_indices().nth(20) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.into(),
    }
}
