//! What a learner reads in the terminal.

use super::check::{Checked, Crash, Outcome};
use super::diff::{Side, diff};
use super::run::{Ended, Limits};
use super::verdict::{Failed, Verdict};
use super::{Exercise, LADDER};
use lab_format::draw::{self, TerminalOptions};
use std::fmt::Write as _;
use std::path::Path;

/// More errors of the compiler than this follow from the first ones.
const MOST_ERRORS: usize = 3;

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
    match &checked.outcome {
        Outcome::Passed(verdict) => held(verdict, style, &mut text),
        Outcome::Failed(verdict, fault) => {
            held(verdict, style, &mut text);
            failed(exercise, fault, style, &mut text);
        }
        Outcome::Compile(errors) => compile(&errors.own, &errors.check, &mut text),
        Outcome::Ended(ended) => self::ended(*ended, limits, style, &mut text),
        Outcome::Crashed(crash, tail) => crashed(*crash, tail, style, &mut text),
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

fn failed(exercise: &Exercise, failed: &Failed, style: Style, text: &mut String) {
    let sign = style.paint("31", "✗");
    if !failed.case.is_empty() {
        let _ = writeln!(text, "  {sign} {}", failed.case);
    }
    text.push('\n');
    style.field("expected", &failed.expected, text);
    style.field("observed", &failed.observed, text);
    style.field("why", &failed.why, text);
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
        text.push_str("  The check can't call your code. Names and signatures have to stay as in the starter:\n");
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

fn ended(ended: Ended, limits: &Limits, style: Style, text: &mut String) {
    let (observed, why) = match ended {
        Ended::Deadline => (
            format!(
                "it still ran after {} s, and was ended",
                limits.deadline.as_secs_f64()
            ),
            "Each schedule is short, so a few seconds are plenty: something goes on and on, or prints very much.",
        ),
        Ended::Output => (
            format!(
                "it printed more than {}, and was ended",
                lab_format::units::bytes(limits.output as u64)
            ),
            "A line now and then helps; a flood hides what matters. Is it printed in a loop that has no way out?",
        ),
        Ended::Cancelled => ("cancelled; nothing is left running".to_owned(), ""),
    };
    style.field("observed", &observed, text);
    style.field("why", why, text);
}

fn crashed(crash: Crash, tail: &str, style: Style, text: &mut String) {
    let (observed, why) = match crash {
        Crash::Memory => (
            "it wanted more memory than it may have (1 GiB), and was ended".to_owned(),
            "Something grows without a bound: a buffer, a vector, a string in a loop.",
        ),
        Crash::Stack => (
            "a task used up its stack".to_owned(),
            "A function calls itself without end, or a very large value lies on the stack.",
        ),
        Crash::Other(number) => (
            format!("the program crashed ({number}) before it came to a verdict"),
            "It exited by itself, or panicked while it was panicking already. What it said last:",
        ),
    };
    style.field("observed", &observed, text);
    style.field("why", why, text);
    if matches!(crash, Crash::Other(_)) {
        let _ = writeln!(text, "\n{}", tail.trim_end());
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
