//! Steps from one program to the next: `{{#steps PATH PATH … [caption]}}`.
//!
//! Each neighbouring pair becomes a diff. All stand on the page one after the other; where a script runs and there are
//! several, `theme/steps.js` makes tabs of them. A path is a word with a `/`, read as `{{#include}}` reads it (anchors
//! too); what follows the last is the caption.

use super::include::include;
use super::inline::inline;
use super::panel::escape;
use crate::exercises::diff::{Side, diff};
use std::fmt::Write as _;
use std::path::Path;

/// How many unchanged lines stay in sight around a change.
const AROUND: usize = 3;

/// The diffs that `rest` asks for, seen from a chapter in `folder`. `number` tells several on a page apart.
pub(super) fn steps(
    root: &Path,
    folder: &Path,
    rest: &str,
    number: usize,
) -> Result<String, String> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let count = words.iter().take_while(|word| word.contains('/')).count();
    let (paths, caption) = words.split_at(count);
    if paths.len() < 2 {
        return Err("steps need two programs at least: {{#steps PATH PATH [caption]}}, each with a / in its path".to_owned());
    }
    let mut programs = Vec::new();
    for path in paths {
        programs.push((name(path, paths), include(root, folder, path)?));
    }
    let mut html = format!("<figure class=\"steps\" id=\"steps-{number}\">\n");
    for (index, pair) in programs.windows(2).enumerate() {
        let [(first, before), (second, after)] = pair else {
            continue;
        };
        if before == after {
            return Err(format!("nothing changes from {first} to {second}"));
        }
        let title = format!(
            "<code>{}</code> → <code>{}</code>",
            escape(first),
            escape(second)
        );
        let _ = writeln!(
            html,
            "<div class=\"steps-step\" id=\"steps-{number}-{index}\"><p class=\"steps-title\">{title}</p>\
             <div class=\"steps-lines\" role=\"region\" tabindex=\"0\" aria-label=\"What changes from {} to {}\">{}</div></div>",
            escape(first),
            escape(second),
            lines(before, after)
        );
    }
    if !caption.is_empty() {
        let _ = writeln!(
            html,
            "<figcaption>{}</figcaption>",
            inline(&caption.join(" "))
        );
    }
    Ok(html + "</figure>")
}

/// The file's name; with the anchor where that is what tells it from another of `paths`.
fn name<'a>(path: &'a str, paths: &[&str]) -> &'a str {
    let file = |path: &'a str| path.rsplit('/').next().unwrap_or(path);
    let short = |path: &'a str| file(path).split(':').next().unwrap_or_default();
    let same = |other: &&&str| {
        let other = other.rsplit('/').next().unwrap_or(other);
        other.split(':').next() == Some(short(path))
    };
    if paths.iter().filter(same).count() > 1 {
        file(path)
    } else {
        short(path)
    }
}

fn lines(before: &str, after: &str) -> String {
    let lines = diff(before, after);
    let changed: Vec<usize> = (0..lines.len())
        .filter(|index| lines[*index].0 != Side::Both)
        .collect();
    let near = |index: usize| {
        let next = changed.partition_point(|at| at + AROUND < index);
        changed.get(next).is_some_and(|at| *at <= index + AROUND)
    };
    let mut html = String::new();
    let mut index = 0;
    while index < lines.len() {
        let seen = near(index);
        let end = (index..lines.len())
            .find(|at| near(*at) != seen)
            .unwrap_or(lines.len());
        let text: String = lines[index..end].iter().map(line).collect();
        let hidden = end - index;
        // A fold that hides one line takes as much room as the line.
        if seen || hidden == 1 {
            html.push_str(&text);
        } else {
            let _ = write!(
                html,
                "<details><summary>{hidden} unchanged lines</summary>{text}</details>"
            );
        }
        index = end;
    }
    html
}

/// One line; never an empty one, which would end the HTML block that it stands in.
fn line((side, text): &(Side, &str)) -> String {
    let text = if text.trim().is_empty() {
        "&#8203;".to_owned()
    } else {
        escape(text)
    };
    match side {
        Side::Both => format!("<div>{text}</div>"),
        Side::First => format!("<del>{text}</del>"),
        Side::Second => format!("<ins>{text}</ins>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_change_is_folded_away() {
        let before = (0..12)
            .map(|n| format!("line {n}"))
            .collect::<Vec<_>>()
            .join("\n");
        let after = before.replace("line 6\n", "new\n\n");
        let html = lines(&before, &after);
        let expected = "<details><summary>3 unchanged lines</summary><div>line 0</div><div>line 1</div><div>line 2</div></details>\
            <div>line 3</div><div>line 4</div><div>line 5</div><del>line 6</del><ins>new</ins><ins>&#8203;</ins>\
            <div>line 7</div><div>line 8</div><div>line 9</div>\
            <details><summary>2 unchanged lines</summary><div>line 10</div><div>line 11</div></details>";
        assert_eq!(html, expected);
    }

    #[test]
    fn a_chain_of_programs_has_a_diff_for_each_step() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in [("a.rs", "1\n"), ("b.rs", "2\n"), ("c.rs", "3 < 4\n")] {
            std::fs::write(folder.path().join(name), text).expect("a program");
        }
        let made = |rest: &str| steps(folder.path(), folder.path(), rest, 1);
        let html = made("./a.rs ./b.rs ./c.rs Bit by *bit*.").expect("three programs");
        assert_eq!(html.matches("steps-step").count(), 2);
        assert!(html.contains("<del>2</del><ins>3 &lt; 4</ins>"), "{html}");
        assert!(
            html.contains("<figcaption>Bit by <em>bit</em>.</figcaption>"),
            "{html}"
        );
        assert!(!html.contains("\n\n"), "an empty line ends an HTML block");
        for (rest, expected) in [
            ("./a.rs", "steps need two programs at least"),
            ("./a.rs ./a.rs", "nothing changes from a.rs to a.rs"),
            ("./a.rs ./x.rs", "cannot include ./x.rs"),
        ] {
            let error = made(rest).expect_err(rest);
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
