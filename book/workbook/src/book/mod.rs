//! The book: chapters in, a static site out, or a list of all that is wrong with it.
//!
//! mdBook renders; everything that it would let pass is checked here, because a book that builds
//! must be a book that works: each listing is there, each link leads somewhere, each lab named
//! exists, each number comes from a committed run.

mod access;
mod bench;
mod blocks;
mod console;
mod diagram;
mod exercise;
mod expand;
pub mod figure;
mod front;
mod ids;
mod include;
mod inline;
mod links;
mod measure;
mod minutes;
pub mod panel;
mod predict;
mod problem;
mod prose;
mod reference;
mod render;
mod steps;
mod summary;
mod tables;
mod weight;

pub use expand::Note;
pub use minutes::Minutes;
pub use problem::Problem;
pub use summary::{Entry, Summary};

use crate::exercises::Catalogue;
use crate::instructor;
use crate::workspace::Workspace;
use expand::{Expanded, expand};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Whom a book is built for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// Who reads it and does its exercises.
    #[default]
    Learners,
    /// Who teaches a room with it: each page has its speaker notes, and pages with all of them and with schedules are
    /// added.
    Instructor,
}

/// What an instructor has to know of a chapter.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// Its file, relative to `src/`.
    pub path: PathBuf,
    /// How long it takes.
    pub minutes: Minutes,
    /// What is said.
    pub notes: Vec<Note>,
}

/// A page that is not a file of the book's source.
#[derive(Debug)]
pub struct Made {
    /// Its title.
    pub title: String,
    /// Where it would lie, relative to `src/`.
    pub path: PathBuf,
    /// It, in Markdown.
    pub text: String,
}

/// What a build has made.
#[derive(Debug, Default)]
pub struct Built {
    /// How many chapters have text.
    pub chapters: usize,
    /// How many are listed as drafts.
    pub drafts: usize,
    /// The labs that can be run from a page, by name, and that page in the output.
    pub labs: BTreeMap<String, PathBuf>,
    /// The exercises that stand on a page, by name, and that page in the output.
    pub exercises: BTreeMap<String, PathBuf>,
    /// The addresses of other sites that chapters link to. They are not followed.
    pub external: BTreeSet<String>,
}

/// Why a book was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The book itself is wrong, in these places.
    #[error("{}", list(.0))]
    Problems(Vec<Problem>),
    /// A folder of files that this program has not made stands where the site should go.
    #[error("{} is not empty and was not made by this program: choose another folder with --out DIR", .0.display())]
    NotOurs(PathBuf),
    /// A file could not be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The site could not be written where it should go.
    #[error("cannot write to {}: {error}; choose another folder with --out DIR", path.display())]
    Out {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// mdBook could not render.
    #[error("mdBook: {0}")]
    Render(String),
}

fn list(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("\n{problem}"))
        .collect();
    let count = if lines.len() == 1 {
        "1 problem".to_owned()
    } else {
        format!("{} problems", lines.len())
    };
    format!("the book has {count}:{}", lines.concat())
}

/// Adds the path to an I/O error.
pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> BuildError + '_ {
    move |error| BuildError::Io {
        path: path.to_path_buf(),
        error,
    }
}

/// Builds the book of `workspace` for learners into the folder `out`, which is replaced as a whole.
pub fn build(workspace: &Workspace, out: &Path) -> Result<Built, BuildError> {
    build_for(Audience::Learners, workspace, out)
}

/// The same, for one or the other.
pub fn build_for(
    audience: Audience,
    workspace: &Workspace,
    out: &Path,
) -> Result<Built, BuildError> {
    let file = workspace.chapters().join("SUMMARY.md");
    let summary = Summary::read(workspace).map_err(io(&file))?;
    let mut problems = summary.check(workspace);
    let (chapters, unread) = expand_all(workspace, &summary, audience, &mut problems)?;
    let contents = summary.without(&unread);
    let (made, unplanned) = instructor::pages(workspace, &pages_of(&summary, &chapters));
    let made = match audience {
        Audience::Learners => Vec::new(),
        Audience::Instructor => made,
    };
    let staged = render::stage(workspace, &contents, &chapters, &made, out)?;
    let pages = staged.pages()?;

    let mut built = Built {
        chapters: chapters.len(),
        drafts: summary.drafts(),
        ..Built::default()
    };
    problems.extend(staged.complaints.iter().cloned());
    let mut files = BTreeSet::new();
    for (path, chapter) in &chapters {
        problems.extend(chapter.problems.iter().cloned());
        let checked = check_text(workspace, &pages, path, chapter);
        problems.extend(checked.problems);
        built.external.extend(checked.external);
        files.extend(checked.files);
        let page = path.with_extension("html");
        built
            .labs
            .extend(chapter.labs.iter().map(|lab| (lab.clone(), page.clone())));
        let exercises = chapter.exercises.iter();
        built
            .exercises
            .extend(exercises.map(|exercise| (exercise.clone(), page.clone())));
    }
    problems
        .extend(summary::strays(workspace, &summary, &files).map_err(io(&workspace.chapters()))?);
    problems.extend(weight::too_heavy(workspace, &files));
    problems.extend(unplanned);
    problems.extend(labs_without_chapter(workspace, &built));
    problems.extend(figures_out_of_date(workspace, &problems));
    problems.extend(exercises_without_chapter(workspace, &built));

    if problems.is_empty() {
        staged.publish(&pictures(chapters), first_folder(&summary))?;
        return Ok(built);
    }
    problems.sort();
    problems.dedup();
    Err(BuildError::Problems(problems))
}

