//! Reading conditions.

use super::{Node, Operator};

/// How deep parentheses and signs may be nested.
const MAX_DEPTH: usize = 64;

pub(super) fn parse(text: &str) -> Result<Node, String> {
    let mut parser = Parser { text, at: 0 };
    let node = parser.binary(0, 0)?;
    match parser.rest() {
        "" => Ok(node),
        rest => Err(format!("{} is one too many", shown(rest))),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

/// Operators by how tightly they bind, the loosest first. Of two with the same beginning the longer stands first.
const LEVELS: [&[(&str, Operator)]; 5] = [
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[
        (">=", Operator::GreaterEqual),
        (">", Operator::Greater),
        ("<=", Operator::LessEqual),
        ("<", Operator::Less),
        ("==", Operator::Equal),
        ("!=", Operator::Unequal),
    ],
    &[("+", Operator::Plus), ("-", Operator::Minus)],
    &[("*", Operator::Times), ("/", Operator::Over)],
];

/// The units a number may have, and what each is worth; longer ones before those they begin with.
const UNITS: [(&str, f64); 17] = [
    ("%", 0.01),
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3_600e9),
    ("B", 1.0),
    ("kB", 1_024.0),
    ("KB", 1_024.0),
    ("KiB", 1_024.0),
    ("MB", 1_048_576.0),
    ("MiB", 1_048_576.0),
    ("GB", 1_073_741_824.0),
    ("GiB", 1_073_741_824.0),
    ("", 1.0),
];

impl<'a> Parser<'a> {
    fn binary(&mut self, level: usize, depth: usize) -> Result<Node, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.factor(depth);
        };
        let mut left = self.binary(level + 1, depth)?;
        while let Some(operator) = self.operator(operators) {
            let right = self.binary(level + 1, depth)?;
            left = Node::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn factor(&mut self, depth: usize) -> Result<Node, String> {
        if depth > MAX_DEPTH {
            return Err(format!("is nested more than {MAX_DEPTH} deep"));
        }
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Err("ends where a value is needed".to_owned());
        };
        match first {
            '(' => {
                self.take(1);
                let node = self.binary(0, depth + 1)?;
                self.close()?;
                Ok(node)
            }
            '-' => {
                self.take(1);
                Ok(Node::Minus(Box::new(self.factor(depth + 1)?)))
            }
            '!' => {
                self.take(1);
                Ok(Node::Not(Box::new(self.factor(depth + 1)?)))
            }
            '"' | '\'' => Ok(Node::Name(self.quoted()?)),
            '0'..='9' | '.' => self.number(),
            c if is_name(c) => self.name(),
            _ => Err(format!("{} is no value", shown(rest))),
        }
    }

    fn number(&mut self) -> Result<Node, String> {
        let rest = self.rest();
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let mut length = rest.len() - digits.len();
        let exponent = digits.strip_prefix(['e', 'E']);
        if let Some(exponent) = exponent {
            let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let after = unsigned.trim_start_matches(|c: char| c.is_ascii_digit());
            if after.len() < unsigned.len() {
                length = rest.len() - after.len();
            }
        }
        let number = self.take(length);
        let value: f64 = number
            .parse()
            .map_err(|_| format!("{} is no number", shown(number)))?;
        let after = &self.text[self.at..];
        let end = after.find(|c: char| !(c.is_alphabetic() || c == '%' || c == 'µ'));
        let unit = self.take(end.unwrap_or(after.len()));
        let known = UNITS.iter().find(|(name, _)| *name == unit);
        let worth = known
            .ok_or_else(|| format!("{} is no unit", shown(unit)))?
            .1;
        Ok(Node::Number(value * worth))
    }

    fn name(&mut self) -> Result<Node, String> {
        let rest = self.rest();
        let mut escaped = false;
        let ends = |c: char| {
            let ends = !(escaped || is_name(c));
            escaped = c == '\\' && !escaped;
            ends
        };
        let name = self.take(rest.find(ends).unwrap_or(rest.len())).to_owned();
        if !self.text[self.at..].starts_with('(') {
            return Ok(Node::Name(name));
        }
        self.take(1);
        let argument = if self.rest().starts_with(['"', '\'']) {
            let argument = self.quoted()?;
            self.close()?;
            argument
        } else {
            // Without quotes: up to the parenthesis that closes.
            let rest = self.rest();
            let end = rest.find(')').ok_or("a ) is missing")?;
            let argument = self.take(end).trim().to_owned();
            self.close()?;
            argument
        };
        Ok(Node::Call(name, argument))
    }

    /// Text in double or single quotes, in which nothing has a meaning of its own.
    fn quoted(&mut self) -> Result<String, String> {
        let mark = self.take(1);
        let rest = &self.text[self.at..];
        let end = rest.find(mark);
        let end = end.ok_or_else(|| format!("a closing {mark} is missing"))?;
        let text = self.take(end).to_owned();
        self.take(1);
        Ok(text)
    }

    fn close(&mut self) -> Result<(), String> {
        if self.rest().starts_with(')') {
            self.take(1);
            Ok(())
        } else {
            Err("a ) is missing".to_owned())
        }
    }

    fn operator(&mut self, operators: &[(&str, Operator)]) -> Option<Operator> {
        let rest = self.rest();
        let found = operators.iter().find(|(sign, _)| rest.starts_with(sign))?;
        self.take(found.0.len());
        Some(found.1)
    }

    /// What is left, blanks passed over.
    fn rest(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        &self.text[self.at..]
    }

    fn take(&mut self, length: usize) -> &'a str {
        let taken = &self.text[self.at..self.at + length];
        self.at += length;
        taken
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':' | '.' | '\\')
}

/// The beginning of what could not be read, safe for a terminal.
fn shown(text: &str) -> String {
    let word: String = text.chars().take(20).collect();
    format!("\"{}\"", word.escape_debug())
}
