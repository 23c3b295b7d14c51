//! Knobs: the numbers a reader may turn, declared once.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// One number that a reader can turn: a flag on the command line, a slider in the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knob {
    /// The flag without its dashes: lower case, digits and dashes.
    pub name: String,
    /// What one of it is (`µs`, `orders`), or empty.
    pub unit: String,
    /// The smallest value.
    pub min: i64,
    /// The largest value.
    pub max: i64,
    /// The distance between neighbouring values, counted from `min`.
    pub step: i64,
    /// The value when nothing is said.
    pub default: i64,
    /// One sentence saying what turning it does.
    pub help: String,
}

impl Knob {
    /// A knob with the smallest value as its default, in steps of one.
    pub fn new(name: &str, range: RangeInclusive<i64>) -> Self {
        Self {
            name: name.to_owned(),
            unit: String::new(),
            min: *range.start(),
            max: *range.end(),
            step: 1,
            default: *range.start(),
            help: String::new(),
        }
    }

    /// Sets the default.
    pub fn default(mut self, value: i64) -> Self {
        self.default = value;
        self
    }

    /// Sets the step.
    pub fn step(mut self, step: i64) -> Self {
        self.step = step;
        self
    }

    /// Sets the unit.
    pub fn unit(mut self, unit: &str) -> Self {
        unit.clone_into(&mut self.unit);
        self
    }

    /// Sets the help sentence.
    pub fn help(mut self, help: &str) -> Self {
        help.clone_into(&mut self.help);
        self
    }

    /// The value itself, if this knob can be turned to it.
    ///
    /// # Errors
    /// Outside the range, or between two steps.
    pub fn check(&self, value: i64) -> Result<i64, KnobError> {
        if value < self.min || value > self.max {
            return Err(KnobError::OutOfRange {
                name: self.name.clone(),
                value,
                range: self.range(),
            });
        }
        // Exact even where `value - min` would not fit in 64 bits.
        let offset = i128::from(value) - i128::from(self.min);
        if offset % i128::from(self.step.max(1)) != 0 {
            return Err(KnobError::BetweenSteps {
                name: self.name.clone(),
                value,
                range: self.range(),
            });
        }
        Ok(value)
    }

    /// Reads and checks a value that somebody typed.
    ///
    /// # Errors
    /// Not a whole number, outside the range, or between two steps.
    pub fn parse(&self, text: &str) -> Result<i64, KnobError> {
        let value = text.trim().parse().map_err(|_| KnobError::NotANumber {
            name: self.name.clone(),
            text: text.to_owned(),
            range: self.range(),
        })?;
        self.check(value)
    }

    /// The range as people read it: `0 to 1024 orders`, `0 to 2000 µs in steps of 50`.
    pub fn range(&self) -> String {
        let mut text = format!("{} to {}", self.min, self.max);
        if !self.unit.is_empty() {
            text = format!("{text} {}", self.unit);
        }
        if self.step > 1 {
            text = format!("{text} in steps of {}", self.step);
        }
        text
    }

    pub(crate) fn check_declaration(&self) -> Result<(), KnobError> {
        let flag = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.starts_with('-') || !self.name.chars().all(flag) {
            return Err(self.misdeclared("cannot be a flag: use lower case, digits and dashes"));
        }
        if self.min > self.max {
            return Err(self.misdeclared("has an empty range"));
        }
        if self.step < 1 {
            return Err(self.misdeclared("has a step below 1"));
        }
        self.check(self.default).map(|_| ())
    }

    pub(crate) fn misdeclared(&self, why: &'static str) -> KnobError {
        KnobError::Misdeclared {
            name: self.name.clone(),
            why,
        }
    }
}

