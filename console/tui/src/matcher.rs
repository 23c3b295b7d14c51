//! What a filter or a search matches.
//!
//! Words separated by blanks must all occur, in any order. A pattern with the marks of a regular expression is one, if it
//! is valid; `main.(*Server)` is not and so means itself. Capital letters make it case-sensitive.

use regex::{Regex, RegexBuilder};

/// A compiled pattern.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matcher(How);

#[derive(Clone, Debug, Default)]
enum How {
    #[default]
    Everything,
    Words {
        words: Vec<String>,
        exact_case: bool,
    },
    Expression(Regex),
}

/// How large a compiled expression may become, in bytes: a pattern typed in haste must not eat the memory.
const EXPRESSION_LIMIT: usize = 1 << 18;

impl Matcher {
    pub(crate) fn new(pattern: &str) -> Self {
        let exact_case = pattern.chars().any(char::is_uppercase);
        if pattern.trim().is_empty() {
            return Self(How::Everything);
        }
        if let Some(expression) = expression(pattern, exact_case) {
            return Self(How::Expression(expression));
        }
        let fold = |word: &str| {
            if exact_case {
                word.to_owned()
            } else {
                word.to_lowercase()
            }
        };
        Self(How::Words {
            words: pattern.split_whitespace().map(fold).collect(),
            exact_case,
        })
    }

    /// Which of `names` match; `None` where everything does.
    pub(crate) fn matched_of<'a>(&self, names: impl Iterator<Item = &'a str>) -> Option<Vec<bool>> {
        (!self.is_everything()).then(|| names.map(|name| self.matches(name)).collect())
    }

    /// Whether it matches everything, as an empty pattern does.
    pub(crate) fn is_everything(&self) -> bool {
        matches!(self.0, How::Everything)
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        match &self.0 {
            How::Everything => true,
            How::Expression(expression) => expression.is_match(name),
            How::Words {
                words,
                exact_case: true,
            } => words.iter().all(|word| name.contains(word)),
            How::Words { words, .. } => {
                let name = name.to_lowercase();
                words.iter().all(|word| name.contains(word))
            }
        }
    }
}

fn expression(pattern: &str, exact_case: bool) -> Option<Regex> {
    if !pattern.contains(['^', '$', '*', '+', '?', '|', '[', '\\']) {
        return None;
    }
    RegexBuilder::new(pattern)
        .case_insensitive(!exact_case)
        .size_limit(EXPRESSION_LIMIT)
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_people_mean_them() {
        for (pattern, name, expect) in [
            ("", "anything", true),
            ("heap", "memstats.HeapAlloc", true),
            ("Heap", "memstats.heap", false),
            ("alloc heap", "memstats.HeapAlloc", true),
            ("alloc stack", "memstats.HeapAlloc", false),
            ("^mem", "memstats.HeapAlloc", true),
            ("^heap", "memstats.HeapAlloc", false),
            ("alloc|sys", "memstats.Sys", true),
            ("main.(*Server)", "main.(*Server).serve", true),
            ("main.(*Server)", "main.Server.serve", false),
            ("[", "a[0]", true),
        ] {
            assert_eq!(
                Matcher::new(pattern).matches(name),
                expect,
                "{pattern:?} on {name:?}"
            );
        }
    }

    #[test]
    fn a_monstrous_expression_is_taken_as_words() {
        let pattern = "(((a{100}){100}){100})+";
        assert!(!Matcher::new(pattern).matches("aaaa"));
        assert!(Matcher::new(pattern).matches(pattern));
    }
}
