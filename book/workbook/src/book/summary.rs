//! `SUMMARY.md` against the files beside it: every chapter has its text, every file has its
//! chapter, and what is listed as a draft has none yet.

use super::problem::{Problem, Problems};
use crate::workspace::Workspace;
use regex::Regex;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// One line of the table of contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The chapter's title.
    pub title: String,
    /// Its file, relative to `src/`; none for a draft.
    pub path: Option<PathBuf>,
    /// The part of the book it belongs to; empty before the first one.
    pub part: String,
    /// The line of `SUMMARY.md`, from 1.
    pub line: usize,
}

/// The table of contents, in order.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Chapters and drafts.
    pub entries: Vec<Entry>,
    text: String,
}

static LINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:[-*]\s+)?\[(.*)\]\((.*)\)\s*$").expect("a constant pattern")
});

impl Summary {
    /// Reads the table of contents of `workspace`.
    pub fn read(workspace: &Workspace) -> std::io::Result<Summary> {
        std::fs::read_to_string(workspace.chapters().join("SUMMARY.md"))
            .map(|text| Summary::parse(&text))
    }

    fn parse(text: &str) -> Summary {
        let mut part = String::new();
        let mut entries = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if let Some(title) = line.strip_prefix("# ") {
                title.trim().clone_into(&mut part);
            } else if let Some(found) = LINK.captures(line) {
                entries.push(Entry {
                    title: found[1].to_owned(),
                    path: (!found[2].is_empty()).then(|| PathBuf::from(&found[2])),
                    part: part.clone(),
                    line: index + 1,
                });
            }
        }
        Summary {
            entries,
            text: text.to_owned(),
        }
    }

    /// The chapters that have a file.
    pub fn written(&self) -> impl Iterator<Item = (&Entry, &Path)> {
        self.entries
            .iter()
            .filter_map(|entry| Some((entry, entry.path.as_deref()?)))
    }

    /// How many drafts there are.
    pub(crate) fn drafts(&self) -> usize {
        self.entries
            .iter()
            .filter(|entry| entry.path.is_none())
            .count()
    }

    /// The table of contents in which the chapters in these `lines` are drafts.
    pub(crate) fn without(&self, lines: &BTreeSet<usize>) -> String {
        let mut text = String::new();
        for (index, line) in self.text.lines().enumerate() {
            match line.rfind("](") {
                Some(target) if lines.contains(&(index + 1)) => {
                    text.push_str(&line[..target]);
                    text.push_str("]()");
                }
                _ => text.push_str(line),
            }
            text.push('\n');
        }
        text
    }

    /// What is wrong with the table of contents itself. (Files that it does not list are found by
    /// [`strays`], once the chapters have said which pictures they use.)
    pub(crate) fn check(&self, workspace: &Workspace) -> Vec<Problem> {
        let file = workspace.chapters().join("SUMMARY.md");
        let mut problems = Problems::of(workspace.relative(&file));
        let mut seen = BTreeSet::new();
        for (entry, path) in self.written() {
            let shown = path.display();
            if !seen.insert(path) {
                problems.note(entry.line, format!("{shown} is listed twice"));
            }
            match std::fs::read_to_string(workspace.chapters().join(path)) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => problems.note(
                    entry.line,
                    format!(
                        "{shown} does not exist; write it, or list a draft: [{}]()",
                        entry.title
                    ),
                ),
                Ok(text) if text.trim().is_empty() => problems.note(
                    entry.line,
                    format!(
                        "{shown} is empty; write it, or list a draft: [{}]()",
                        entry.title
                    ),
                ),
                // What cannot be read is said of the file itself.
                Ok(_) | Err(_) => {}
            }
        }
        problems.into_vec()
    }

    fn draft_titled(&self, title: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.path.is_none() && entry.title.eq_ignore_ascii_case(title))
    }
}

/// Files below `src/` that no chapter accounts for. mdBook would publish them.
pub(crate) fn strays(
    workspace: &Workspace,
    summary: &Summary,
    used: &BTreeSet<PathBuf>,
) -> std::io::Result<Vec<Problem>> {
    let root = workspace.chapters();
    let listed: BTreeSet<&Path> = summary.written().map(|(_, path)| path).collect();
    let mut found = Vec::new();
    for file in files_below(&root)? {
        let path = file.strip_prefix(&root).unwrap_or(&file);
        if path != Path::new("SUMMARY.md") && !listed.contains(path) && !used.contains(path) {
            found.push(Problem {
                file: workspace.relative(&file).to_path_buf(),
                line: 1,
                message: stray_message(&file, summary),
            });
        }
    }
    Ok(found)
}

fn stray_message(file: &Path, summary: &Summary) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let title = text.lines().find_map(|line| line.strip_prefix("# "));
    match title.and_then(|title| summary.draft_titled(title.trim())) {
        Some(draft) => format!(
            "a draft with text: SUMMARY.md line {} lists \"{}\" as a draft; give it this file",
            draft.line, draft.title
        ),
        None => "a stray file, which would be published: list it in SUMMARY.md, use it in a chapter, or move it out of src/".to_owned(),
    }
}

fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            files.extend(files_below(&entry.path())?);
        } else {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_parts_chapters_drafts_and_their_lines() {
        let summary =
            Summary::parse("# Summary\n\n# One\n\n- [A](a.md)\n  - [B]()\n\n---\n\n[C](c.md)\n");
        let lines: Vec<_> = summary
            .entries
            .iter()
            .map(|entry| {
                (
                    entry.title.as_str(),
                    entry.part.as_str(),
                    entry.line,
                    entry.path.is_some(),
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                ("A", "One", 5, true),
                ("B", "One", 6, false),
                ("C", "One", 10, true)
            ]
        );
    }
}
