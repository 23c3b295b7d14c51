//! Measures: small calculations over the numbers of a run, such as `[16/send p50] / [0/send p50]`.
//!
//! A path in brackets is a number as [`figure::value`] finds it; there are `+ - * /`, parentheses and plain numbers.
//! Units are followed: durations can be compared with durations, not added to counts. A page calculates the same over
//! the reader's run, from the postfix form that [`Measure::postfix`] gives it.

use super::figure;
use lab_format::{Run, Unit};
use serde_json::{Value, json};

/// A parsed measure.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measure {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Path(String),
    Number(f64),
    Do(char),
}

/// What a value measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A count, a share, a ratio.
    Plain,
    Nanoseconds,
    PerSecond,
    Bytes,
}

impl Kind {
    fn of(unit: Unit) -> Kind {
        match unit {
            Unit::None | Unit::Count | Unit::Share => Kind::Plain,
            Unit::Nanoseconds => Kind::Nanoseconds,
            Unit::PerSecond => Kind::PerSecond,
            Unit::Bytes => Kind::Bytes,
        }
    }

    /// For messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Plain => "a count, a share or a ratio",
            Kind::Nanoseconds => "a time",
            Kind::PerSecond => "a rate",
            Kind::Bytes => "a size",
        }
    }
}

impl Measure {
    pub(super) fn parse(text: &str) -> Result<Measure, String> {
        let mut parser = Parser {
            rest: text.trim(),
            steps: Vec::new(),
        };
        parser.sum()?;
        if !parser.rest.is_empty() {
            return Err(format!(
                "cannot understand {:?} in the measure",
                parser.rest
            ));
        }
        Ok(Measure {
            steps: parser.steps,
        })
    }

    /// What it comes to in `run`.
    pub(super) fn of(&self, run: &Run) -> Result<(f64, Kind), String> {
        let mut stack: Vec<(f64, Kind)> = Vec::new();
        for step in &self.steps {
            let next = match step {
                Step::Number(value) => (*value, Kind::Plain),
                Step::Path(path) => {
                    let (value, unit) = figure::value(run, path)?;
                    (value, Kind::of(unit))
                }
                Step::Do(sign) => {
                    let (second, first) = (stack.pop(), stack.pop());
                    let both = first.zip(second).ok_or("a measure without numbers")?;
                    combine(*sign, both.0, both.1)?
                }
            };
            stack.push(next);
        }
        match stack.pop() {
            Some((value, kind)) if value.is_finite() => Ok((value, kind)),
            _ => Err(
                "the measure comes to no number in the committed run (a division by 0?)".to_owned(),
            ),
        }
    }

    /// For the page: `["[path]", 2, "/"]`, operators after what they work on.
    pub(super) fn postfix(&self) -> Value {
        let steps = self.steps.iter().map(|step| match step {
            Step::Path(path) => json!({ "path": path }),
            Step::Number(value) => json!(value),
            Step::Do(sign) => json!(sign.to_string()),
        });
        steps.collect()
    }
}

fn combine(sign: char, first: (f64, Kind), second: (f64, Kind)) -> Result<(f64, Kind), String> {
    let ((a, left), (b, right)) = (first, second);
    let wrong = |what: &str| {
        Err(format!(
            "the measure {what} {} and {}",
            left.name(),
            right.name()
        ))
    };
    match sign {
        '+' | '-' if left != right => wrong("adds or subtracts"),
        '+' => Ok((a + b, left)),
        '-' => Ok((a - b, left)),
        '*' if left == Kind::Plain => Ok((a * b, right)),
        '*' if right == Kind::Plain => Ok((a * b, left)),
        '*' => wrong("multiplies"),
        _ if left == right => Ok((a / b, Kind::Plain)),
        _ if right == Kind::Plain => Ok((a / b, left)),
        _ => wrong("divides"),
    }
}

