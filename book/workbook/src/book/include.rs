//! Listings: whole files, lines or anchored parts of them, taken from code that is compiled.
//!
//! The syntax is mdBook's (`PATH`, `PATH:anchor`, `PATH:first:last`, with `ANCHOR: name` and
//! `ANCHOR_END: name` in comments of the file). mdBook only logs what it cannot find; here it is
//! an error, an anchor must be closed, and what an anchor encloses loses its common indentation.

use std::path::{Component, Path, PathBuf};

/// The text that `reference` names, seen from a chapter in `folder` of the workspace at `root`.
pub(crate) fn include(root: &Path, folder: &Path, reference: &str) -> Result<String, String> {
    let (path, part) = reference.split_once(':').unwrap_or((reference, ""));
    let file = normal(&folder.join(path));
    if !file.starts_with(root) {
        return Err(format!("{path} lies outside of the workspace"));
    }
    let text = std::fs::read_to_string(&file)
        .map_err(|error| format!("cannot include {path}: {error}"))?;
    match Part::parse(part)? {
        Part::Lines(first, last) => lines(&text, first, last).ok_or_else(|| {
            format!(
                "{path} has {} lines, lines {part} are not all there",
                text.lines().count()
            )
        }),
        Part::Anchor(name) => anchored(&text, name).map_err(|why| format!("{path}: {why}")),
    }
}

enum Part<'a> {
    /// First and last line, from 1.
    Lines(usize, Option<usize>),
    Anchor(&'a str),
}

impl Part<'_> {
    fn parse(part: &str) -> Result<Part<'_>, String> {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        if !first.is_empty() && first.parse::<usize>().is_err() {
            return Ok(Part::Anchor(part));
        }
        let number = |text: &str| {
            text.parse::<usize>()
                .map_err(|_| format!("{part:?} is neither an anchor nor lines"))
        };
        let first_line = if first.is_empty() { 1 } else { number(first)? };
        let last_line = if last.is_empty() {
            None
        } else {
            Some(number(last)?)
        };
        Ok(Part::Lines(first_line, last_line))
    }
}

fn lines(text: &str, first: usize, last: Option<usize>) -> Option<String> {
    let all: Vec<&str> = text.lines().collect();
    let last = last.unwrap_or(all.len());
    let taken = all.get(first.checked_sub(1)?..last)?;
    Some(taken.join("\n"))
}

fn anchored(text: &str, name: &str) -> Result<String, String> {
    let mut inside = false;
    let mut taken = Vec::new();
    for line in text.lines() {
        if let Some(end) = marker(line, "ANCHOR_END:") {
            if inside && end == name {
                return Ok(dedent(&taken));
            }
        } else if let Some(start) = marker(line, "ANCHOR:") {
            inside |= start == name;
        } else if inside {
            taken.push(line);
        }
    }
    Err(if inside {
        format!("the anchor {name} is never closed; end it with ANCHOR_END: {name}")
    } else {
        format!("no anchor {name}; mark it with ANCHOR: {name} and ANCHOR_END: {name} in comments")
    })
}

fn marker<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(word)?;
    rest.split_whitespace().next()
}

fn dedent(lines: &[&str]) -> String {
    let indentation = |line: &&&str| line.len() - line.trim_start().len();
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let common = filled.map(|line| indentation(&line)).min().unwrap_or(0);
    let cut: Vec<&str> = lines
        .iter()
        .map(|line| line.get(common..).unwrap_or(""))
        .collect();
    cut.join("\n")
}

/// `path` without `.` and `..`, by its text alone.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "one\n    // ANCHOR: a\n    two\n\n      three\n    // ANCHOR_END: a\nfour\n// ANCHOR: open\n";

    #[test]
    fn takes_what_the_reference_names() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("x.rs"), CODE).expect("a file to include");
        let take = |reference: &str| include(folder.path(), folder.path(), reference);
        let cases = [
            ("x.rs:a", Ok("two\n\n  three")),
            ("x.rs:1", Ok("one")),
            ("x.rs:7:", Ok("four\n// ANCHOR: open")),
            ("x.rs::1", Ok("one")),
            (
                "x.rs:6:9",
                Err("x.rs has 8 lines, lines 6:9 are not all there"),
            ),
            (
                "x.rs:b",
                Err("x.rs: no anchor b; mark it with ANCHOR: b and ANCHOR_END: b in comments"),
            ),
            (
                "x.rs:open",
                Err("x.rs: the anchor open is never closed; end it with ANCHOR_END: open"),
            ),
            ("../x.rs", Err("../x.rs lies outside of the workspace")),
        ];
        for (reference, expected) in cases {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(take(reference), expected, "{reference}");
        }
        let missing = take("y.rs").expect_err("y.rs does not exist");
        assert!(
            missing.starts_with("cannot include y.rs: No such file"),
            "{missing}"
        );
    }
}
