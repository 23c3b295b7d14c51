//! The book: chapters in, a static site out, or a list of all that is wrong with it.
//!
//! mdBook renders; everything that it would let pass is checked here, because a book that builds
//! must be a book that works: each listing is there, each link leads somewhere, each lab named
//! exists, each number comes from a committed run.

mod blocks;
mod exercise;
mod expand;
pub mod figure;
mod front;
mod include;
mod links;
pub mod panel;
mod problem;
mod render;
mod summary;

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
    let summary = read_summary(workspace)?;
    let chapters = expand_all(workspace, &summary)?;
    let staged = render::stage(workspace, &chapters, out)?;
    let pages = staged.pages()?;

    let mut built = Built {
        chapters: chapters.len(),
        drafts: summary.entries.len() - chapters.len(),
        ..Built::default()
    };
    let mut problems = staged.complaints.clone();
    let mut files = BTreeSet::new();
    for (path, chapter) in &chapters {
        problems.extend(chapter.problems.iter().cloned());
        let checked = check_links(workspace, &pages, path, chapter);
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
    problems.extend(labs_without_chapter(workspace, &built));
    problems.extend(exercises_without_chapter(workspace, &built));

    if problems.is_empty() {
        staged.publish(&pictures(chapters), first_folder(&summary))?;
        return Ok(built);
    }
    problems.sort();
    Err(BuildError::Problems(problems))
}

fn read_summary(workspace: &Workspace) -> Result<Summary, BuildError> {
    let file = workspace.chapters().join("SUMMARY.md");
    let summary = Summary::read(workspace).map_err(io(&file))?;
    let problems = summary.check(workspace);
    if problems.is_empty() {
        Ok(summary)
    } else {
        Err(BuildError::Problems(problems))
    }
}

/// All chapters with text, by path, in the order of their paths.
fn expand_all(
    workspace: &Workspace,
    summary: &Summary,
) -> Result<BTreeMap<PathBuf, Expanded>, BuildError> {
    let read = |path: &Path| {
        let file = workspace.chapters().join(path);
        let source = std::fs::read_to_string(&file).map_err(io(&file))?;
        Ok((path.to_path_buf(), expand(workspace, &file, &source)))
    };
    summary.written().map(|(_, path)| read(path)).collect()
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
