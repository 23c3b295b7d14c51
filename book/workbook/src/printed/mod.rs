//! The commands that pages print, so that a test can run each of them.
//!
//! A command stands in
//! - a fenced block of `sh` or `bash`: each line is one
//! - a fenced block of `console` or `text` with a line that begins with `$ `: so do all commands in it, and what follows one is
//!   its output
//! - a fenced block of `console` or `text` that begins with the name of a program: each line is one
//! - a widget: the panel of a lab, the commands of an exercise, the section about the console
//! - `code` in the text that begins with the name of a program and goes on: `cargo run -p channels`, but not `cargo run`. With `…`
//!   in it, it is no command.
//!
//! The commands of one block, or of one widget, are a [`Session`]: a reader types them one after the other.

mod shell;

pub use shell::{Command, commands};

use crate::book::{self, Audience, BuildError, Problem};
use crate::workspace::Workspace;
use mdbook_markdown::pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
use regex::Regex;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// What commands begin with, besides variables that are set for them.
const PROGRAMS: [&str; 17] = [
    "cargo",
    "cd",
    "curl",
    "cutaway",
    "git",
    "go",
    "kubectl",
    "make",
    "pkill",
    "prometheus",
    "rustc",
    "sales-admin",
    "sales-api",
    "sales-load",
    "sudo",
    "taskset",
    "workbook",
];

/// A page and the commands on it.
#[derive(Debug)]
pub struct Page {
    /// The file, relative to the workspace's root.
    pub file: PathBuf,
    /// What a reader types, in the order of the page.
    pub sessions: Vec<Session>,
    /// What cannot be read.
    pub problems: Vec<Problem>,
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a fenced block.
    Block,
    /// In a widget.
    Widget,
    /// In the text.
    Text,
}

/// Commands that a reader types one after the other.
#[derive(Debug)]
pub struct Session {
    /// Where they stand.
    pub place: Place,
    /// They.
    pub commands: Vec<Printed>,
}

/// A command as a page prints it.
#[derive(Clone, Debug)]
pub struct Printed {
    /// The line of the page.
    pub line: usize,
    /// It, with the comment behind it.
    pub text: String,
    /// What the page shows as its output.
    pub shown: Option<Shown>,
}

/// An output as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its lines.
    pub lines: Vec<String>,
    /// Whether the block says that its numbers are those of one run: ```` ```text,numbers ````.
    pub numbers: bool,
}

/// The pages of the book with their commands, those of what an instructor says included.
pub fn of_book(workspace: &Workspace) -> Result<Vec<Page>, BuildError> {
    let pages = book::texts(workspace, Audience::Instructor)?;
    let pages = pages.into_iter();
    Ok(pages
        .map(|page| of_markdown(&page.file, &page.text, &page.lines))
        .collect())
}

/// The commands in the Markdown `text` of `file`, whose line n is line `lines[n - 1]` of that file, or n.
pub fn of_markdown(file: &Path, text: &str, lines: &[usize]) -> Page {
    let mut reader = Reader {
        page: Page {
            file: file.to_path_buf(),
            sessions: Vec::new(),
            problems: Vec::new(),
        },
        text,
        lines,
    };
    let mut html = None;
    let mut block = None;
    for (event, range) in new_cmark_parser(text, &MarkdownOptions::default()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                block = Some((info.into_string(), None, String::new()));
            }
            Event::Text(words) => {
                if let Some((_, start, body)) = &mut block {
                    start.get_or_insert(range.start);
                    body.push_str(&words);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((info, Some(start), body)) = block.take() {
                    reader.block(&info, reader.line_at(start), &body);
                }
            }
            Event::Start(Tag::HtmlBlock) => html = Some((range.start, String::new())),
            Event::Html(part) => {
                if let Some((_, all)) = &mut html {
                    all.push_str(&part);
                }
            }
            Event::End(TagEnd::HtmlBlock) => {
                if let Some((start, all)) = html.take() {
                    reader.widget(reader.line_at(start), &all);
                }
            }
            Event::Code(code) => reader.code(reader.line_at(range.start), &code),
            _ => {}
        }
    }
    reader.page
}

