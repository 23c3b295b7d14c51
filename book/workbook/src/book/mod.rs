//! The book: chapters in, a static site out, or a list of all that is wrong with it.
//!
//! mdBook renders; everything that it would let pass is checked here, because a book that builds
//! must be a book that works: each listing is there, each link leads somewhere, each lab named
//! exists, each number comes from a committed run.

mod access;
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

pub use problem::Problem;
pub use summary::{Entry, Summary};

use crate::exercises::Catalogue;
use crate::workspace::Workspace;
use expand::{Expanded, expand};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

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

/// Builds the book of `workspace` into the folder `out`, which is replaced as a whole.
pub fn build(workspace: &Workspace, out: &Path) -> Result<Built, BuildError> {
    let file = workspace.chapters().join("SUMMARY.md");
    let summary = Summary::read(workspace).map_err(io(&file))?;
    let mut problems = summary.check(workspace);
    let (chapters, unread) = expand_all(workspace, &summary, &mut problems)?;
    let contents = summary.without(&unread);
    let staged = render::stage(workspace, &contents, &chapters, out)?;
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

/// What the Markdown `text` links to, with the lines.
pub fn targets(text: &str) -> Vec<(usize, String)> {
    let found = links::links(text).into_iter();
    found.map(|link| (link.line, link.target)).collect()
}

/// All chapters with text, by path, in the order of their paths, and the lines of those that have none to show: what
/// cannot be read is a problem, and no reason to keep silent about the others.
fn expand_all(
    workspace: &Workspace,
    summary: &Summary,
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
                drop(chapters.insert(path.to_path_buf(), expand(workspace, &file, &source)));
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
