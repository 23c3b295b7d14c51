//! `workbook start`.

use super::terminal::{Output, Terminal, cancelled, say};
use crate::exercises::check::Outcome;
use crate::exercises::folder::Started;
use anyhow::Result;
use std::process::ExitCode;

impl Terminal {
    pub(super) async fn start(&mut self, name: &str) -> Result<ExitCode> {
        let exercise = self.desk.catalogue.find(name)?;
        let started = self.desk.start(exercise)?;
        let file = self.file(exercise);
        let name = &exercise.name;
        match started {
            Started::New => say(&format!("{name} {}: {file}", exercise.about.title)),
            Started::Already => say(&format!(
                "{name} is started already, and stays as it is: {file}\nTo begin again: cargo workbook reset {name}"
            )),
        }
        say(&format!("\n{}", exercise.about.task.trim()));
        // What takes long is built now, and not when the learner saves for the first time.
        let options = self.options();
        let interrupted = async {
            self.signals.next().await;
        };
        let checked =
            Terminal::look(&self.desk, exercise, &options, Output::Hidden, interrupted).await?;
        if checked.outcome.cancelled() {
            return Ok(cancelled(exercise));
        }
        if !matches!(checked.outcome, Outcome::Compile(_)) {
            say(&format!("\nEdit {file}, then: cargo workbook check {name}"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