/// A chapter with everything that its directives stand for, in Markdown.
#[derive(Debug)]
pub struct Text {
    /// Its file, relative to the workspace's root.
    pub file: PathBuf,
    /// The text.
    pub text: String,
    /// For each line of `text`, the line of the file that it comes from.
    pub lines: Vec<usize>,
}

/// The chapters for `audience`, in the order of their paths; nothing is rendered.
pub fn texts(workspace: &Workspace, audience: Audience) -> Result<Vec<Text>, BuildError> {
    let (_, chapters) = sound(workspace, audience)?;
    let text = |(path, chapter): (PathBuf, Expanded)| Text {
        file: workspace
            .relative(&workspace.chapters().join(path))
            .to_path_buf(),
        text: chapter.text,
        lines: chapter.lines,
    };
    Ok(chapters.into_iter().map(text).collect())
}

/// What the Markdown `text` links to, with the lines.
pub fn targets(text: &str) -> Vec<(usize, String)> {
    let found = links::links(text).into_iter();
    found.map(|link| (link.line, link.target)).collect()
}

/// What an instructor has to know of each chapter, in the order of the book; nothing is rendered.
pub fn pages(workspace: &Workspace) -> Result<Vec<Page>, BuildError> {
    let (summary, chapters) = sound(workspace, Audience::Instructor)?;
    Ok(pages_of(&summary, &chapters))
}

/// The summary, and the chapters for `audience` with everything that their directives stand for, if all of them are sound.
fn sound(
    workspace: &Workspace,
    audience: Audience,
) -> Result<(Summary, BTreeMap<PathBuf, Expanded>), BuildError> {
    let file = workspace.chapters().join("SUMMARY.md");
    let summary = Summary::read(workspace).map_err(io(&file))?;
    let mut problems = summary.check(workspace);
    let (chapters, _) = expand_all(workspace, &summary, audience, &mut problems)?;
    let found = chapters.values().flat_map(|chapter| &chapter.problems);
    problems.extend(found.cloned());
    if problems.is_empty() {
        Ok((summary, chapters))
    } else {
        Err(BuildError::Problems(problems))
    }
}

fn pages_of(summary: &Summary, chapters: &BTreeMap<PathBuf, Expanded>) -> Vec<Page> {
    let page = |(entry, path): (&Entry, &Path)| {
        let chapter = chapters.get(path)?;
        Some(Page {
            title: entry.title.clone(),
            path: path.to_path_buf(),
            // A chapter that does not say so is a problem of its own.
            minutes: chapter.minutes.clone().unwrap_or_default(),
            notes: chapter.notes.clone(),
        })
    };
    summary.written().filter_map(page).collect()
}

/// All chapters with text, by path, in the order of their paths, and the lines of those that have none to show: what
/// cannot be read is a problem, and no reason to keep silent about the others.
fn expand_all(
    workspace: &Workspace,
    summary: &Summary,
    audience: Audience,
    problems: &mut Vec<Problem>,
) -> Result<(BTreeMap<PathBuf, Expanded>, BTreeSet<usize>), BuildError> {
    let mut chapters = BTreeMap::new();
    let mut unread = BTreeSet::new();
    for (entry, path) in summary.written() {
        let file = workspace.chapters().join(path);
        if chapters.contains_key(path) {
            unread.insert(entry.line);
            continue;
        }
        match std::fs::read_to_string(&file) {
            Ok(source) => {
                drop(chapters.insert(
                    path.to_path_buf(),
                    expand(workspace, &file, &source, audience),
                ));
            }
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                problems.push(Problem {
                    file: workspace.relative(&file).to_path_buf(),
                    line: 1,
                    message: "is not text in UTF-8".to_owned(),
                });
                unread.insert(entry.line);
            }
            // The table of contents has been told so already.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                unread.insert(entry.line);
            }
            Err(error) => return Err(io(&file)(error)),
        }
    }
    Ok((chapters, unread))
}

