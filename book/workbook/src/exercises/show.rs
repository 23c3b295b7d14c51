//! What a learner reads in the terminal.

use super::check::{Checked, Crash, Outcome};
use super::diff::{Side, diff};
use super::report::{NO_CALL, Words};
use super::run::Limits;
use super::verdict::{Failed, Verdict};
use super::{Exercise, LADDER};
use lab_format::draw::{self, TerminalOptions};
use std::fmt::Write as _;
use std::path::Path;

/// More errors of the compiler than this follow from the first ones.
pub(super) const MOST_ERRORS: usize = 3;

/// The terminal.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// How many columns there are.
    pub width: usize,
    /// Whether it shows colours.
    pub color: bool,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.color {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// `label` in a column of its own, `text` beside it, broken between words.
    fn field(self, label: &str, text: &str, into: &mut String) {
        if text.is_empty() {
            return;
        }
        let lines = wrapped(text, self.width.clamp(40, 110).saturating_sub(12));
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let label = self.paint("1", &format!("{label:<10}"));
            let _ = writeln!(into, "  {label}{line}");
        }
    }
}

/// The verdict on an exercise, for its learner.
pub fn outcome(
    exercise: &Exercise,
    file: &Path,
    checked: &Checked,
    limits: &Limits,
    style: Style,
) -> String {
    let passed = checked.outcome.passed();
    let sign = if passed {
        style.paint("1;32", "✓")
    } else {
        style.paint("1;31", "✗")
    };
    let mut text = format!(
        "{sign} {} {} · {}\n",
        style.paint("1", &exercise.name),
        exercise.about.title,
        file.display()
    );
    let words = Words::of(&checked.outcome, limits);
    match &checked.outcome {
        Outcome::Passed(verdict) => held(verdict, style, &mut text),
        Outcome::Failed(verdict, fault) => {
            held(verdict, style, &mut text);
            failed(exercise, fault, &words, style, &mut text);
        }
        Outcome::Compile(errors) => compile(&errors.own, &errors.check, &mut text),
        Outcome::Ended(_) => words.show(style, &mut text),
        Outcome::Crashed(crash, tail) => {
            words.show(style, &mut text);
            if matches!(crash, Crash::Other(_)) {
                let _ = writeln!(text, "\n{}", tail.trim_end());
            }
        }
    }
    text
}

fn held(verdict: &Verdict, style: Style, text: &mut String) {
    for case in &verdict.cases {
        let sign = style.paint("32", "✓");
        let explored = style.paint("2", &case.explored);
        let _ = writeln!(text, "  {sign} {}: {explored}", case.name);
    }
}

fn failed(exercise: &Exercise, failed: &Failed, words: &Words, style: Style, text: &mut String) {
    let sign = style.paint("31", "✗");
    if !failed.case.is_empty() {
        let _ = writeln!(text, "  {sign} {}", failed.case);
    }
    text.push('\n');
    words.show(style, text);
    let timeline = failed.timeline();
    if timeline.marks.is_empty() {
        return;
    }
    let found = match failed.schedules {
        0 | 1 => "The schedule:".to_owned(),
        count => format!(
            "The schedule that shows it, number {}:",
            lab_format::units::count(count)
        ),
    };
    let options = TerminalOptions {
        width: style.width.clamp(40, 110),
        color: style.color,
        window: None,
    };
    let _ = write!(
        text,
        "\n{found}\n\n{}\n{}",
        draw::terminal(&timeline, &options),
        draw::steps(&timeline, options.width)
    );
    if !failed.replay.is_empty() {
        let _ = writeln!(
            text,
            "\nThe same again: cargo workbook check {} --replay {}",
            exercise.name, failed.replay
        );
    }
}

fn compile(own: &[String], check: &[String], text: &mut String) {
    let errors = if own.is_empty() { check } else { own };
    if own.is_empty() {
        let _ = writeln!(text, "  {NO_CALL}");
    }
    text.push('\n');
    for error in errors.iter().take(MOST_ERRORS) {
        let _ = writeln!(text, "{}\n", error.trim_end());
    }
    if errors.len() > MOST_ERRORS {
        let _ = writeln!(
            text,
            "… and {} more: begin with the first.",
            errors.len() - MOST_ERRORS
        );
    }
}

impl Words {
    fn show(&self, style: Style, text: &mut String) {
        style.field("expected", &self.expected, text);
        style.field("observed", &self.observed, text);
        style.field("why", &self.why, text);
    }
}

/// The first `count` hints, and what gives the next one.
pub fn hints(exercise: &Exercise, count: usize, style: Style) -> String {
    let count = count.clamp(1, LADDER.len());
    let mut text = String::new();
    for (rung, hint) in LADDER.iter().zip(&exercise.about.hints).take(count) {
        style.field(rung, hint, &mut text);
    }
    let name = &exercise.name;
    let _ = match LADDER.get(count) {
        Some(next) => writeln!(
            text,
            "\nThe next one, the {next}: cargo workbook hint {name}"
        ),
        None => writeln!(
            text,
            "\nThat was the last hint. The solution: cargo workbook solution {name}"
        ),
    };
    text
}

/// The solution beside what the learner has, and what it costs.
pub fn solution(exercise: &Exercise, own: Option<&str>, solution: &str, style: Style) -> String {
    let mut text = match own {
        Some(own) => format!(
            "Yours (-) and the solution (+):\n\n{}",
            differences(own, solution, style)
        ),
        None => solution.to_owned(),
    };
    text.push_str("\nTrade-offs\n\n");
    for paragraph in exercise.about.trade_offs.trim().split("\n\n") {
        for line in wrapped(paragraph, style.width.clamp(40, 110) - 2) {
            let _ = writeln!(text, "  {line}");
        }
        text.push('\n');
    }
    text
}

fn differences(own: &str, solution: &str, style: Style) -> String {
    let mut text = String::new();
    for (side, line) in diff(own, solution) {
        let line = match side {
            Side::Both => format!("  {line}"),
            Side::First => style.paint("31", &format!("- {line}")),
            Side::Second => style.paint("32", &format!("+ {line}")),
        };
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// `text` in lines of at most `width` columns, broken between words.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
