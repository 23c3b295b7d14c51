//! What can be done with an exercise, for terminal and page alike.

use super::check::{Checked, Options, Outcome, check, make_ready};
use super::folder::{Folder, Program, Started};
use super::progress::{Progress, Store};
use super::run::Sink;
use super::{Catalogue, Exercise, ExerciseError, LADDER};
use crate::book::{Entry, Summary};
use crate::workspace::Workspace;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How often it is looked whether a file was saved.
const LOOK: Duration = Duration::from_millis(50);

/// The exercises, the learner's folder, and what was passed.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Where everything is.
    pub workspace: Workspace,
    /// Which exercises there are.
    pub catalogue: Catalogue,
    /// What the learner has written.
    pub folder: Folder,
    /// What was passed.
    pub store: Store,
}

impl Desk {
    /// The learner's desk of a workspace.
    ///
    /// # Errors
    /// The first exercise whose files are not right.
    pub fn open(workspace: &Workspace) -> Result<Desk, ExerciseError> {
        Ok(Desk {
            workspace: workspace.clone(),
            catalogue: Catalogue::read(workspace)?,
            folder: Folder::of_learner(workspace),
            store: Store::of(workspace),
        })
    }

    /// Writes the starter, unless the learner has begun already, and notes that the exercise is begun.
    pub fn start(&self, exercise: &Exercise) -> Result<Started, ExerciseError> {
        let started = self.folder.start(exercise)?;
        self.store
            .update(&exercise.name, |state| state.start(SystemTime::now()))?;
        Ok(started)
    }

    /// The exercises that were started.
    pub fn started(&self) -> impl Iterator<Item = &Exercise> {
        let all = self.catalogue.exercises.iter();
        all.filter(|exercise| self.folder.has(exercise))
    }

    /// All exercises as the book has them, chapter by chapter; at the end those whose chapter is not there.
    pub fn in_order(&self) -> Vec<&Exercise> {
        let summary = Summary::read(&self.workspace).unwrap_or_default();
        let place = |exercise: &&Exercise| {
            let is_chapter = |entry: &Entry| {
                let stem = entry.path.as_deref().and_then(Path::file_stem);
                stem.is_some_and(|stem| *stem == *exercise.chapter)
            };
            let found = summary.entries.iter().position(is_chapter);
            found.unwrap_or(usize::MAX)
        };
        let mut all: Vec<&Exercise> = self.catalogue.exercises.iter().collect();
        all.sort_by_key(place);
        all
    }

    /// Whether nothing was built yet, so that the first build takes long.
    pub fn is_first_build(&self) -> bool {
        !self.folder.target().join("debug").is_dir()
    }

    /// Builds and runs an exercise.
    pub async fn look(
        &self,
        exercise: &Exercise,
        options: &Options,
        sink: &mut Sink<'_>,
        cancel: impl Future<Output = ()>,
    ) -> Result<Checked, ExerciseError> {
        let program = self.folder.program(exercise)?;
        make_ready(&self.folder, &self.programs()?)?;
        check(&self.folder, &program, options, sink, cancel).await
    }

    fn programs(&self) -> Result<Vec<Program>, ExerciseError> {
        let programs = self.started();
        programs
            .map(|exercise| self.folder.program(exercise))
            .collect()
    }

    /// Notes what has come out. A schedule that was replayed proves nothing about the others, and what was cancelled
    /// proves nothing at all.
    pub fn note(
        &self,
        exercise: &Exercise,
        outcome: &Outcome,
        options: &Options,
    ) -> Result<Progress, ExerciseError> {
        if options.replay.is_some() || outcome.cancelled() {
            return self.store.read();
        }
        self.store
            .note(&exercise.name, outcome.passed(), SystemTime::now())
    }

    /// Notes that the learner has seen the first `count` hints.
    pub fn take_hints(&self, exercise: &Exercise, count: u32) -> Result<u32, ExerciseError> {
        let mut taken = 0;
        self.store.update(&exercise.name, |state| {
            state.hints = state.hints.max(count.min(LADDER.len() as u32));
            taken = state.hints;
        })?;
        Ok(taken)
    }

    /// The solution, and what the learner has; noted, if the exercise is not passed.
    pub fn solution(&self, exercise: &Exercise) -> Result<(Option<String>, String), ExerciseError> {
        if !self.store.read()?.passed(&exercise.name) {
            self.store
                .update(&exercise.name, |state| state.solution = true)?;
        }
        let own = std::fs::read_to_string(self.folder.file(exercise)).ok();
        Ok((own, exercise.solution()?))
    }

    /// When the learner's file was saved.
    pub fn saved(&self, exercise: &Exercise) -> Option<SystemTime> {
        saved(&self.folder.file(exercise))
    }

    /// Resolves when the file is there and was saved at another time than `before`.
    pub async fn until_saved(&self, exercise: &Exercise, before: Option<SystemTime>) {
        let file = self.folder.file(exercise);
        // An editor may put a new file in the old one's place: for a moment there is none.
        while saved(&file).is_none_or(|now| Some(now) == before) {
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn saved(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file)
        .and_then(|file| file.modified())
        .ok()
}
