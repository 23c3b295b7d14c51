//! Regular expressions in the syntax of Go's `regexp`, which people know from `go tool pprof`.
//!
//! Where the two differ, an expression is rewritten: a brace that repeats nothing is a brace (`{{closure}}`,
//! `{impl#3}`), `\Q…\E` quotes, `\d`, `\s`, `\w` and `\b` are ASCII, and classes do not nest.

use regex::{Regex, RegexBuilder};

use crate::Error;

/// Compiles an expression; none if it is empty, which stands for no expression. `option` is named in errors.
pub(crate) fn compile(option: &'static str, pattern: &str) -> Result<Option<Regex>, Error> {
    let given = !pattern.is_empty();
    given.then(|| regex(option, pattern)).transpose()
}

/// Like [`compile`], where the empty expression matches everything.
pub(crate) fn regex(option: &'static str, pattern: &str) -> Result<Regex, Error> {
    let error = |error: regex::Error| Error::Pattern {
        option,
        pattern: pattern.to_owned(),
        why: reason(&error.to_string()),
    };
    let regex = RegexBuilder::new(&translate(pattern)).build();
    regex.map_err(error)
}

/// The last line of what the library says: those before draw the expression.
fn reason(text: &str) -> String {
    let last = text.lines().last().unwrap_or(text).trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

fn translate(pattern: &str) -> String {
    let mut rest = Rest {
        text: pattern,
        out: String::with_capacity(pattern.len() + 8),
    };
    while let Some(c) = rest.next() {
        match c {
            '\\' => rest.escape(false),
            '[' => rest.class(),
            '{' => rest.brace(),
            '}' => rest.out.push_str("\\}"),
            other => rest.out.push(other),
        }
    }
    rest.out
}

/// What is left of an expression, and what it has become so far.
struct Rest<'a> {
    text: &'a str,
    out: String,
}

impl Rest<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.text.chars().next()?;
        self.text = &self.text[c.len_utf8()..];
        Some(c)
    }

    /// Copies the next `len` bytes as they are.
    fn copy(&mut self, len: usize) {
        let (copied, rest) = self.text.split_at(len);
        self.out.push_str(copied);
        self.text = rest;
    }

    fn escape(&mut self, in_class: bool) {
        let Some(c) = self.next() else {
            self.out.push('\\');
            return;
        };
        match (c, in_class) {
            ('Q', false) => self.quote(),
            ('d', true) => self.out.push_str("0-9"),
            ('w', true) => self.out.push_str("0-9A-Za-z_"),
            ('s', true) => self.out.push_str("\\t\\n\\f\\r "),
            ('d', false) => self.out.push_str("[0-9]"),
            ('w', false) => self.out.push_str("[0-9A-Za-z_]"),
            ('s', false) => self.out.push_str("[\\t\\n\\f\\r ]"),
            ('D', _) => self.out.push_str("[^0-9]"),
            ('W', _) => self.out.push_str("[^0-9A-Za-z_]"),
            ('S', _) => self.out.push_str("[^\\t\\n\\f\\r ]"),
            ('b', false) => self.out.push_str("(?-u:\\b)"),
            ('p' | 'P' | 'x', _) => {
                self.out.push('\\');
                self.out.push(c);
                if self.text.starts_with('{') {
                    let end = self.text.find('}');
                    self.copy(end.map_or(self.text.len(), |end| end + 1));
                }
            }
            (c, _) if c.is_ascii_punctuation() => {
                // In a class these mean something only when doubled; outside, `\<` would be a word's start.
                if !matches!(c, '<' | '>') {
                    self.out.push('\\');
                }
                self.out.push(c);
            }
            (c, _) => {
                self.out.push('\\');
                self.out.push(c);
            }
        }
    }

    fn quote(&mut self) {
        let end = self.text.find("\\E").unwrap_or(self.text.len());
        self.out.push_str(&regex::escape(&self.text[..end]));
        let after = self.text.get(end + 2..).unwrap_or("");
        self.text = after;
    }

    /// A class, behind its opening bracket.
    fn class(&mut self) {
        self.out.push('[');
        if self.text.starts_with('^') {
            self.copy(1);
        }
        if self.text.starts_with(']') {
            self.out.push('\\');
            self.copy(1);
        }
        while let Some(c) = self.next() {
            match c {
                ']' => {
                    self.out.push(']');
                    return;
                }
                '\\' => self.escape(true),
                '[' => match self.text.find(":]") {
                    Some(end) if self.text.starts_with(':') => {
                        self.out.push('[');
                        self.copy(end + 2);
                    }
                    _ => self.out.push_str("\\["),
                },
                '&' | '~' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                other => self.out.push(other),
            }
        }
    }

    /// A brace: how often to repeat, or itself.
    fn brace(&mut self) {
        let count = self.text.split_once('}').map(|(count, _)| count);
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let repeats = |count: &str| match count.split_once(',') {
            Some((least, most)) => number(least) && (most.is_empty() || number(most)),
            None => number(count),
        };
        match count.filter(|count| repeats(count)) {
            Some(count) => {
                self.out.push('{');
                self.copy(count.len() + 1);
            }
            None => self.out.push_str("\\{"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::compile;

    fn matches(pattern: &str, text: &str) -> bool {
        let regex = compile("focus", pattern).expect("an expression");
        regex.expect("not empty").is_match(text)
    }

    #[test]
    fn names_of_closures_and_impls_are_patterns_for_themselves() {
        assert!(matches("{{closure}}", "app::main::{{closure}}"));
        assert!(matches("^app::{impl#3}::f$", "app::{impl#3}::f"));
        assert!(matches("a{2,3}b{2}c{1,}$", "aabbcc"));
        assert!(!matches("^a{2,3}$", "a{2,3}"));
        assert!(matches("a{,3}", "a{,3}"));
        assert!(matches(r"\<impl A\>", "<impl A>::f"));
    }

    #[test]
    fn what_go_reads_differently_is_rewritten() {
        assert!(matches(r"\Qa.b(\E", "a.b(") && !matches(r"\Qa.b\E", "axb"));
        assert!(!matches(r"^\w$", "ß") && matches(r"^[\W]$", "ß"));
        assert!(matches("^[[]$", "[") && matches("^[a&&b]$", "&"));
        assert!(matches("^[]x]$", "]") && matches("^[^]x]$", "a"));
        assert!(matches("^[[:alpha:]]+$", "abc") && matches(r"^\p{Greek}\x{41}$", "λA"));
    }

    #[test]
    fn an_error_says_what_and_why() {
        let error = compile("hide", "a(").expect_err("refused").to_string();
        assert_eq!(
            error,
            "hide: `a(` is not a regular expression: unclosed group"
        );
        assert_eq!(compile("hide", "").map(|regex| regex.is_none()), Ok(true));
    }
}