struct Reader<'a> {
    page: Page,
    text: &'a str,
    lines: &'a [usize],
}

impl Reader<'_> {
    /// The line of the text, from 0, in which its byte `at` stands.
    fn line_at(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count()
    }

    fn block(&mut self, info: &str, start: usize, body: &str) {
        let mut words = info.split([',', ' ']);
        let language = words.next().unwrap_or_default();
        let numbers = words.any(|word| word == "numbers");
        let prompts = body.lines().any(|line| line.starts_with("$ "));
        let first = body.lines().find(|line| !line.trim().is_empty());
        let commands = match language {
            "sh" | "bash" => self.lines_of(start, body),
            "console" | "text" if prompts => self.dialogue(start, body, numbers),
            "console" | "text" if first.is_some_and(is_command) => self.lines_of(start, body),
            "console" => {
                self.wrong(
                    start,
                    "a block of console without a command: each begins with `$ `",
                );
                return;
            }
            _ => return,
        };
        self.add(Place::Block, commands);
    }

    /// Each line is a command.
    fn lines_of(&mut self, start: usize, body: &str) -> Vec<Printed> {
        let mut commands = Vec::new();
        for (at, line) in numbered(start, body) {
            let line = line.trim();
            if is_command(line) {
                commands.push(self.printed(at, line));
            } else if !line.is_empty() && !line.starts_with('#') {
                self.wrong(
                    at,
                    format!("{line:?} is no command of a program that is known; output needs commands that begin with `$ `"),
                );
            }
        }
        commands
    }

    /// Commands behind prompts, and their outputs.
    fn dialogue(&mut self, start: usize, body: &str, numbers: bool) -> Vec<Printed> {
        let mut commands: Vec<Printed> = Vec::new();
        for (at, line) in numbered(start, body) {
            if let Some(command) = line.strip_prefix("$ ") {
                commands.push(self.printed(at, command.trim()));
            } else if let Some(command) = commands.last_mut() {
                let shown = command.shown.get_or_insert(Shown {
                    lines: Vec::new(),
                    numbers,
                });
                shown.lines.push(line.trim_end().to_owned());
            } else {
                self.wrong(at, "output before the first command");
            }
        }
        for command in &mut commands {
            let Some(shown) = &mut command.shown else {
                continue;
            };
            // Empty lines between two commands are for the eye.
            while shown.lines.last().is_some_and(String::is_empty) {
                shown.lines.pop();
            }
            if shown.lines.is_empty() {
                command.shown = None;
            }
        }
        commands
    }

    fn widget(&mut self, start: usize, html: &str) {
        static CODE: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"(?s)<code\b[^>]*>(.*?)</code>").expect("a constant pattern")
        });
        static TAG: LazyLock<Regex> =
            LazyLock::new(|| Regex::new("<[^>]*>").expect("a constant pattern"));
        let codes = CODE.captures_iter(html).map(|code| {
            let words = TAG.replace_all(&code[1], "").into_owned();
            [
                ("&lt;", "<"),
                ("&gt;", ">"),
                ("&quot;", "\""),
                ("&#39;", "'"),
                ("&amp;", "&"),
            ]
            .into_iter()
            .fold(words, |text, (name, sign)| text.replace(name, sign))
        });
        let commands = codes
            .filter(|code| is_command(code) && says_what(code))
            .map(|code| self.printed(start, &code))
            .collect();
        self.add(Place::Widget, commands);
    }

    fn code(&mut self, at: usize, code: &str) {
        if is_command(code) && says_what(code) && !code.contains('…') {
            let command = self.printed(at, code);
            self.add(Place::Text, vec![command]);
        }
    }

    /// The line of the file that line `at` of the text comes from.
    fn line(&self, at: usize) -> usize {
        self.lines.get(at).copied().unwrap_or(at + 1)
    }

    fn printed(&self, at: usize, text: &str) -> Printed {
        Printed {
            line: self.line(at),
            text: text.to_owned(),
            shown: None,
        }
    }

    fn add(&mut self, place: Place, commands: Vec<Printed>) {
        if !commands.is_empty() {
            self.page.sessions.push(Session { place, commands });
        }
    }

    fn wrong(&mut self, at: usize, message: impl Into<String>) {
        self.page.problems.push(Problem {
            file: self.page.file.clone(),
            line: self.line(at),
            message: message.into(),
        });
    }
}