struct Parser<'a> {
    rest: &'a str,
    steps: Vec<Step>,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<(), String> {
        self.product()?;
        while let Some(sign) = self.sign(['+', '-']) {
            self.product()?;
            self.steps.push(Step::Do(sign));
        }
        Ok(())
    }

    fn product(&mut self) -> Result<(), String> {
        self.value()?;
        while let Some(sign) = self.sign(['*', '/']) {
            self.value()?;
            self.steps.push(Step::Do(sign));
        }
        Ok(())
    }

    fn value(&mut self) -> Result<(), String> {
        if let Some(rest) = self.rest.strip_prefix('(') {
            self.rest = rest.trim_start();
            self.sum()?;
            let rest = self.rest.strip_prefix(')');
            self.rest = rest
                .ok_or("a parenthesis in the measure is not closed")?
                .trim_start();
            return Ok(());
        }
        if let Some(rest) = self.rest.strip_prefix('[') {
            let (path, rest) = rest
                .split_once(']')
                .ok_or("a bracket in the measure is not closed")?;
            self.steps.push(Step::Path(path.trim().to_owned()));
            self.rest = rest.trim_start();
            return Ok(());
        }
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let value = number.parse().map_err(|_| {
            format!(
                "the measure needs a number or a path in brackets, as in [0/send p50], at {:?}",
                self.rest
            )
        })?;
        self.steps.push(Step::Number(value));
        self.rest = rest.trim_start();
        Ok(())
    }

    fn sign(&mut self, signs: [char; 2]) -> Option<char> {
        let sign = self.rest.chars().next().filter(|c| signs.contains(c))?;
        self.rest = self.rest[1..].trim_start();
        Some(sign)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab_format::{Build, Column, Knobs, Machine, Report, Timeline};

    fn run() -> Run {
        let mut report = Report::new([
            Column::new("capacity", Unit::Count),
            Column::new("send p50", Unit::Nanoseconds),
            Column::new("orders", Unit::PerSecond),
        ]);
        report.row([0_u64.into(), 900_u64.into(), 100.0.into()]);
        report.row([16_u64.into(), 300_u64.into(), f64::NAN.into()]);
        Run {
            version: lab_format::RUN_VERSION,
            lab: "queue".to_owned(),
            date: String::new(),
            took_ns: 3_000,
            machine: Machine {
                os: String::new(),
                arch: String::new(),
                cores: 1,
                cpu: None,
            },
            build: Build {
                version: String::new(),
                rustc: String::new(),
                profile: String::new(),
            },
            knobs: Knobs::from([("work".to_owned(), 5)]),
            report,
            timeline: Timeline::new(),
        }
    }

    #[test]
    fn measures_calculate_and_keep_their_units() {
        let cases = [
            ("[16/send p50] / [0/send p50]", Ok((1.0 / 3.0, Kind::Plain))),
            (
                "[0/send p50] - 2 * [16/send p50]",
                Ok((300.0, Kind::Nanoseconds)),
            ),
            ("([knobs/work] + 1) * 2", Ok((12.0, Kind::Plain))),
            ("[took]/[knobs/work]", Ok((600.0, Kind::Nanoseconds))),
            ("[0/orders]", Ok((100.0, Kind::PerSecond))),
            (
                "[0/send p50] + [knobs/work]",
                Err("the measure adds or subtracts a time and a count, a share or a ratio"),
            ),
            ("[16/orders]", Err("\"16/orders\" is no number: \"–\"")),
            (
                "[2/orders]",
                Err("the report has no row \"2\"; there are 0, 16"),
            ),
            (
                "1 / 0",
                Err("the measure comes to no number in the committed run (a division by 0?)"),
            ),
        ];
        for (text, expected) in cases {
            let found = Measure::parse(text).and_then(|measure| measure.of(&run()));
            assert_eq!(found, expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let cases = [
            (
                "",
                "the measure needs a number or a path in brackets, as in [0/send p50], at \"\"",
            ),
            ("[a", "a bracket in the measure is not closed"),
            ("(1", "a parenthesis in the measure is not closed"),
            ("1 2", "cannot understand \"2\" in the measure"),
            (
                "0/send",
                "the measure needs a number or a path in brackets, as in [0/send p50], at \"send\"",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(Measure::parse(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_page_gets_what_it_can_calculate() {
        let measure = Measure::parse("([a/b] + 1) / 2").expect("a measure");
        let expected = json!([{ "path": "a/b" }, 1.0, "+", 2.0, "/"]);
        assert_eq!(measure.postfix(), expected);
    }
}
