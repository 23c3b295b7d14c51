//! `workbook next`, and the exercises in `workbook list`.

use super::terminal::{Terminal, say};
use crate::exercises::folder::Folder;
use crate::exercises::progress::Store;
use crate::exercises::{About, Catalogue};
use crate::workspace::Workspace;
use anyhow::Result;
use std::io::{self, Write};
use std::process::ExitCode;

impl Terminal {
    pub(super) fn next(&self) -> Result<ExitCode> {
        say(&self.whats_next(&self.desk.store.read()?));
        Ok(ExitCode::SUCCESS)
    }
}

/// What `workbook list` says of the exercises.
pub fn list(out: &mut impl Write, workspace: &Workspace) -> io::Result<()> {
    let exercises = match Catalogue::read(workspace) {
        Ok(catalogue) => catalogue.exercises,
        Err(error) => return writeln!(out, "\nExercises\n  {error}"),
    };
    let folder = Folder::of_learner(workspace);
    let progress = Store::of(workspace).read().unwrap_or_default();
    writeln!(out, "\nExercises")?;
    for exercise in exercises {
        let state = if progress.passed(&exercise.name) {
            "✓ passed"
        } else if folder.has(&exercise) {
            "started"
        } else {
            ""
        };
        let About {
            title,
            minutes,
            difficulty,
            ..
        } = &exercise.about;
        writeln!(
            out,
            "  {:<16} {title:<34} {minutes:>2} min  {:<7} {state}",
            exercise.name,
            difficulty.name()
        )?;
    }
    Ok(())
}
