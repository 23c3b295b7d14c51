//! Fenced blocks of a chapter that are ours: what stands in them becomes something else than a listing.
//!
//! | block | becomes |
//! |---|---|
//! | ```` ```notes ```` | nothing on the page: what an instructor says here |
//!
//! A block's first line may go on after its name; what its author wrote there is the block's argument.

use super::expand::Expanded;

/// A block as its author wrote it.
#[derive(Debug)]
pub(super) struct Block<'a> {
    /// What follows the name on the first line.
    pub(super) argument: &'a str,
    /// The lines between the fences.
    pub(super) body: &'a [&'a str],
}

/// What is wrong with a block: in which line of its body, from 1 (0 is the line of the fence), and what.
pub(super) type Wrong = (usize, String);

/// What makes Markdown of a block.
pub(super) type Kind = fn(&Block<'_>, &mut Expanded) -> Result<String, Wrong>;

/// The kind that is named so, if it is one of ours.
pub(super) fn kind(name: &str) -> Option<Kind> {
    match name {
        "notes" => Some(notes),
        _ => None,
    }
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
