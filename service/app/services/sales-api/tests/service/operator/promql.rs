//! The metrics and labels that an expression of Prometheus' language names. Its grammar is checked by Prometheus' own tool.

/// A metric in an expression, and the labels it is selected by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) metric: String,
    pub(crate) labels: Vec<String>,
}

/// One of the sides of `or`: it has a value if all of its metrics have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) selectors: Vec<Selector>,
    /// Labels that it groups or matches by.
    pub(crate) groups: Vec<String>,
}

const FUNCTIONS: [&str; 15] = [
    "avg",
    "avg_over_time",
    "deriv",
    "histogram_quantile",
    "increase",
    "label_values",
    "max",
    "max_over_time",
    "min",
    "min_over_time",
    "rate",
    "sum",
    "count",
    "clamp_min",
    "vector",
];
const GROUPING: [&str; 6] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
];
const WORDS: [&str; 4] = ["and", "unless", "bool", "offset"];

/// The sides of the expression's outermost `or`; there is at least one.
pub(crate) fn sides(expression: &str) -> Result<Vec<Side>, String> {
    let mut reader = Reader {
        rest: expression,
        depth: 0,
    };
    let mut sides = vec![Side::default()];
    while let Some(word) = reader.word()? {
        let side = sides.last_mut().ok_or("no side")?;
        if word == "or" {
            if reader.depth > 0 {
                return Err("an `or` inside of parentheses".to_owned());
            }
            sides.push(Side::default());
        } else if GROUPING.contains(&word) {
            side.groups.extend(reader.list('(', ')')?);
        } else if WORDS.contains(&word) {
        } else if reader.next_is('(') || reader.next_word_is(&["by", "without"]) {
            if !FUNCTIONS.contains(&word) {
                return Err(format!("{word} is no function that is known here"));
            }
        } else {
            let labels = if reader.next_is('{') {
                reader.list('{', '}')?
            } else {
                Vec::new()
            };
            let metric = word.to_owned();
            side.selectors.push(Selector { metric, labels });
        }
    }
    if reader.depth == 0 {
        Ok(sides)
    } else {
        Err("a parenthesis is never closed".to_owned())
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

fn is_first(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == ':'
}

fn is_word(c: char) -> bool {
    is_first(c) || c.is_ascii_digit()
}

impl<'a> Reader<'a> {
    /// The next name; numbers, operators, ranges and parentheses before it are passed over.
    fn word(&mut self) -> Result<Option<&'a str>, String> {
        while let Some(first) = self.rest.chars().next() {
            match first {
                _ if is_first(first) => return Ok(Some(self.take(is_word))),
                _ if first.is_ascii_digit() => {
                    self.take(|c| is_word(c) || c == '.');
                }
                '[' => {
                    let end = self.rest.find(']').ok_or("a range is never closed")?;
                    self.rest = &self.rest[end + 1..];
                }
                '(' | ')' => {
                    let by = if first == '(' { 1 } else { -1 };
                    self.depth = self
                        .depth
                        .checked_add_signed(by)
                        .ok_or("a parenthesis is never opened")?;
                    self.rest = &self.rest[1..];
                }
                _ if first.is_whitespace() || "+-*/%^<>=!,".contains(first) => {
                    self.rest = &self.rest[1..];
                }
                other => return Err(format!("{other:?} is not expected")),
            }
        }
        Ok(None)
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn next_is(&self, wanted: char) -> bool {
        self.rest.trim_start().starts_with(wanted)
    }

    fn next_word_is(&self, wanted: &[&str]) -> bool {
        let rest = self.rest.trim_start();
        let word = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        wanted.contains(&word)
    }

    /// The labels between two signs, with commas between them and each perhaps matched with a text.
    fn list(&mut self, open: char, close: char) -> Result<Vec<String>, String> {
        let wrong = || format!("a list of labels between {open} and {close} was expected");
        self.rest = self
            .rest
            .trim_start()
            .strip_prefix(open)
            .ok_or_else(wrong)?;
        let mut labels = Vec::new();
        loop {
            self.take(|c| c.is_whitespace() || c == ',');
            if let Some(rest) = self.rest.strip_prefix(close) {
                self.rest = rest;
                return Ok(labels);
            }
            let label = self.take(is_word);
            if label.is_empty() {
                return Err(wrong());
            }
            labels.push(label.to_owned());
            if !self.take(|c| "=!~".contains(c)).is_empty() {
                let text = self.rest.strip_prefix('"').ok_or_else(wrong)?;
                let end = text.find('"').ok_or_else(wrong)?;
                self.rest = &text[end + 1..];
            }
        }
    }
}

#[test]
fn metrics_and_labels_are_found() {
    let found = sides(
        "sum by (job, code) (rate(a_total{job=\"x\",r=~\"a|b\"}[5m] offset 2h)) / 1.5e3 > 64e6 and on (job) b:c == 1 or max(d)",
    );
    let selector = |metric: &str, labels: &[&str]| Selector {
        metric: metric.to_owned(),
        labels: labels.iter().map(|&label| label.to_owned()).collect(),
    };
    let expected = [
        Side {
            selectors: vec![selector("a_total", &["job", "r"]), selector("b:c", &[])],
            groups: ["job", "code", "job"].map(str::to_owned).to_vec(),
        },
        Side {
            selectors: vec![selector("d", &[])],
            groups: Vec::new(),
        },
    ];
    assert_eq!(found.as_deref(), Ok(&expected[..]));
    for wrong in [
        "rate(a",
        "a)",
        "rait(a[5m])",
        "a{b=1}",
        "(a or b)",
        "a[5m",
        "a ; b",
    ] {
        assert!(sides(wrong).is_err(), "{wrong}");
    }
}
