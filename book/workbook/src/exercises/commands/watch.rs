//! `workbook watch`.

use super::terminal::{Output, Terminal, cancelled, say};
use crate::exercises::Exercise;
use anyhow::{Result, bail};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

/// How often it is looked whether a file was saved.
const LOOK: Duration = Duration::from_millis(50);

type Seen<'a> = Vec<(&'a Exercise, Option<SystemTime>)>;

/// What has ended a check besides itself.
enum Cut {
    /// It was saved again: what is there now counts.
    Saved,
    /// Ctrl-C: this check is given up, and the next one awaited.
    Interrupted,
    /// The end of all.
    Told,
}

impl Terminal {
    pub(super) async fn watch(&mut self, name: Option<&str>) -> Result<ExitCode> {
        let desk = self.desk.clone();
        let only = name.map(|name| desk.catalogue.find(name)).transpose()?;
        if let Some(exercise) = only {
            desk.folder.program(exercise)?;
        }
        let watched = || -> Seen<'_> {
            let meant = |exercise: &&Exercise| only.is_none_or(|only| only.name == exercise.name);
            let here = desk.started().filter(meant);
            here.map(|exercise| (exercise, desk.saved(exercise)))
                .collect()
        };
        let mut seen = watched();
        if seen.is_empty() {
            bail!(
                "no exercise is started; see cargo workbook list, then: cargo workbook start NAME"
            );
        }
        let names: Vec<&str> = seen.iter().map(|(known, _)| known.name.as_str()).collect();
        say(&format!(
            "Watching {}: save a file, and it is checked. Ctrl-C gives up a check, or ends it all between two.",
            names.join(", ")
        ));
        loop {
            tokio::select! {
                _ = self.signals.next() => return Ok(ExitCode::SUCCESS),
                () = tokio::time::sleep(LOOK) => {}
            }
            let now = watched();
            for (exercise, time) in &now {
                let known = |(known, before): &(&Exercise, Option<SystemTime>)| {
                    known.name == exercise.name && before == time
                };
                if !seen.iter().any(known) && !self.check_saved(exercise, *time).await? {
                    return Ok(cancelled(exercise));
                }
            }
            seen = now;
        }
    }

    /// Checks what was saved at `time`; whether to go on watching.
    async fn check_saved(&mut self, exercise: &Exercise, time: Option<SystemTime>) -> Result<bool> {
        let options = self.options();
        let mut cut = None;
        let cancel = async {
            cut = Some(tokio::select! {
                interrupted = self.signals.next() => if interrupted { Cut::Interrupted } else { Cut::Told },
                () = self.desk.until_saved(exercise, time) => Cut::Saved,
            });
        };
        let checked = Terminal::look(&self.desk, exercise, &options, Output::Shown, cancel).await?;
        match cut.filter(|_| checked.outcome.cancelled()) {
            None => self.tell(exercise, &checked, &options)?,
            Some(Cut::Saved) => {}
            Some(Cut::Interrupted) => {
                cancelled(exercise);
            }
            Some(Cut::Told) => return Ok(false),
        }
        Ok(true)
    }
}
