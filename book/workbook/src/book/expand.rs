//! Directives in a chapter's text become what they stand for.
//!
//! | directive | becomes |
//! |---|---|
//! | `{{#include PATH[:PART]}}` | a listing, see [`include`](super::include) |
//! | `{{#lab NAME [FIGURE]}}` | the panel that runs the lab, with a committed run below it |
//! | `{{#figure LAB/NAME [caption]}}` | a committed run's picture with its machine and date |
//! | `{{#exercise CHAPTER/NUMBER}}` | an exercise: task, commands, hints |
//! | `{{#reference labs}}`, `{{#reference exercises}}` | tables of all there are |
//! | `{{#number LAB/NAME PATH}}` | one measured number, see [`figure::number`] |
//! | `{{#console LAB [--knob value …] TEXT}}` | the commands that hold the lab and attach the console; TEXT says what to look at |
//! | `{{#steps PATH PATH … [caption]}}` | the diff from each program to the next, see [`steps`](super::steps) |
//! | `{{#minutes reading=N [lab=N]}}` | how long the chapter takes, see [`minutes`]; every chapter says it once |
//!
//! Fenced blocks with a name of ours become something else too, see [`blocks`], and so do tables with a header of ours,
//! see [`tables`].
//!
//! A backslash before the braces leaves a directive as it is. All else in such braces is an error.

use super::Audience;
use super::blocks::{self, Block};
use super::console::console;
use super::exercise;
use super::figure::{self, Figure};
use super::include::include;
use super::minutes::{self, Minutes};
use super::panel;
use super::problem::{Problem, Problems};
use super::reference;
use super::steps::steps;
use super::tables::{self, Place};
use crate::workspace::Workspace;
use regex::Regex;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

/// A chapter with its directives replaced.
#[derive(Debug, Default)]
pub(crate) struct Expanded {
    /// Markdown for mdBook.
    pub(crate) text: String,
    /// For each line of `text`, the line of the chapter's file that it comes from.
    pub(crate) lines: Vec<usize>,
    /// The labs that have a panel here, by name.
    pub(crate) labs: Vec<String>,
    /// The exercises that stand here, by name.
    pub(crate) exercises: Vec<String>,
    /// The ids of the predictions that stand here.
    pub(crate) predictions: Vec<String>,
    /// How many diffs of programs stand here.
    steps: usize,
    /// The pictures to put in place of [`panel::picture_mark`]s, by `LAB/NAME`.
    pub(crate) pictures: BTreeMap<String, String>,
    /// Whom it is for.
    pub(crate) audience: Audience,
    /// How long it takes.
    pub(crate) minutes: Option<Minutes>,
    /// What an instructor says, in the order of the page.
    pub(crate) notes: Vec<Note>,
    /// What else is wrong with the block that is being read, besides what its kind has returned.
    pub(super) further: Vec<blocks::Wrong>,
    /// What is wrong.
    pub(crate) problems: Vec<Problem>,
}

/// What an instructor says at one place of a chapter.
#[derive(Clone, Debug)]
pub struct Note {
    /// The line of the chapter's file that it begins after.
    pub line: usize,
    /// It, in Markdown.
    pub text: String,
}

