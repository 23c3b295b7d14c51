//! Conditions for `--fail-if`: `errors.rate / requests.rate > 1% || memstats.HeapAlloc > 200MiB`.
//!
//! ```text
//! condition = comparison { ("&&" | "||") comparison }       "&&" binds tighter
//! comparison = sum (">" | ">=" | "<" | "<=" | "==" | "!=") sum
//! sum        = product { ("+" | "-") product }
//! product    = factor { ("*" | "/") factor }
//! factor     = number[unit] | name | function "(" text ")" | "(" condition ")" | "-" factor | "!" factor
//! ```
//!
//! Units: `ns us µs ms s m h` (in nanoseconds), `B kB MB GB` and `KiB MiB GiB` (in bytes, 1024-based both), `%`. A name is a
//! variable's dotted path, in double quotes where it has other characters than letters, digits, `_`, `:` and dots.

mod parse;

use std::fmt;

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expr {
    text: String,
    root: Node,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Number(f64),
    Name(String),
    Call(String, String),
    Minus(Box<Self>),
    Not(Box<Self>),
    Binary(Operator, Box<Self>, Box<Self>),
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    Equal,
    Unequal,
    Plus,
    Minus,
    Times,
    Over,
}

/// Where names and functions get their values from.
pub(crate) trait Scope {
    /// The value of a name; why there is none.
    fn name(&self, name: &str) -> Result<f64, String>;

    /// The value of a function.
    fn call(&self, function: &str, argument: &str) -> Result<f64, String> {
        let _ = argument;
        Err(format!("there is no function {function} here"))
    }
}

impl Expr {
    /// Reads a condition.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let root = parse::parse(text)?;
        if !root.is_condition() {
            return Err("compares nothing; write for example errors > 0".to_owned());
        }
        Ok(Self {
            text: text.to_owned(),
            root,
        })
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, scope: &impl Scope) -> Result<bool, String> {
        Ok(self.root.value(scope)? != 0.0)
    }

    /// Whether it asks how fast something grows, which takes two readings.
    pub(crate) fn asks_for_rates(&self) -> bool {
        let names = self.names();
        names
            .iter()
            .any(|name| name.rsplit('.').next() == Some("rate"))
    }

    /// The names in it with their values, for people: `errors.rate 2.5`.
    pub(crate) fn explain(&self, scope: &impl Scope) -> String {
        let value = |name: &String| Some(format!("{name} {}", scope.name(name).ok()?));
        let mut values: Vec<String> = self.names().iter().filter_map(value).collect();
        values.dedup();
        values.join(", ")
    }

    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.root.collect(&mut names);
        names
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&cutaway_model::sanitize(&self.text))
    }
}

impl Node {
    /// Whether its value is yes or no.
    fn is_condition(&self) -> bool {
        match self {
            Self::Not(_) => true,
            Self::Binary(operator, ..) => !operator.is_arithmetic(),
            _ => false,
        }
    }

    fn value(&self, scope: &impl Scope) -> Result<f64, String> {
        Ok(match self {
            Self::Number(number) => *number,
            Self::Name(name) => scope.name(name)?,
            Self::Call(function, argument) => scope.call(function, argument)?,
            Self::Minus(node) => -node.value(scope)?,
            Self::Not(node) => truth(node.value(scope)? == 0.0),
            // Both sides are looked at: a name that does not exist is told whatever the other side says.
            Self::Binary(operator, left, right) => {
                operator.apply(left.value(scope)?, right.value(scope)?)
            }
        })
    }

    fn collect(&self, names: &mut Vec<String>) {
        match self {
            Self::Name(name) => names.push(name.clone()),
            Self::Minus(node) | Self::Not(node) => node.collect(names),
            Self::Binary(_, left, right) => {
                left.collect(names);
                right.collect(names);
            }
            Self::Number(_) | Self::Call(..) => {}
        }
    }
}

