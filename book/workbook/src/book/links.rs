//! Links that lead nowhere are errors.
//!
//! Links are taken from the Markdown, so that a problem has a line, and looked up in the pages
//! that mdBook has made, so that an anchor is what the browser will find. Links to other sites
//! are only listed: whether they answer is not this machine's business.

use super::include::normal;
use super::problem::{Problem, Problems};
use mdbook_markdown::pulldown_cmark::{Event, Tag};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A link or picture of a chapter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) line: usize,
    pub(crate) target: String,
}

static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\s(?:href|src)\s*=\s*["']([^"']*)["']"#).expect("a constant pattern")
});
static ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\sid="([^"]*)""#).expect("a constant pattern"));
static SCHEME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[a-zA-Z][a-zA-Z0-9+.-]*:").expect("a constant pattern"));

/// All links of a chapter, with the lines (from 1) of its Markdown `text`.
pub(crate) fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    for (event, range) in new_cmark_parser(text, &MarkdownOptions::default()).into_offset_iter() {
        let line = 1 + text[..range.start].matches('\n').count();
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                found.push(Link {
                    line,
                    target: dest_url.into_string(),
                });
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                for attribute in ATTRIBUTE.captures_iter(&html) {
                    found.push(Link {
                        line,
                        target: attribute[1].to_owned(),
                    });
                }
            }
            _ => {}
        }
    }
    found
}

/// The finished pages: what a link can lead to.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// The anchors of each page, by its path in the output.
    anchors: BTreeMap<PathBuf, BTreeSet<String>>,
    /// Those that a page has more than once.
    twice: BTreeMap<PathBuf, BTreeSet<String>>,
}

impl Pages {
    /// Adds a finished page.
    pub(crate) fn add(&mut self, path: PathBuf, html: &str) {
        let mut ids = BTreeSet::new();
        let mut twice = BTreeSet::new();
        for found in ID.captures_iter(html) {
            let id = found[1].to_owned();
            if !ids.insert(id.clone()) {
                twice.insert(id);
            }
        }
        self.twice.insert(path.clone(), twice);
        self.anchors.insert(path, ids);
    }

    /// The ids that a page has more than once.
    pub(crate) fn twice(&self, page: &Path) -> Option<&BTreeSet<String>> {
        self.twice.get(page)
    }
}

/// Where a chapter's links lead.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) problems: Vec<Problem>,
    /// Addresses of other sites.
    pub(crate) external: BTreeSet<String>,
    /// Files of `src/` that the chapter shows or links to.
    pub(crate) files: BTreeSet<PathBuf>,
}

/// Checks the links of the chapter at `chapter` (relative to `src`), whose file is shown as `shown`.
pub(crate) fn check(
    pages: &Pages,
    src: &Path,
    shown: &Path,
    chapter: &Path,
    links: Vec<Link>,
) -> Checked {
    let mut checked = Checked::default();
    let mut problems = Problems::of(shown);
    for Link { line, target } in links {
        if SCHEME.is_match(&target) || target.starts_with("//") {
            checked.external.insert(target);
        } else {
            match local(pages, src, chapter, &target) {
                Ok(Some(file)) => drop(checked.files.insert(file)),
                Ok(None) => {}
                Err(message) => problems.note(line, message),
            }
        }
    }
    checked.problems = problems.into_vec();
    checked
}

/// Follows a link inside the book; gives the file that it uses if that is not a page.
fn local(
    pages: &Pages,
    src: &Path,
    chapter: &Path,
    target: &str,
) -> Result<Option<PathBuf>, String> {
    if target.starts_with('/') {
        return Err(format!(
            "{target}: an absolute link breaks where the book is hosted in a folder; make it relative"
        ));
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    if path.is_empty() && anchor.is_empty() {
        return Err("a link to nothing".to_owned());
    }
    let folder = chapter.parent().unwrap_or(Path::new(""));
    let file = if path.is_empty() {
        chapter.to_path_buf()
    } else {
        normal(&folder.join(path))
    };
    let page = if file.extension().is_some_and(|kind| kind == "md") {
        file.with_extension("html")
    } else {
        file.clone()
    };
    match pages.anchors.get(&page) {
        Some(ids) if anchor.is_empty() || ids.contains(anchor) => Ok(None),
        Some(ids) => Err(format!(
            "dead link {target}: {} has no anchor #{anchor}{}",
            page.display(),
            nearest(ids, anchor)
        )),
        None if page == file && src.join(&file).is_file() => Ok(Some(file)),
        None if normal(&src.join(folder).join(path)).exists() => Err(format!(
            "dead link {target}: that is a file of the workspace, which the site does not hold; include it, or name it in `code`"
        )),
        None => Err(format!(
            "dead link {target}: the book has no {}",
            file.display()
        )),
    }
}

fn nearest(ids: &BTreeSet<String>, anchor: &str) -> String {
    let letters = |text: &str| {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .collect::<String>()
    };
    let head: String = letters(anchor).chars().take(4).collect();
    match ids.iter().find(|id| letters(id).starts_with(&head)) {
        Some(id) => format!("; did you mean #{id}?"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_links_of_markdown_and_of_html_with_their_lines() {
        let text = "# A\n\n[x](a.md#b) and ![y](c.png)\n\n<a href=\"d.md\">d</a>\n\n`[no](link.md)`\n\n[ref]\n\n[ref]: e.md\n";
        let found: Vec<(usize, String)> = links(text)
            .into_iter()
            .map(|link| (link.line, link.target))
            .collect();
        let expected = [(3, "a.md#b"), (3, "c.png"), (5, "d.md"), (9, "e.md")];
        assert_eq!(
            found,
            expected.map(|(line, target)| (line, target.to_owned()))
        );
    }
}
