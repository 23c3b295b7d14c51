//! Fenced blocks of a chapter that are ours: what stands in them becomes something else than a listing.
//!
//! | block | becomes |
//! |---|---|
//! | ```` ```notes ```` | nothing on the page: what an instructor says here |
//! | ```` ```predict ```` | a question, answered before the lab runs and graded by what it measures: [`predict`](super::predict) |
//! | ```` ```diagram ```` | a drawing as SVG, see [`diagram`](super::diagram) |
//!
//! A block's first line may go on after its name; what its author wrote there is the block's argument.

use super::diagram;
use super::expand::Expanded;
use super::predict::predict;
use crate::workspace::Workspace;

/// A block as its author wrote it.
#[derive(Debug)]
pub(super) struct Block<'a> {
    /// Where labs and their figures are.
    pub(super) workspace: &'a Workspace,
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
        .min_by_key(|known| distance(known, name));
    let meant = meant
        .filter(|known| distance(known, name) <= 3)
        .map(|known| format!("; did you mean {known}?"));
    let ours: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    Some(format!(
        "unknown block {name:?}{}: ours are {}, languages {}",
        meant.unwrap_or_default(),
        ours.join(", "),
        LANGUAGES.join(", ")
    ))
}

/// How many letters must be put in, taken out or replaced to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
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
    into.notes.push(text);
    Ok(String::new())
}
