//! What a page is told of a start or a check.

use super::work::Ending;
use crate::exercises::check::{Checked, Crash, Options, Outcome};
use crate::exercises::report::{NO_CALL, Words};
use crate::exercises::show::MOST_ERRORS;
use crate::exercises::verdict::Failed;
use crate::exercises::{Exercise, LADDER};
use crate::text::plain;
use lab_format::draw::{self, SvgOptions};
use mdbook_markdown::pulldown_cmark::html::push_html;
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
use serde::Serialize;

/// How many characters wide a schedule's steps are written.
const WIDTH: usize = 96;

/// Something that has happened, for the page.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// The learner's file is there.
    Started {
        /// Where, seen from the workspace.
        file: String,
        /// Where, for an editor.
        path: String,
        /// Whether it was written now.
        new: bool,
    },
    /// What is being done.
    Status {
        /// For people.
        text: String,
    },
    /// A line that cargo or the learner's code has written.
    Line {
        /// Without its line break and control characters.
        text: String,
    },
    /// What has come out.
    Verdict(Box<Verdict>),
    /// It is over. Always the last one.
    Ended {
        /// How.
        how: Ending,
        /// For people.
        text: String,
    },
}

/// What a check has come to.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// Whether every case holds.
    pub passed: bool,
    /// It in a few words.
    pub headline: String,
    /// The cases that hold.
    pub cases: Vec<Case>,
    /// The one that doesn't; empty where there is none to name.
    pub failed: String,
    /// What should have happened.
    pub expected: String,
    /// What has happened.
    pub observed: String,
    /// How that comes.
    pub why: String,
    /// What the compiler says, or the program said last.
    pub said: Vec<String>,
    /// The schedule that shows it.
    pub schedule: Option<Schedule>,
    /// Which hint may help: 1 is the first.
    pub hint: Option<usize>,
    /// How long building took, in milliseconds.
    pub built_ms: u64,
    /// How long running took, in milliseconds.
    pub ran_ms: u64,
}

/// A case that holds.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// What was tried: `all 1,204 schedules`.
    pub explored: String,
}

/// A schedule, drawn.
#[derive(Clone, Debug, Serialize)]
pub struct Schedule {
    /// The how manyth it was: `number 1,204`.
    pub found: String,
    /// The swimlane: an `<svg>` element.
    pub svg: String,
    /// Step by step, for people who rather read.
    pub steps: String,
    /// The command that runs it again.
    pub replay: String,
}

impl Event {
    pub(super) fn status(text: impl Into<String>) -> Event {
        Event::Status { text: text.into() }
    }

    pub(super) fn line(text: &str) -> Event {
        Event::Line { text: plain(text) }
    }
}

impl Verdict {
    /// What is said of an exercise of which `hints` were taken.
    pub(super) fn of(
        exercise: &Exercise,
        checked: &Checked,
        options: &Options,
        hints: usize,
    ) -> Verdict {
        let outcome = &checked.outcome;
        let Words {
            expected,
            observed,
            why,
        } = Words::of(outcome, &options.limits);
        let (cases, failed) = match outcome {
            Outcome::Passed(verdict) => (verdict.cases.as_slice(), None),
            Outcome::Failed(verdict, failed) => (verdict.cases.as_slice(), Some(&**failed)),
            _ => (&[][..], None),
        };
        let cases = cases.iter().map(|case| Case {
            name: case.name.clone(),
            explored: case.explored.clone(),
        });
        let wants_hint = !outcome.passed() && !matches!(outcome, Outcome::Compile(_));
        Verdict {
            passed: outcome.passed(),
            headline: headline(outcome),
            cases: cases.collect(),
            failed: failed.map_or_else(String::new, |failed| failed.case.clone()),
            expected,
            observed,
            why,
            said: said(outcome),
            schedule: failed.and_then(|failed| schedule(exercise, failed)),
            hint: wants_hint.then(|| (hints + 1).min(LADDER.len())),
            built_ms: checked.built_in.as_millis() as u64,
            ran_ms: checked.ran_in.as_millis() as u64,
        }
    }
}

fn headline(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed(_) => "Passed.".to_owned(),
        Outcome::Failed(_, failed) if failed.case.is_empty() => "Not yet.".to_owned(),
        Outcome::Failed(_, failed) => format!("Not yet: {}.", failed.case),
        Outcome::Compile(_) => "It does not compile.".to_owned(),
        Outcome::Ended(_) => "It had to be ended.".to_owned(),
        Outcome::Crashed(..) => "It crashed.".to_owned(),
    }
}

fn said(outcome: &Outcome) -> Vec<String> {
    let lines = |text: &str| {
        text.trim_end()
            .lines()
            .map(plain)
            .collect::<Vec<_>>()
            .join("\n")
    };
    match outcome {
        Outcome::Compile(errors) => {
            let (intro, all) = if errors.own.is_empty() {
                (Some(NO_CALL.to_owned()), &errors.check)
            } else {
                (None, &errors.own)
            };
            let first = all.iter().take(MOST_ERRORS).map(|error| lines(error));
            intro.into_iter().chain(first).collect()
        }
        Outcome::Crashed(Crash::Other(_), tail) => vec![lines(tail)],
        _ => Vec::new(),
    }
}

fn schedule(exercise: &Exercise, failed: &Failed) -> Option<Schedule> {
    let timeline = failed.timeline();
    if timeline.marks.is_empty() {
        return None;
    }
    let title = format!("The schedule that breaks {}", exercise.name);
    let replay = match failed.replay.as_str() {
        "" => String::new(),
        replay => format!("cargo workbook check {} --replay {replay}", exercise.name),
    };
    Some(Schedule {
        found: match failed.schedules {
            0 | 1 => String::new(),
            count => format!("number {}", lab_format::units::count(count)),
        },
        svg: draw::svg(
            &timeline,
            &SvgOptions {
                title,
                ..SvgOptions::default()
            },
        ),
        steps: draw::steps(&timeline, WIDTH),
        replay,
    })
}

/// A text of an exercise, which is Markdown, as HTML.
pub(super) fn html(markdown: &str) -> String {
    let mut html = String::new();
    let parser = new_cmark_parser(markdown, &MarkdownOptions::default());
    push_html(&mut html, parser);
    html
}
