//! The commands of the workbook that concern exercises, each in a file of its own.

mod check;
mod ladder;
mod list;
mod prove;
mod reset;
mod start;
mod terminal;
mod watch;

pub use list::list;

use crate::workspace::Workspace;
use anyhow::Result;
use clap::{Args, Subcommand};
use std::process::ExitCode;
use terminal::Terminal;

/// What can be done with exercises.
#[derive(Debug, Subcommand)]
pub enum Exercises {
    /// Begin an exercise: writes its starter into exercises/
    #[command(after_help = "Example:\n  cargo workbook start channels/1")]
    Start(Named),
    /// Check an exercise; without a name, the one that was saved last
    #[command(
        after_help = "Examples:\n  cargo workbook check channels/1\n  cargo workbook check channels/1 --replay 1:01   the schedule that failed, again\n  \
                      cargo workbook check channels/1 --schedules 100000 --seed 8"
    )]
    Check(CheckArguments),
    /// Check each exercise when its file is saved; Ctrl-C gives up a check, or ends it between two
    #[command(after_help = "Examples:\n  cargo workbook watch\n  cargo workbook watch channels/1")]
    Watch(Watch),
    /// The next hint of an exercise: a nudge, the approach, the shape
    #[command(after_help = "Example:\n  cargo workbook hint channels/1")]
    Hint(Named),
    /// The solution beside yours, and what it costs
    #[command(after_help = "Example:\n  cargo workbook solution channels/1 --anyway")]
    Solution(Solution),
    /// Which exercise comes next
    Next,
    /// Begin an exercise again; what you have is kept beside it
    #[command(after_help = "Example:\n  cargo workbook reset channels/1 --yes")]
    Reset(Reset),
    /// Check that each exercise accepts its solution and refuses its starter and its wrong solutions
    Prove,
}

/// One exercise.
#[derive(Args, Debug)]
pub struct Named {
    /// The exercise, as `workbook list` shows it: channels/1
    exercise: String,
}

/// What and how far to check.
#[derive(Args, Debug)]
pub struct CheckArguments {
    /// The exercise, as `workbook list` shows it: channels/1
    exercise: Option<String>,
    /// Run only this schedule, as a failed check names it: 1:01
    #[arg(long, value_name = "SCHEDULE", requires = "exercise")]
    replay: Option<String>,
    /// What schedules are drawn with where there are too many to try them all
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many schedules are tried in turn before others are drawn [default: 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    schedules: Option<u64>,
    /// How many seconds the check may run
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    deadline: u64,
}

/// What to watch.
#[derive(Args, Debug)]
pub struct Watch {
    /// Only this exercise; otherwise all that are started
    exercise: Option<String>,
}

/// Whose solution.
#[derive(Args, Debug)]
pub struct Solution {
    /// The exercise, as `workbook list` shows it: channels/1
    exercise: String,
    /// Show it although the exercise is not passed yet
    #[arg(long)]
    anyway: bool,
}

/// What to begin again.
#[derive(Args, Debug)]
pub struct Reset {
    /// The exercise, as `workbook list` shows it: channels/1
    exercise: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Exercises {
    /// Does it. What it gives is the program's exit code.
    pub async fn run(self, workspace: &Workspace) -> Result<ExitCode> {
        let mut terminal = Terminal::open(workspace)?;
        match self {
            Exercises::Start(named) => terminal.start(&named.exercise).await,
            Exercises::Check(arguments) => terminal.check(arguments).await,
            Exercises::Watch(watch) => terminal.watch(watch.exercise.as_deref()).await,
            Exercises::Hint(named) => terminal.hint(&named.exercise),
            Exercises::Solution(solution) => terminal.solution(&solution.exercise, solution.anyway),
            Exercises::Next => terminal.next(),
            Exercises::Reset(reset) => terminal.reset(&reset.exercise, reset.yes),
            Exercises::Prove => terminal.prove().await,
        }
    }
}
