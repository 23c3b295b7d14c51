//! `workbook next`, and the exercises in `workbook list`.

use super::terminal::{Terminal, say};
use crate::exercises::About;
use crate::exercises::desk::Desk;
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
    let desk = match Desk::open(workspace) {
        Ok(desk) => desk,
        Err(error) => return writeln!(out, "\nExercises\n  {error}"),
    };
    let progress = desk.store.read().unwrap_or_default();
    writeln!(out, "\nExercises")?;
    for exercise in desk.in_order() {
        let state = if progress.passed(&exercise.name) {
            "✓ passed"
        } else if desk.folder.has(exercise) {
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