impl Operator {
    fn is_arithmetic(self) -> bool {
        matches!(self, Self::Plus | Self::Minus | Self::Times | Self::Over)
    }

    fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Or => truth(left != 0.0 || right != 0.0),
            Self::And => truth(left != 0.0 && right != 0.0),
            Self::Greater => truth(left > right),
            Self::GreaterEqual => truth(left >= right),
            Self::Less => truth(left < right),
            Self::LessEqual => truth(left <= right),
            #[expect(clippy::float_cmp, reason = "whoever writes == means it")]
            Self::Equal => truth(left == right),
            #[expect(clippy::float_cmp, reason = "whoever writes != means it")]
            Self::Unequal => truth(left != right),
            Self::Plus => left + right,
            Self::Minus => left - right,
            Self::Times => left * right,
            // Of nothing, no share: 0 errors in 0 requests are no reason to fail.
            Self::Over if right == 0.0 && left == 0.0 => 0.0,
            Self::Over => left / right,
        }
    }
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shop;

    impl Scope for Shop {
        fn name(&self, name: &str) -> Result<f64, String> {
            match name {
                "errors.rate" => Ok(2.0),
                "requests.rate" => Ok(100.0),
                "heap" => Ok(3_145_728.0),
                "p99" => Ok(4.2e6),
                r"http\.ok" | "a b" => Ok(1.0),
                other => Err(format!("there is no {other}")),
            }
        }

        fn call(&self, function: &str, argument: &str) -> Result<f64, String> {
            Ok((function.len() + argument.len()) as f64)
        }
    }

    fn holds(text: &str) -> Result<bool, String> {
        Expr::parse(text)?.holds(&Shop)
    }

    #[test]
    fn conditions_mean_what_they_say() {
        for (text, expect) in [
            ("errors.rate > 1", true),
            ("errors.rate>2", false),
            ("errors.rate >= 2", true),
            ("errors.rate / requests.rate > 1%", true),
            ("errors.rate / requests.rate == 2%", true),
            ("heap > 3MB", false),
            ("heap >= 3MiB && p99 < 5ms", true),
            ("p99 > 4ms && p99 > 5ms || heap < 1GB", true),
            ("p99 > 4ms && (p99 > 5ms || heap > 1GB)", false),
            ("!(heap > 1GB)", true),
            ("2 + 3 * 4 - -1 == 15", true),
            ("1 - 2 - 3 == -4", true),
            ("12 / 2 / 3 != 2", false),
            (r"http\.ok == 1", true),
            (r#""a b" <= 1.0"#, true),
            (r#"flat("main") == 8"#, true),
            ("flat(a|b.c) == 9", true),
            ("1e3 == 1000", true),
            ("0 / 0 == 0", true),
        ] {
            assert_eq!(holds(text), Ok(expect), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, words) in [
            ("", "ends"),
            ("errors", "compares nothing"),
            ("errors.rate >", "ends"),
            ("1 > 2 3", "3"),
            ("(1 > 2", ")"),
            ("1 > 2)", ")"),
            ("1 > 5furlongs", "furlongs"),
            ("a = 1", "="),
            ("1 > \"x", "\""),
            ("nothing > 1", "there is no nothing"),
            ("1 > 0 || nothing > 1", "there is no nothing"),
        ] {
            let error = holds(text).expect_err(text);
            assert!(error.contains(words), "{text}: {error}");
        }
        let deep = format!("{}1 > 0", "(".repeat(100_000));
        assert!(holds(&deep).expect_err("too deep").contains("deep"));
    }

    #[test]
    fn names_are_explained() {
        let expr = Expr::parse("errors.rate / requests.rate > 1%").expect("a condition");
        assert_eq!(expr.explain(&Shop), "errors.rate 2, requests.rate 100");
        assert!(expr.asks_for_rates());
        assert!(
            !Expr::parse("heap > 1")
                .expect("a condition")
                .asks_for_rates()
        );
    }
}