/// The lines of `body`, and their numbers if the first is line `start`.
fn numbered(start: usize, body: &str) -> impl Iterator<Item = (usize, &str)> {
    body.lines()
        .enumerate()
        .map(move |(index, line)| (start + index, line))
}

/// Whether `code` in a sentence can be typed: `cargo run` is the name of something, and `go f()` is Go.
fn says_what(code: &str) -> bool {
    let words = code.split_whitespace().count();
    match program(code) {
        Some("cargo") => words > 2,
        Some("go" | "cd") => false,
        _ => words > 1,
    }
}

fn is_command(text: &str) -> bool {
    program(text).is_some_and(|name| PROGRAMS.contains(&name))
}

/// The first word that sets no variable.
fn program(text: &str) -> Option<&str> {
    static SETS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("^[A-Z_]+=").expect("a constant pattern"));
    let mut words = text
        .split_whitespace()
        .skip_while(|word| SETS.is_match(word));
    let name = words.next();
    // A line of a manifest or a Makefile.
    name.filter(|_| words.next() != Some("="))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Page {
        of_markdown(Path::new("page.md"), text, &[])
    }

    fn told(page: &Page) -> Vec<(usize, &str, Option<usize>)> {
        let commands = page.sessions.iter().flat_map(|session| &session.commands);
        commands
            .map(|command| {
                let shown = command.shown.as_ref().map(|shown| shown.lines.len());
                (command.line, command.text.as_str(), shown)
            })
            .collect()
    }

    #[test]
    fn each_place_of_a_command_is_found() {
        let page = read(
            "# A\n\n```sh\nmake run   # all\n\nA=b cargo x\n```\n\nUse `cargo run -p a`, `cargo run`, `make(chan T)`, `go f()`, `cargo x …`.\n\n\
             ```text\n$ cargo run -p b\none\n\n  two\n\n$ make x\n```\n\n```text\ncargo c\n```\n\n```text\nno command\n```\n\n\
             <p>\n<code class=\"x\"><span>cargo run -p d --</span> <span>--e &lt;f&gt;</span></code> <code>--hold</code></p>\n",
        );
        assert_eq!(
            told(&page),
            [
                (4, "make run   # all", None),
                (6, "A=b cargo x", None),
                (9, "cargo run -p a", None),
                (12, "cargo run -p b", Some(3)),
                (17, "make x", None),
                (21, "cargo c", None),
                (28, "cargo run -p d -- --e <f>", None),
            ]
        );
        assert!(page.problems.is_empty(), "{:?}", page.problems);
    }

    #[test]
    fn what_is_no_command_where_one_should_be_is_told() {
        let page = read(
            "```sh\nmake run\nrun it\n```\n\n```console\nnone\n```\n\n```text\nbefore\n$ make x\n```\n",
        );
        let lines: Vec<usize> = page.problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [3, 7, 11], "{:?}", page.problems);
    }

    #[test]
    fn a_block_says_whether_its_numbers_are_those_of_one_run() {
        let page = read("```text,numbers\n$ make x\n1\n```\n");
        let shown = page.sessions[0].commands[0].shown.as_ref();
        assert!(shown.is_some_and(|shown| shown.numbers));
    }
}
