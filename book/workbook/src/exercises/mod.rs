//! Exercises: written by the learner, checked by behaviour, over schedules.
//!
//! An exercise is a folder `labs/gym/exercises/<chapter>/<number>-<name>/`:
//!
//! | file | holds |
//! |---|---|
//! | `exercise.toml` | title, minutes, difficulty, task, hints, trade-offs, what each wrong solution must be told |
//! | `solution.rs` | a solution; marked lines in it give the starter's text, see [`marks`] |
//! | `check.rs` | the cases: `pub fn check() -> gym::Check`, which calls `super::exercise` |
//! | `wrong/*.rs` | solutions that look right and must be refused |
//!
//! Layout:
//! - [`Catalogue`]: which exercises there are
//! - [`folder`]: the learner's folder, and the programs that are built around what is in it
//! - [`build`], [`run`]: one program built, and run within limits
//! - [`check`]: both, with an [`check::Outcome`] for every way it can end
//! - [`verdict`]: what the program says, and the timeline of a schedule
//! - [`report`], [`show`]: all of it in words, and in a terminal
//! - [`desk`]: what can be done with an exercise, for terminal and page
//! - [`progress`]: what was passed, for terminal and page
//! - [`web`]: exercises and progress on the page
//! - [`prove`]: every exercise against its solution, its starter and its wrong solutions
//! - [`commands`]: the command line

pub mod build;
pub mod check;
pub mod commands;
pub mod desk;
pub(crate) mod diff;
pub mod folder;
pub mod marks;
pub mod progress;
pub mod prove;
pub mod report;
pub mod run;
pub mod show;
pub mod verdict;
pub mod web;

use crate::nearest;
use crate::workspace::Workspace;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// What can go wrong with exercises, apart from a solution that is not right yet.
#[derive(Debug, thiserror::Error)]
pub enum ExerciseError {
    /// There is no exercise of that name.
    #[error("there is no exercise {name:?}{hint}; there are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What was meant, if that can be guessed.
        hint: String,
        /// What there is.
        known: String,
    },
    /// It was not started yet.
    #[error("{name} is not started: there is no {}; start it with: cargo workbook start {name}", file.display())]
    NotStarted {
        /// The exercise.
        name: String,
        /// Where the learner's file would be.
        file: PathBuf,
    },
    /// An exercise's own files are not right.
    #[error("{}: {why}", file.display())]
    Broken {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file could not be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Cargo could not be run, or failed for a reason that is not in the learner's file.
    #[error("cargo cannot build the exercise: {0}")]
    Cargo(String),
}

/// Adds the path to an I/O error.
pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ExerciseError + '_ {
    move |error| ExerciseError::Io {
        path: path.to_path_buf(),
        error,
    }
}

/// An exercise, as its files say.
#[derive(Clone, Debug)]
pub struct Exercise {
    /// Its name for people and commands: `channels/1`.
    pub name: String,
    /// Its chapter: `channels`.
    pub chapter: String,
    /// Its file's name without the ending: `1-rendezvous`.
    pub stem: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What `exercise.toml` says.
    pub about: About,
}

/// The table of an exercise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// A few words.
    pub title: String,
    /// How long it takes.
    pub minutes: u32,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// What is to be done.
    pub task: String,
    /// From a nudge over the approach to the shape of a solution.
    pub hints: [String; 3],
    /// What the solution costs, and what else could be done.
    pub trade_offs: String,
    /// Solutions that must be refused.
    pub wrong: Vec<Wrong>,
    /// What explores it.
    #[serde(default)]
    pub engine: Engine,
}

/// What explores an exercise.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Schedules of tasks and threads, for everything but orderings of atomics.
    #[default]
    Shuttle,
    /// Orderings too. It takes as long to build as all the rest, so only who needs it builds it.
    Loom,
}

/// How hard an exercise is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Difficulty {
    /// One idea, seen in the chapter.
    Easy,
    /// Two ideas together.
    Medium,
    /// Something to find out.
    Hard,
}

