//! A learner at a terminal: what is printed, how wide it is, and what Ctrl-C means.

use crate::exercises::Exercise;
use crate::exercises::check::{Checked, Options, Outcome};
use crate::exercises::desk::Desk;
use crate::exercises::progress::Progress;
use crate::exercises::show::{self, Style};
use crate::workspace::Workspace;
use anyhow::Result;
use std::io::{self, IsTerminal, Write as _};
use std::process::ExitCode;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a shell expects of a program that was interrupted.
const INTERRUPTED: u8 = 130;

/// All that the commands work with.
pub(super) struct Terminal {
    pub(super) desk: Desk,
    pub(super) style: Style,
    pub(super) signals: Signals,
}

/// What ends a check: Ctrl-C, being told to end, and the end of the terminal. The programs of a check lead groups of
/// their own, so nobody else tells them.
pub(super) struct Signals([Signal; 3]);

impl Signals {
    fn listen() -> io::Result<Signals> {
        Ok(Signals([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    /// Resolves at the next one; says whether it was Ctrl-C.
    pub(super) async fn next(&mut self) -> bool {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => true,
            _ = terminate.recv() => false,
            _ = hangup.recv() => false,
        }
    }
}

/// Whether what the learner's code prints is shown.
#[derive(Clone, Copy)]
pub(super) enum Output {
    Shown,
    Hidden,
}

impl Terminal {
    /// Opens the desk of a workspace.
    pub(super) fn open(workspace: &Workspace) -> Result<Terminal> {
        let color = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let columns =
            rustix::termios::tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_col));
        Ok(Terminal {
            desk: Desk::open(workspace)?,
            style: Style {
                width: if columns == 0 { 100 } else { columns },
                color,
            },
            signals: Signals::listen()?,
        })
    }

    pub(super) fn options(&self) -> Options {
        Options {
            colored: self.style.color,
            ..Options::default()
        }
    }

    /// The path of the learner's file, as it is read best.
    pub(super) fn file(&self, exercise: &Exercise) -> String {
        let file = self.desk.folder.file(exercise);
        self.desk.workspace.relative(&file).display().to_string()
    }

    /// Builds and runs it, until `cancel`.
    pub(super) async fn look(
        desk: &Desk,
        exercise: &Exercise,
        options: &Options,
        output: Output,
        cancel: impl Future<Output = ()>,
    ) -> Result<Checked> {
        let first = desk.is_first_build();
        if first {
            say("\nBuilding what exercises need. This happens once and takes about a minute.");
        }
        let mut show = |line: &str| {
            if matches!(output, Output::Shown) || first {
                say(line);
            }
        };
        Ok(desk.look(exercise, options, &mut show, cancel).await?)
    }

    /// Shows the outcome and notes it.
    pub(super) fn tell(
        &self,
        exercise: &Exercise,
        checked: &Checked,
        options: &Options,
    ) -> Result<()> {
        let file = self.file(exercise);
        say(&show::outcome(
            exercise,
            file.as_ref(),
            checked,
            &options.limits,
            self.style,
        ));
        if options.replay.is_some() {
            return Ok(());
        }
        let before = self.desk.store.read()?;
        let progress = self.desk.note(exercise, &checked.outcome, options)?;
        if checked.outcome.passed() {
            if !before.passed(&exercise.name) {
                say(&format!(
                    "Passed. What it costs, and another way: cargo workbook solution {}",
                    exercise.name
                ));
            }
            say(&self.whats_next(&progress));
        } else if !matches!(checked.outcome, Outcome::Compile(_)) {
            let taken = progress
                .exercises
                .get(&exercise.name)
                .map_or(0, |state| state.hints);
            say(&format!(
                "\n{}",
                show::hints(exercise, taken as usize, self.style)
            ));
        }
        Ok(())
    }

    /// Which exercise comes next.
    pub(super) fn whats_next(&self, progress: &Progress) -> String {
        let open = |exercise: &&Exercise| !progress.passed(&exercise.name);
        let Some(exercise) = self.desk.in_order().into_iter().find(open) else {
            return "All exercises are passed.".to_owned();
        };
        let verb = if self.desk.folder.has(exercise) {
            "check"
        } else {
            "start"
        };
        format!(
            "Next: {} {} ({} min, {}): cargo workbook {verb} {}",
            exercise.name,
            exercise.about.title,
            exercise.about.minutes,
            exercise.about.difficulty.name(),
            exercise.name
        )
    }
}

/// Says that a check was given up.
pub(super) fn cancelled(exercise: &Exercise) -> ExitCode {
    say(&format!(
        "\n{}: cancelled; nothing is left running.",
        exercise.name
    ));
    ExitCode::from(INTERRUPTED)
}

/// Prints; whoever does not read it any more does not want it.
pub(super) fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{}", text.trim_end_matches('\n'));
}