pub(super) static DIRECTIVE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\\?)\{\{\s*#([^}]*)\}\}").expect("a constant pattern"));

/// The names of directives.
const DIRECTIVES: [&str; 9] = [
    "include",
    "lab",
    "exercise",
    "figure",
    "number",
    "console",
    "steps",
    "reference",
    "minutes",
];

static WITHOUT_MARK: LazyLock<Regex> = LazyLock::new(|| {
    let names = DIRECTIVES.join("|");
    Regex::new(&format!(r"\{{\{{\s*({names})\b")).expect("a constant pattern")
});

/// Expands the chapter whose text is `source`, in `file` of the workspace.
pub(crate) fn expand(
    workspace: &Workspace,
    file: &Path,
    source: &str,
    audience: Audience,
) -> Expanded {
    let mut problems = Problems::of(workspace.relative(file));
    let mut expanded = Expanded {
        audience,
        ..Expanded::default()
    };
    let lines: Vec<&str> = source.lines().collect();
    // Within somebody else's fenced block, a fence of ours is only text.
    let mut inside = None;
    let mut opened = 0;
    let mut tildes = false;
    let mut index = 0;
    while let Some(line) = lines.get(index) {
        let number = index + 1;
        match (inside, blocks::opens(line)) {
            (Some(length), _) if blocks::closes(line, length) => inside = None,
            (None, Some((length, info))) => {
                let (name, argument) = split(info);
                if let Some(kind) = blocks::kind(name) {
                    let rest = &lines[number..];
                    let end = rest.iter().position(|line| blocks::closes(line, length));
                    let body = &rest[..end.unwrap_or(rest.len())];
                    let text = match end {
                        Some(_) => {
                            let line = number;
                            let block = Block {
                                workspace,
                                line,
                                argument,
                                body,
                            };
                            kind(&block, &mut expanded)
                        }
                        None => Err((0, format!("the block {name:?} has no end"))),
                    };
                    for (line, message) in std::mem::take(&mut expanded.further) {
                        problems.note(number + line, message);
                    }
                    expanded.push(number, &noted(&mut problems, number, text));
                    index = number + body.len() + 1;
                    continue;
                }
                if let Some(fault) = blocks::fault(info) {
                    problems.note(number, fault);
                }
                if let Some(line) = blocks::not_compiled(info, length, &lines[number..]) {
                    problems.note(
                        number + line,
                        "a listing in Rust is code that is compiled: {{#include PATH:anchor}}",
                    );
                }
                inside = Some(length);
                opened = number;
            }
            (None, None) if line.trim_start().starts_with("~~~") => {
                tildes = !tildes;
                if tildes {
                    problems.note(number, "a listing begins and ends with ```, not with ~~~");
                }
            }
            _ => {}
        }
        let table = tables::begins(&lines[index..]).filter(|_| inside.is_none());
        if let Some(table) = table {
            let made = table.render(&Place { workspace, file }, &mut expanded);
            for (offset, message) in made.wrong {
                problems.note(number + offset, message);
            }
            for (offset, text) in made.lines.iter().enumerate() {
                expanded.push(number + offset, text);
            }
            index += table.len();
            continue;
        }
        let text = DIRECTIVE.replace_all(line, |found: &regex::Captures<'_>| {
            if !found[1].is_empty() {
                return found[0][1..].to_owned();
            }
            let text = directive(workspace, file, &found[2], &mut expanded);
            noted(&mut problems, number, text.map_err(|message| (0, message)))
        });
        if let Some(fault) = unfinished(line) {
            problems.note(number, fault);
        }
        expanded.push(number, &text);
        index += 1;
    }
    if inside.is_some() {
        problems.note(opened, "this listing has no end");
    }
    // The table of contents is told of a chapter that is empty.
    if !source.trim().is_empty()
        && let Err(why) = minutes::finish(workspace, &mut expanded)
    {
        problems.note(1, why);
    }
    expanded.problems = problems.into_vec();
    expanded
}

/// `text` with its `{{#number …}}` replaced, for a block whose text is Markdown in parts.
pub(super) fn numbers(workspace: &Workspace, text: &str) -> Result<String, String> {
    let mut wrong = None;
    let made = DIRECTIVE.replace_all(text, |found: &regex::Captures<'_>| {
        let (name, rest) = split(&found[2]);
        let text = match name {
            _ if !found[1].is_empty() => Ok(found[0][1..].to_owned()),
            "number" => number(workspace, rest),
            _ => Err(format!("only numbers stand here, not {name:?}")),
        };
        text.unwrap_or_else(|message| {
            wrong.get_or_insert(message);
            String::new()
        })
    });
    match wrong {
        None => Ok(made.into_owned()),
        Some(message) => Err(message),
    }
}

/// What is wrong with a line that was meant to hold a directive and holds none.
fn unfinished(line: &str) -> Option<String> {
    let rest = DIRECTIVE.replace_all(line, "");
    if rest.contains("{{#") {
        return Some("a directive ends in the line that it begins in, with }}".to_owned());
    }
    let found = WITHOUT_MARK.captures(&rest)?;
    Some(format!("a directive is written {{{{#{} …}}}}", &found[1]))
}