impl Difficulty {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Difficulty::Easy => "easy",
            Difficulty::Medium => "medium",
            Difficulty::Hard => "hard",
        }
    }
}

/// A wrong solution, and what it must be told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrong {
    /// Its file in `wrong/`.
    pub file: String,
    /// The case that refuses it.
    pub case: String,
    /// Words that the verdict must contain.
    pub says: String,
}

/// The names of the three hints.
pub const LADDER: [&str; 3] = ["nudge", "approach", "shape"];

/// All exercises, in the order of their names.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// They.
    pub exercises: Vec<Exercise>,
}

impl Catalogue {
    /// Reads the exercises of a workspace.
    ///
    /// # Errors
    /// The first exercise whose files are not right.
    pub fn read(workspace: &Workspace) -> Result<Catalogue, ExerciseError> {
        let mut exercises = Vec::new();
        for chapter in folders(&workspace.exercises())? {
            for folder in folders(&chapter)? {
                exercises.push(Exercise::read(&chapter, folder)?);
            }
        }
        Ok(Catalogue { exercises })
    }

    /// The exercise that is meant by `channels/1` or `channels/1-rendezvous`.
    pub fn find(&self, name: &str) -> Result<&Exercise, ExerciseError> {
        let meant = |exercise: &&Exercise| {
            exercise.name == name || format!("{}/{}", exercise.chapter, exercise.stem) == name
        };
        let unknown = || ExerciseError::Unknown {
            name: name.to_owned(),
            hint: nearest::hint(name, self.names()),
            known: self.names().join(", "),
        };
        self.exercises.iter().find(meant).ok_or_else(unknown)
    }

    /// All names.
    pub fn names(&self) -> Vec<&str> {
        let names = self.exercises.iter().map(|exercise| exercise.name.as_str());
        names.collect()
    }
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, ExerciseError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(io(folder))?,
    };
    let mut folders: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    Ok(folders)
}

impl Exercise {
    fn read(chapter: &Path, folder: PathBuf) -> Result<Exercise, ExerciseError> {
        let text = |path: &Path| {
            path.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let (chapter, stem) = (text(chapter), text(&folder));
        let table = folder.join("exercise.toml");
        let broken = |why: String| ExerciseError::Broken {
            file: table.clone(),
            why,
        };
        let number = stem.split('-').next().unwrap_or_default();
        if number.parse::<u32>().is_err() {
            return Err(broken(format!(
                "the folder {stem:?} does not begin with a number: call it 1-{stem}"
            )));
        }
        let name = format!("{chapter}/{number}");
        let source = std::fs::read_to_string(&table).map_err(io(&table))?;
        let about: About = toml::from_str(&source).map_err(|error| broken(error.to_string()))?;
        if about.wrong.len() < 2 {
            return Err(broken(
                "fewer than two wrong solutions: a check that refuses nothing proves nothing"
                    .to_owned(),
            ));
        }
        let exercise = Exercise {
            name,
            chapter,
            stem,
            folder,
            about,
        };
        // So that a broken starter is found when the book is built, not in a classroom.
        exercise.starter()?;
        Ok(exercise)
    }

    /// The file with a solution.
    pub fn solution_file(&self) -> PathBuf {
        self.folder.join("solution.rs")
    }

    /// The file with the cases.
    pub fn check_file(&self) -> PathBuf {
        self.folder.join("check.rs")
    }

    /// The name of the program that checks it: `channels-1`.
    pub fn program(&self) -> String {
        self.name.replace('/', "-")
    }

    /// What the learner begins with.
    pub fn starter(&self) -> Result<String, ExerciseError> {
        self.text(marks::starter)
    }

    /// The solution without its marks.
    pub fn solution(&self) -> Result<String, ExerciseError> {
        self.text(marks::solution)
    }

    fn text(&self, side: fn(&str) -> Result<String, String>) -> Result<String, ExerciseError> {
        let file = self.solution_file();
        let source = std::fs::read_to_string(&file).map_err(io(&file))?;
        side(&source).map_err(|why| ExerciseError::Broken { file, why })
    }
}
