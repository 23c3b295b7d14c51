use std::sync::Arc;

use super::lex::{Failure, Lexer};
use super::{Path, Scalar, number};

/// How deep objects and arrays may be nested.
pub const MAX_DEPTH: usize = 128;

/// Keys of all paths together that a document may have beyond one for each of its bytes. Without
/// this, a small document of deeply nested short keys would take a thousand times its size.
const SPARE_SEGMENTS: usize = 4_096;

/// Reads the variables of a document, without building a tree.
pub(super) fn variables(text: &str) -> Result<Vec<(Path, Scalar)>, Failure> {
    let mut parser = Parser {
        lexer: Lexer::new(text),
        depth: 0,
        keys: vec![],
        segments: 0,
        found: vec![],
    };
    parser.lexer.skip_space();
    match parser.lexer.peek() {
        Some(b'{') => parser.object()?,
        None => return Err((text.len(), "the document is empty".into())),
        Some(_) => return Err(parser.lexer.expected("an object")),
    }
    parser.lexer.skip_space();
    match parser.lexer.peek() {
        None => Ok(parser.found),
        Some(_) => Err(parser.lexer.expected("nothing after the document")),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// Objects and arrays around the current position.
    depth: usize,
    /// The keys of the objects around the current position.
    keys: Vec<Arc<str>>,
    /// The keys in all the paths of `found`.
    segments: usize,
    found: Vec<(Path, Scalar)>,
}

impl Parser<'_> {
    /// Reads an object whose members are variables.
    fn object(&mut self) -> Result<(), Failure> {
        self.members(|parser, key| {
            parser.keys.push(key.into());
            if parser.lexer.peek() == Some(b'{') {
                parser.object()?;
            } else {
                let value = parser.scalar()?;
                parser.add(value)?;
            }
            parser.keys.pop();
            Ok(())
        })
    }

    fn add(&mut self, value: Scalar) -> Result<(), Failure> {
        self.segments += self.keys.len();
        if self.segments > self.lexer.text().len() + SPARE_SEGMENTS {
            return Err((
                self.lexer.offset(),
                "too many deeply nested variables".into(),
            ));
        }
        self.found.push((Path::from_segments(&self.keys), value));
        Ok(())
    }

    /// Reads any value; an object, which can only be inside an array here, becomes its own text.
    fn scalar(&mut self) -> Result<Scalar, Failure> {
        match self.lexer.peek() {
            Some(b'"') => Ok(Scalar::Text(self.lexer.string()?.into_owned())),
            Some(b'[') => Ok(Scalar::Array(self.array()?)),
            Some(b'{') => {
                let start = self.lexer.offset();
                self.skip_object()?;
                Ok(Scalar::Text(
                    self.lexer.text()[start..self.lexer.offset()].into(),
                ))
            }
            _ => self.word(),
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

    /// Reads a number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Scalar, Failure> {
        let word = self.lexer.peek_word();
        let value = match word {
            "true" => Some(Scalar::Bool(true)),
            "false" => Some(Scalar::Bool(false)),
            "null" => Some(Scalar::Null),
            _ => number::read(word),
        };
        let value = value.ok_or_else(|| self.lexer.expected("a value"))?;
        self.lexer.skip(word.len());
        Ok(value)
    }

    fn skip_object(&mut self) -> Result<(), Failure> {
        self.members(|parser, _| parser.skip_value())
    }

    fn skip_value(&mut self) -> Result<(), Failure> {
        match self.lexer.peek() {
            Some(b'{') => self.skip_object(),
            Some(b'[') => self.elements(Self::skip_value),
            Some(b'"') => self.lexer.string().map(drop),
            _ => self.word().map(drop),
        }
    }

    /// Reads `{"key": value, …}`; `value` is called at the start of each value.
    fn members(
        &mut self,
        mut value: impl FnMut(&mut Self, &str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.sequence(b'}', |parser| {
            if parser.lexer.peek() != Some(b'"') {
                return Err(parser.lexer.expected("a key in quotes"));
            }
            let key = parser.lexer.string()?;
            parser.lexer.skip_space();
            if !parser.lexer.take(b':') {
                return Err(parser.lexer.expected("`:`"));
            }
            parser.lexer.skip_space();
            value(parser, &key)
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
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            return Err((self.lexer.offset(), message));
        }
        self.depth += 1;
        self.lexer.skip(1);
        self.lexer.skip_space();
        if !self.lexer.take(end) {
            item(self)?;
            while self.next_item(end)? {
                item(self)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Takes the comma before another item, or the closing bracket.
    fn next_item(&mut self, end: u8) -> Result<bool, Failure> {
        self.lexer.skip_space();
        if self.lexer.take(end) {
            return Ok(false);
        }
        if !self.lexer.take(b',') {
            return Err(self
                .lexer
                .expected(&format!("`,` or `{}`", char::from(end))));
        }
        self.lexer.skip_space();
        Ok(true)
    }
}