/// Checks the links of a chapter and what else its text owes its readers.
fn check_text(
    workspace: &Workspace,
    pages: &links::Pages,
    path: &Path,
    chapter: &Expanded,
) -> links::Checked {
    let shown = workspace.chapters().join(path);
    let mut problems = problem::Problems::of(workspace.relative(&shown));
    prose::check(workspace, &chapter.text, &chapter.lines, &mut problems);
    ids::check(
        chapter,
        pages.twice(&path.with_extension("html")),
        &mut problems,
    );
    let mut checked = check_links(workspace, pages, path, chapter);
    checked.problems.extend(problems.into_vec());
    checked
}

fn check_links(
    workspace: &Workspace,
    pages: &links::Pages,
    path: &Path,
    chapter: &Expanded,
) -> links::Checked {
    let src = workspace.chapters();
    let file = src.join(path);
    let mut found = links::links(&chapter.text);
    for link in &mut found {
        link.line = chapter
            .lines
            .get(link.line - 1)
            .copied()
            .unwrap_or(link.line);
    }
    // Notes are not in the text of a learner's page; a dead link in them is dead all the same.
    for note in &chapter.notes {
        let inside = links::links(&note.text).into_iter();
        found.extend(inside.map(|link| links::Link {
            line: note.line + link.line,
            ..link
        }));
    }
    links::check(pages, &src, workspace.relative(&file), path, found)
}

fn labs_without_chapter(workspace: &Workspace, built: &Built) -> Vec<Problem> {
    let without = workspace
        .labs()
        .into_iter()
        .filter(|lab| !built.labs.contains_key(lab));
    without
        .map(|lab| Problem {
            file: PathBuf::from(format!("labs/{lab}/src/main.rs")),
            line: 1,
            message: format!("a lab without a chapter: no page has {{{{#lab {lab}}}}}"),
        })
        .collect()
}

/// The committed runs that do not fit their lab's knobs, or cannot be read, whether a page shows them or not. What a page
/// shows has been told of there already.
fn figures_out_of_date(workspace: &Workspace, told: &[Problem]) -> Vec<Problem> {
    let mut found = Vec::new();
    for lab in workspace.labs() {
        // Without knobs nothing fits, and the lab's chapter says so.
        if figure::knobs(workspace, &lab).is_err() {
            continue;
        }
        for name in figure::names(workspace, &lab) {
            let Err(message) = figure::figure(workspace, &lab, &name) else {
                continue;
            };
            if !told.iter().any(|problem| problem.message == message) {
                let file = PathBuf::from(format!("labs/{lab}/figures/{name}.json"));
                found.push(Problem {
                    file,
                    line: 1,
                    message,
                });
            }
        }
    }
    found
}

fn exercises_without_chapter(workspace: &Workspace, built: &Built) -> Vec<Problem> {
    let problem = |file: &Path, message| Problem {
        file: workspace.relative(file).to_path_buf(),
        line: 1,
        message,
    };
    let exercises = match Catalogue::read(workspace) {
        Ok(catalogue) => catalogue.exercises,
        // The chapter that names it says so already.
        Err(_) if !built.exercises.is_empty() => return Vec::new(),
        Err(error) => return vec![problem(&workspace.exercises(), error.to_string())],
    };
    let without = exercises
        .iter()
        .filter(|exercise| !built.exercises.contains_key(&exercise.name));
    without
        .map(|exercise| {
            let message = format!(
                "an exercise without a chapter: no page has {{{{#exercise {}}}}}",
                exercise.name
            );
            problem(&exercise.folder.join("exercise.toml"), message)
        })
        .collect()
}

/// The folder of the chapter that is also the front page.
fn first_folder(summary: &Summary) -> &Path {
    let first = summary.written().next();
    first
        .and_then(|(_, path)| path.parent())
        .unwrap_or(Path::new(""))
}

fn pictures(chapters: BTreeMap<PathBuf, Expanded>) -> BTreeMap<String, String> {
    chapters
        .into_values()
        .flat_map(|chapter| chapter.pictures)
        .collect()
}
