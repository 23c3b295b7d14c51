//! What a chapter's text owes those who read it by ear, on a small screen or next year.
//!
//! - one title, and no level of headings left out: screen readers move by them
//! - words for each picture and each link
//! - names of files in `code` are those of files that are there

use super::problem::Problems;
use crate::workspace::Workspace;
use mdbook_markdown::pulldown_cmark::{Event, Tag, TagEnd};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
use regex::Regex;
use std::sync::LazyLock;

static IMG: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)<img\b[^>]*>").expect("a constant pattern"));
static ALT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\salt\s*=\s*("[^"]*[^"\s][^"]*"|'[^']*[^'\s][^']*')"#)
        .expect("a constant pattern")
});
/// `service/app/sdk/src/lib.rs`, `labs/channels/`: letters that could be nothing but a path.
static PATH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(\.?[\w-]+)(/[\w.-]+)+/?$").expect("a constant pattern"));

/// Notes what is wrong with the Markdown `text`; a problem of its line n is one of the file's line `lines[n - 1]`.
pub(super) fn check(workspace: &Workspace, text: &str, lines: &[usize], problems: &mut Problems) {
    let mut headings = Headings::default();
    let mut spoken: Option<Spoken> = None;
    for (event, range) in new_cmark_parser(text, &MarkdownOptions::default()).into_offset_iter() {
        let line = || {
            let line = text[..range.start].matches('\n').count();
            lines.get(line).copied().unwrap_or(line + 1)
        };
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                if let Some(fault) = headings.next(level as usize) {
                    problems.note(line(), fault);
                }
                spoken = Some(Spoken::new(line(), "a heading without words"));
            }
            Event::Start(Tag::Image { .. }) => {
                // A picture in a link is the link's words.
                let within = spoken.take().map(|outer| (outer.line, outer.fault));
                spoken = Some(Spoken {
                    within,
                    ..Spoken::new(
                        line(),
                        "a picture without words for those who cannot see it: ![what it shows](…)",
                    )
                });
            }
            Event::Start(Tag::Link { .. }) => {
                spoken = Some(Spoken::new(
                    line(),
                    "a link without words: say where it leads",
                ));
            }
            Event::End(TagEnd::Heading(_) | TagEnd::Image | TagEnd::Link) => {
                if let Some(ended) = spoken.take() {
                    if ended.words {
                        spoken = ended.within.map(|(line, fault)| Spoken {
                            words: true,
                            ..Spoken::new(line, fault)
                        });
                    } else {
                        problems.note(ended.line, ended.fault);
                    }
                }
            }
            Event::Code(code) => {
                heard(&mut spoken, &code);
                if let Some(fault) = missing(workspace, &code) {
                    problems.note(line(), fault);
                }
            }
            Event::Text(words) => heard(&mut spoken, &words),
            Event::Html(html) | Event::InlineHtml(html) if has_silent_picture(&html) => {
                problems.note(
                    line(),
                    "a picture without words for those who cannot see it: alt=\"what it shows\"",
                );
            }
            _ => {}
        }
    }
    // An empty one is told of already.
    if headings.last == 0 && !text.trim().is_empty() {
        problems.note(1, "a chapter without a title: # Title");
    }
}

fn has_silent_picture(html: &str) -> bool {
    IMG.find_iter(html).any(|img| !ALT.is_match(img.as_str()))
}

/// Something that must have words: where it begins, and what it is without them.
struct Spoken {
    line: usize,
    fault: &'static str,
    words: bool,
    within: Option<(usize, &'static str)>,
}

impl Spoken {
    fn new(line: usize, fault: &'static str) -> Spoken {
        Spoken {
            line,
            fault,
            words: false,
            within: None,
        }
    }
}

fn heard(spoken: &mut Option<Spoken>, words: &str) {
    if let Some(spoken) = spoken {
        spoken.words |= !words.trim().is_empty();
    }
}

#[derive(Default)]
struct Headings {
    last: usize,
}

impl Headings {
    /// What is wrong with a heading of this level here.
    fn next(&mut self, level: usize) -> Option<String> {
        let last = std::mem::replace(&mut self.last, level);
        match (last, level) {
            (0, 1) => None,
            (0, _) => Some("a chapter begins with its title: # Title".to_owned()),
            (_, 1) => {
                Some("a second title: a chapter has one, its sections begin with ##".to_owned())
            }
            _ if level > last + 1 => Some(format!(
                "a heading of level {level} below one of level {last}: none may be left out"
            )),
            _ => None,
        }
    }
}

/// What is wrong with `code` if it names a file of the workspace.
fn missing(workspace: &Workspace, code: &str) -> Option<String> {
    let found = PATH.captures(code)?;
    // Only what begins like a folder of ours is meant to be one: `application/json` is none.
    let ours = workspace.root().join(&found[1]).is_dir();
    (ours && !workspace.root().join(code).exists() && !is_made(code)).then(|| {
        format!("{code} is named here, and the workspace has no such file: was it renamed?")
    })
}

/// Whether it is made by a build or a run, and so is not there at first.
fn is_made(path: &str) -> bool {
    ["target/", ".cutaway/", "exercises/"]
        .iter()
        .any(|made| path.starts_with(made))
}