/// Why a knob cannot be turned that way. Each message names the knob, the value and the range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KnobError {
    /// The value lies outside the knob's range.
    #[error("--{name} {value} is out of range: it takes {range}")]
    OutOfRange {
        /// The knob.
        name: String,
        /// What was asked for.
        value: i64,
        /// What it takes, as [`Knob::range`] says it.
        range: String,
    },
    /// The value lies between two steps.
    #[error("--{name} {value} lies between two steps: it takes {range}")]
    BetweenSteps {
        /// The knob.
        name: String,
        /// What was asked for.
        value: i64,
        /// What it takes, as [`Knob::range`] says it.
        range: String,
    },
    /// The text is no whole number.
    #[error("--{name} {text:?} is not a whole number: it takes {range}")]
    NotANumber {
        /// The knob.
        name: String,
        /// What was typed.
        text: String,
        /// What it takes, as [`Knob::range`] says it.
        range: String,
    },
    /// The lab has no knob of that name.
    #[error("{lab} has no knob --{name}: it has {known}")]
    Unknown {
        /// The name that was given.
        name: String,
        /// The lab.
        lab: String,
        /// The names it has.
        known: String,
    },
    /// A figure's declaration is wrong: a fault of the lab.
    #[error(
        "figure {name:?} is declared twice, or its name is not of lower case, digits and dashes"
    )]
    Figure {
        /// The figure.
        name: String,
    },
    /// The declaration itself is wrong: a fault of the lab, not of its user.
    #[error("knob --{name} {why}")]
    Misdeclared {
        /// The knob.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Knobs, LabInfo};

    fn lab() -> LabInfo {
        LabInfo::new("channels", "Channels", "Who waits for whom.")
            .knob(Knob::new("capacity", 0..=1024).unit("orders"))
            .knob(
                Knob::new("work", 0..=2000)
                    .default(1000)
                    .step(50)
                    .unit("µs"),
            )
    }

    #[test]
    fn defaults_fill_what_is_not_given() {
        let given = Knobs::from([("capacity".to_owned(), 16)]);
        let all = lab().resolve(&given).expect("valid");
        assert_eq!(
            all,
            Knobs::from([("capacity".to_owned(), 16), ("work".to_owned(), 1000)])
        );
        assert_eq!(
            lab().arguments(&all),
            ["--capacity", "16", "--work", "1000"]
        );
    }

    #[test]
    fn refusals_name_knob_value_and_range() {
        let lab = lab();
        let resolve = |name: &str, value| {
            lab.resolve(&Knobs::from([(name.to_owned(), value)]))
                .expect_err("refused")
                .to_string()
        };
        assert_eq!(
            resolve("capacity", 2000),
            "--capacity 2000 is out of range: it takes 0 to 1024 orders"
        );
        assert_eq!(
            resolve("capacity", -1),
            "--capacity -1 is out of range: it takes 0 to 1024 orders"
        );
        assert_eq!(
            resolve("work", 75),
            "--work 75 lies between two steps: it takes 0 to 2000 µs in steps of 50"
        );
        assert_eq!(
            resolve("speed", 1),
            "channels has no knob --speed: it has capacity, work"
        );
        assert_eq!(
            lab.knobs[0].parse("many").expect_err("refused").to_string(),
            "--capacity \"many\" is not a whole number: it takes 0 to 1024 orders"
        );
    }

    #[test]
    fn extreme_ranges_do_not_overflow() {
        let knob = Knob::new("n", i64::MIN..=i64::MAX).step(2).default(0);
        assert_eq!(knob.check(i64::MAX - 1), Ok(i64::MAX - 1));
        assert!(knob.check(i64::MAX).is_err());
    }

    #[test]
    fn a_wrong_declaration_is_found() {
        let twice = lab().knob(Knob::new("work", 0..=1));
        assert_eq!(
            twice.check().expect_err("twice").to_string(),
            "knob --work is declared twice"
        );
        let outside = LabInfo::new("x", "", "").knob(Knob::new("n", 1..=4).default(9));
        assert!(matches!(outside.check(), Err(KnobError::OutOfRange { .. })));
        let name = LabInfo::new("x", "", "").knob(Knob::new("No Flag", 1..=4));
        assert!(matches!(name.check(), Err(KnobError::Misdeclared { .. })));
        let step = LabInfo::new("x", "", "").knob(Knob::new("n", 1..=4).step(0));
        assert!(matches!(step.check(), Err(KnobError::Misdeclared { .. })));
        for figures in [
            lab().figure("Big", &[]),
            lab().figure("../up", &[]),
            lab().figure("knobs", &[]),
            lab().figure("a", &[]).figure("a", &[("work", 50)]),
            lab().figure("a", &[]).figure("b", &[]),
        ] {
            assert!(matches!(figures.check(), Err(KnobError::Figure { .. })));
        }
        let turned = |value| lab().figure("a", &[("work", value)]).check();
        assert!(matches!(turned(75), Err(KnobError::BetweenSteps { .. })));
        assert_eq!(turned(50), Ok(()));
        assert_eq!(lab().check(), Ok(()));
    }

    #[test]
    fn the_document_round_trips() {
        let json = serde_json::to_string(&lab()).expect("serializes");
        assert_eq!(
            serde_json::from_str::<LabInfo>(&json).expect("parses"),
            lab()
        );
    }
}
