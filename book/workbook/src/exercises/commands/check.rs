//! `workbook check`.

use super::CheckArguments;
use super::terminal::{Output, Terminal, cancelled};
use crate::exercises::Exercise;
use crate::exercises::check::Options;
use crate::exercises::desk::Desk;
use crate::exercises::run::Limits;
use anyhow::{Context, Result, bail};
use std::process::ExitCode;
use std::time::Duration;

impl Terminal {
    pub(super) async fn check(&mut self, arguments: CheckArguments) -> Result<ExitCode> {
        let exercise = match &arguments.exercise {
            Some(name) => self.desk.catalogue.find(name)?,
            None => saved_last(&self.desk)?,
        };
        let replay = arguments
            .replay
            .map(|replay| sound_replay(&replay).map(|()| replay))
            .transpose()?;
        let options = Options {
            replay,
            seed: arguments.seed,
            schedules: arguments.schedules,
            limits: Limits {
                deadline: Duration::from_secs(arguments.deadline),
                ..Limits::default()
            },
            ..self.options()
        };
        let interrupted = async {
            self.signals.next().await;
        };
        let checked =
            Terminal::look(&self.desk, exercise, &options, Output::Shown, interrupted).await?;
        if checked.outcome.cancelled() {
            return Ok(cancelled(exercise));
        }
        self.tell(exercise, &checked, &options)?;
        Ok(if checked.outcome.passed() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn saved_last(desk: &Desk) -> Result<&Exercise> {
    let latest = desk.started().max_by_key(|exercise| desk.saved(exercise));
    latest
        .context("no exercise is started; see cargo workbook list, then: cargo workbook start NAME")
}

fn sound_replay(replay: &str) -> Result<()> {
    let sound = replay.split_once(':').is_some_and(|(case, choices)| {
        case.parse::<usize>().is_ok_and(|case| case > 0)
            && choices.chars().all(|digit| digit.is_digit(36))
    });
    if sound {
        return Ok(());
    }
    bail!("--replay {replay}: a schedule looks like 1:0012; a check that fails names it")
}