/// What was made, or nothing and a note of why not. `from` is the line that it begins in.
fn noted(problems: &mut Problems, from: usize, made: Result<String, blocks::Wrong>) -> String {
    made.unwrap_or_else(|(line, message)| {
        problems.note(from + line, message);
        String::new()
    })
}

impl Expanded {
    /// Adds what line `number` of the chapter has become.
    fn push(&mut self, number: usize, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
        self.lines.extend(text.split('\n').map(|_| number));
    }
}

/// What the directive `text`, without its braces, stands for.
pub(super) fn directive(
    workspace: &Workspace,
    file: &Path,
    text: &str,
    into: &mut Expanded,
) -> Result<String, String> {
    let (name, rest) = split(text);
    match name {
        "include" => {
            let folder = file.parent().unwrap_or(file);
            include(workspace.root(), folder, rest)
        }
        "lab" => lab(workspace, rest, into),
        "exercise" => {
            if into.exercises.iter().any(|known| known == rest) {
                return Err(format!("the exercise {rest} is already on this page"));
            }
            // Named is named: a broken exercise is not also one without a chapter.
            into.exercises.push(rest.to_owned());
            exercise::section(workspace, rest)
        }
        "figure" => {
            let (reference, caption) = split(rest);
            let figure = picture(workspace, reference, into)?;
            if figure.svg.is_none() {
                return Err(format!("{reference} has no picture: nothing was recorded"));
            }
            let info = figure::knobs(workspace, &figure.run.lab)?;
            Ok(panel::figure(&info, reference, &figure.run, caption))
        }
        "number" => number(workspace, rest),
        "console" => console(workspace, rest),
        "steps" => {
            let folder = file.parent().unwrap_or(file);
            into.steps += 1;
            steps(workspace.root(), folder, rest, into.steps)
        }
        "minutes" if into.minutes.is_some() => {
            Err("the chapter's minutes are said already".to_owned())
        }
        "minutes" => {
            // Said is said: a directive that is wrong is not also one that is missing.
            into.minutes = Some(Minutes::default());
            into.minutes = Some(Minutes::parse(rest)?);
            Ok(format!("\n{}\n", minutes::MARK))
        }
        "reference" => reference::tables(workspace, file, rest),
        _ => Err(format!(
            "unknown directive {name:?}: there are {}",
            DIRECTIVES.join(", ")
        )),
    }
}

fn number(workspace: &Workspace, rest: &str) -> Result<String, String> {
    let (reference, path) = split(rest);
    let (lab, name) = lab_and_name(reference)?;
    figure::number(&figure::figure(workspace, lab, name)?.run, path)
}

fn lab(workspace: &Workspace, rest: &str, into: &mut Expanded) -> Result<String, String> {
    let (lab, name) = split(rest);
    if into.labs.iter().any(|known| known == lab) {
        return Err(format!("the panel of {lab} is already on this page"));
    }
    // Named is named: a lab with a missing figure is not also one without a chapter.
    into.labs.push(lab.to_owned());
    let info = figure::knobs(workspace, lab)?;
    let name = if name.is_empty() {
        figure::of_defaults(workspace, lab)?
    } else {
        name.to_owned()
    };
    let reference = format!("{lab}/{name}");
    let figure = picture(workspace, &reference, into)?;
    Ok(panel::lab(&info, &reference, &figure.run))
}

/// Loads a figure and remembers its picture for the finished page.
fn picture(workspace: &Workspace, reference: &str, into: &mut Expanded) -> Result<Figure, String> {
    let (lab, name) = lab_and_name(reference)?;
    let figure = figure::figure(workspace, lab, name)?;
    if let Some(svg) = &figure.svg {
        into.pictures.insert(reference.to_owned(), svg.clone());
    }
    Ok(figure)
}

pub(super) fn lab_and_name(reference: &str) -> Result<(&str, &str), String> {
    reference
        .split_once('/')
        .ok_or_else(|| format!("{reference:?} names no figure: write LAB/NAME"))
}

/// The first word and the rest.
pub(super) fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (first, rest.trim())
}
