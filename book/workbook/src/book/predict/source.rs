//! What the author of a question writes, with the line of each part.

use super::range::{self, Range};
use crate::book::blocks::Wrong;
use lab_format::{Knobs, LabInfo, Run};
use serde::Deserialize;
use toml::Spanned;

/// A value and the line of the block that it stands in, from 1.
pub(super) type At<T> = (T, usize);

/// The block's parts.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) id: At<String>,
    pub(super) question: String,
    pub(super) figure: At<String>,
    pub(super) measure: At<String>,
    pub(super) unit: At<String>,
    pub(super) knobs: At<Knobs>,
    pub(super) explanation: At<String>,
    pub(super) choices: Vec<Choice>,
    number: Option<At<Number>>,
    lines: Vec<usize>,
}

/// An answer to choose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    /// In Markdown.
    pub(super) answer: String,
    right: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Number {
    tolerance: String,
}

/// How far from the measured value an answer may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tolerance {
    /// So many times larger or smaller.
    Factor(f64),
    /// A share of the measured value.
    Share(f64),
    /// So much, in the unit.
    Absolute(f64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    id: Spanned<String>,
    question: Spanned<String>,
    figure: Spanned<String>,
    measure: Spanned<String>,
    unit: Spanned<String>,
    explanation: Spanned<String>,
    knobs: Option<Spanned<Knobs>>,
    #[serde(default)]
    choice: Vec<Spanned<Choice>>,
    number: Option<Spanned<Number>>,
}

impl Source {
    /// Reads the block.
    pub(super) fn read(text: &str) -> Result<Source, Wrong> {
        let line = |at: usize| 1 + text[..at.min(text.len())].matches('\n').count();
        let document: Document = toml::from_str(text).map_err(|error| {
            // What is missing altogether has no place of its own.
            let missing = error.message().starts_with("missing field");
            let at = error.span().filter(|_| !missing);
            (
                at.map_or(0, |span| line(span.start)),
                error.message().to_owned(),
            )
        })?;
        let filled = |value: Spanned<String>, name: &str| {
            let at = line(value.span().start);
            if value.get_ref().trim().is_empty() {
                return Err((at, format!("{name} is empty")));
            }
            Ok((value.into_inner(), at))
        };
        let id = filled(document.id, "id")?;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !id.0.chars().all(fits) {
            let message = format!("{:?} is no id: use lower case, digits and dashes", id.0);
            return Err((id.1, message));
        }
        let lines = document
            .choice
            .iter()
            .map(|choice| line(choice.get_ref().right.span().start));
        let source = Source {
            id,
            question: filled(document.question, "question")?.0,
            figure: filled(document.figure, "figure")?,
            measure: filled(document.measure, "measure")?,
            unit: (
                document.unit.get_ref().clone(),
                line(document.unit.span().start),
            ),
            explanation: filled(document.explanation, "explanation")?,
            knobs: document.knobs.map_or_else(Default::default, |knobs| {
                let at = line(knobs.span().start);
                (knobs.into_inner(), at)
            }),
            lines: lines.collect(),
            number: document.number.map(|number| {
                let at = line(number.span().start);
                (number.into_inner(), at)
            }),
            choices: document
                .choice
                .into_iter()
                .map(Spanned::into_inner)
                .collect(),
        };
        source.check_kind()?;
        Ok(source)
    }

    fn check_kind(&self) -> Result<(), Wrong> {
        match (&self.number, self.choices.len()) {
            (Some(_), 0) | (None, 2..) => Ok(()),
            (Some((_, line)), _) => Err((
                *line,
                "a question has choices or a number, not both".to_owned(),
            )),
            (None, _) => Err((
                0,
                "a question needs two [[choice]] at least, or a [number]".to_owned(),
            )),
        }
    }

    /// Whether the lab has the knobs that the question is about, and the committed run was made with them.
    pub(super) fn check_knobs(&self, info: &LabInfo, run: &Run) -> Result<(), Wrong> {
        let (knobs, line) = &self.knobs;
        info.resolve(knobs)
            .map_err(|error| (*line, error.to_string()))?;
        for (name, value) in knobs {
            if run.knobs.get(name) != Some(value) {
                let message = format!(
                    "the question is about {name} {value}, but {} was made with another",
                    self.figure.0
                );
                return Err((*line, message));
            }
        }
        Ok(())
    }

    /// The range of each choice; none for one that is never right.
    pub(super) fn ranges(&self) -> Result<Vec<Option<Range>>, Wrong> {
        if self.choices.is_empty() {
            return Ok(Vec::new());
        }
        let mut ranges = Vec::new();
        for (choice, line) in self.choices.iter().zip(&self.lines) {
            let range = Range::read(choice.right.get_ref()).map_err(|message| (*line, message))?;
            ranges.push(range);
        }
        let told: Vec<(Range, usize)> = ranges
            .iter()
            .zip(&self.lines)
            .filter_map(|(range, line)| Some(((*range)?, *line)))
            .collect();
        range::check(&told)?;
        Ok(ranges)
    }

    /// The tolerance of a question for a number.
    pub(super) fn tolerance(&self) -> Result<Option<Tolerance>, Wrong> {
        let Some((number, line)) = &self.number else {
            return Ok(None);
        };
        let tolerance = Tolerance::read(&number.tolerance).map_err(|message| (*line, message))?;
        Ok(Some(tolerance))
    }
}

impl Tolerance {
    fn read(text: &str) -> Result<Tolerance, String> {
        let number = |text: &str| {
            text.trim()
                .parse::<f64>()
                .ok()
                .filter(|value| value.is_finite())
        };
        let read = if let Some(factor) = text.trim().strip_prefix("factor") {
            number(factor)
                .filter(|factor| *factor > 1.0)
                .map(Tolerance::Factor)
        } else if let Some(percent) = text.trim().strip_suffix('%') {
            number(percent)
                .filter(|percent| *percent > 0.0)
                .map(|percent| Tolerance::Share(percent / 100.0))
        } else {
            number(text)
                .filter(|value| *value > 0.0)
                .map(Tolerance::Absolute)
        };
        read.ok_or_else(|| {
            format!("{text:?} is no tolerance: write \"factor 2\", \"30 %\" or \"5\"")
        })
    }

    /// For the page.
    pub(super) fn attributes(self) -> String {
        let (kind, value) = match self {
            Tolerance::Factor(value) => ("factor", value),
            Tolerance::Share(value) => ("share", value),
            Tolerance::Absolute(value) => ("absolute", value),
        };
        format!(" data-tolerance=\"{kind}\" data-within=\"{value}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tolerances_are_read() {
        assert_eq!(Tolerance::read("factor 2"), Ok(Tolerance::Factor(2.0)));
        assert_eq!(Tolerance::read("30 %"), Ok(Tolerance::Share(0.3)));
        assert_eq!(Tolerance::read("5"), Ok(Tolerance::Absolute(5.0)));
        for text in ["", "factor 1", "-3 %", "0", "five"] {
            assert!(Tolerance::read(text).is_err(), "{text}");
        }
    }
}
