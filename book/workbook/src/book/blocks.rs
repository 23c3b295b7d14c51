//! Fenced blocks of a chapter that are ours: what stands in them becomes something else than a listing.
//!
//! | block | becomes |
//! |---|---|
//! | ```` ```notes ```` | what an instructor says here: on an instructor's page only |
//! | ```` ```predict ```` | a question, answered before the lab runs and graded by what it measures: [`predict`](super::predict) |
//! | ```` ```diagram ```` | a drawing as SVG, see [`diagram`](super::diagram) |
//!
//! A block's first line may go on after its name; what its author wrote there is the block's argument.

use super::Audience;
use super::diagram;
use super::expand::{Expanded, Note};
use super::predict::predict;
use crate::workspace::Workspace;

/// A block as its author wrote it.
#[derive(Debug)]
pub(super) struct Block<'a> {
    /// Where labs and their figures are.
    pub(super) workspace: &'a Workspace,
    /// The line of the chapter's file that it begins in.
    pub(super) line: usize,
    /// What follows the name on the first line.
    pub(super) argument: &'a str,
    /// The lines between the fences.
    pub(super) body: &'a [&'a str],
}

/// What is wrong with a block: in which line of its body, from 1 (0 is the line of the fence), and what.
pub(super) type Wrong = (usize, String);

/// What makes Markdown of a block.
pub(super) type Kind = fn(&Block<'_>, &mut Expanded) -> Result<String, Wrong>;

/// Our blocks, by name.
const KINDS: &[(&str, Kind)] = &[
    ("notes", notes),
    ("predict", predict),
    ("diagram", diagram::figure),
];

/// The languages of listings.
const LANGUAGES: &[&str] = &[
    "bash",
    "c",
    "console",
    "css",
    "diff",
    "dockerfile",
    "go",
    "html",
    "http",
    "ini",
    "javascript",
    "json",
    "makefile",
    "markdown",
    "promql",
    "proto",
    "python",
    "rust",
    "sh",
    "sql",
    "text",
    "toml",
    "xml",
    "yaml",
];

/// The kind that is named so, if it is one of ours.
pub(super) fn kind(name: &str) -> Option<Kind> {
    let found = KINDS.iter().find(|(known, _)| *known == name);
    found.map(|(_, kind)| *kind)
}

/// What is wrong with the first line of a listing, which is none of our blocks.
pub(super) fn fault(info: &str) -> Option<String> {
    let name = info.split([',', ' ']).next().unwrap_or_default();
    if name.is_empty() {
        return Some("a listing without a language: ```text, if it has none".to_owned());
    }
    if LANGUAGES.contains(&name) {
        return None;
    }
    let ours = KINDS.iter().map(|(name, _)| *name);
    let meant = ours
        .chain(LANGUAGES.iter().copied())
        .min_by_key(|known| strsim::levenshtein(known, name));
    let meant = meant
        .filter(|known| strsim::levenshtein(known, name) <= 3)
        .map(|known| format!("; did you mean {known}?"));
    let ours: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    Some(format!(
        "unknown block {name:?}{}: ours are {}, languages {}",
        meant.unwrap_or_default(),
        ours.join(", "),
        LANGUAGES.join(", ")
    ))
}

/// The line, from 1, of a listing in Rust that stands on the page itself, where no compiler looks. `rest` begins behind its
/// first fence.
pub(super) fn not_compiled(info: &str, length: usize, rest: &[&str]) -> Option<usize> {
    let mut body = rest.iter().take_while(|line| !closes(line, length));
    let typed = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("{{#include ");
    let line = body
        .position(typed)
        .filter(|_| info.split([',', ' ']).next() == Some("rust"));
    line.map(|line| line + 1)
}

/// The fence that `line` opens: how long it is, and what stands behind it.
pub(super) fn opens(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start();
    let length = text.bytes().take_while(|byte| *byte == b'`').count();
    (length >= 3 && !text[length..].contains('`')).then(|| (length, text[length..].trim()))
}

/// Whether `line` closes a fence of that length.
pub(super) fn closes(line: &str, length: usize) -> bool {
    let text = line.trim();
    text.len() >= length && text.bytes().all(|byte| byte == b'`')
}

fn notes(block: &Block<'_>, into: &mut Expanded) -> Result<String, Wrong> {
    if !block.argument.is_empty() {
        return Err((0, format!("notes take no argument: {:?}", block.argument)));
    }
    let text = block.body.join("\n");
    if text.trim().is_empty() {
        return Err((
            0,
            "notes without text: write what an instructor says here".to_owned(),
        ));
    }
    let shown = match into.audience {
        Audience::Learners => String::new(),
        Audience::Instructor => {
            format!("<aside class=\"notes\" aria-label=\"Speaker notes\">\n\n{text}\n\n</aside>\n")
        }
    };
    let line = block.line;
    into.notes.push(Note { line, text });
    Ok(shown)
}
