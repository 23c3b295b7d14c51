//! The commands of the workbook that concern exercises.

use super::check::{Checked, Options, Outcome, check, make_ready};
use super::folder::{Folder, Program, Started};
use super::progress::{Progress, Store};
use super::run::Limits;
use super::show::{self, Style};
use super::{Catalogue, Exercise, LADDER};
use crate::process::Ended;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

/// How often `watch` looks whether a file was saved.
const LOOK: Duration = Duration::from_millis(50);
/// What a shell expects of a program that was interrupted.
const INTERRUPTED: u8 = 130;

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
    /// Check each exercise when its file is saved; Ctrl-C ends it
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
        let desk = Desk::open(workspace)?;
        match self {
            Exercises::Start(named) => desk.start(&named.exercise).await,
            Exercises::Check(arguments) => desk.check(arguments).await,
            Exercises::Watch(watch) => desk.watch(watch.exercise.as_deref()).await,
            Exercises::Hint(named) => desk.hint(&named.exercise),
            Exercises::Solution(solution) => desk.solution(&solution.exercise, solution.anyway),
            Exercises::Next => desk.next(),
            Exercises::Reset(reset) => desk.reset(&reset.exercise, reset.yes),
            Exercises::Prove => desk.prove().await,
        }
    }
}

/// All that the commands work with.
struct Desk<'a> {
    workspace: &'a Workspace,
    catalogue: Catalogue,
    folder: Folder,
    store: Store,
    style: Style,
}

impl<'a> Desk<'a> {
    fn open(workspace: &'a Workspace) -> Result<Desk<'a>> {
        let color = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let columns =
            rustix::termios::tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_col));
        Ok(Desk {
            workspace,
            catalogue: Catalogue::read(workspace)?,
            folder: Folder::of_learner(workspace),
            store: Store::of(workspace),
            style: Style {
                width: if columns == 0 { 100 } else { columns },
                color,
            },
        })
    }

    async fn start(&self, name: &str) -> Result<ExitCode> {
        let exercise = self.catalogue.find(name)?;
        let started = self.folder.start(exercise)?;
        let program = self.folder.program(exercise)?;
        let file = self.workspace.relative(&program.file).display();
        match started {
            Started::New => say(&format!(
                "{} {}: {file}",
                exercise.name, exercise.about.title
            )),
            Started::Already => say(&format!(
                "{} is started already, and stays as it is: {file}\nTo begin again: cargo workbook reset {}",
                exercise.name, exercise.name
            )),
        }
        self.store.update(&exercise.name, |_| ())?;
        say(&format!("\n{}", exercise.about.task.trim()));
        // What takes long is built now, and not when the learner saves for the first time.
        let options = self.options();
        let Some(checked) = self
            .look(exercise, &program, &options, Output::Hidden)
            .await?
        else {
            return Ok(ExitCode::from(INTERRUPTED));
        };
        if !matches!(checked.outcome, Outcome::Compile(_)) {
            say(&format!(
                "\nEdit {file}, then: cargo workbook check {}",
                exercise.name
            ));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn options(&self) -> Options {
        Options {
            colored: self.style.color,
            ..Options::default()
        }
    }

    async fn check(&self, arguments: CheckArguments) -> Result<ExitCode> {
        let exercise = match &arguments.exercise {
            Some(name) => self.catalogue.find(name)?,
            None => self.saved_last()?,
        };
        let program = self.folder.program(exercise)?;
        let replayed = arguments.replay.is_some();
        let options = Options {
            replay: arguments
                .replay
                .map(|replay| sound_replay(&replay).map(|()| replay))
                .transpose()?,
            seed: arguments.seed,
            schedules: arguments.schedules,
            limits: Limits {
                deadline: Duration::from_secs(arguments.deadline),
                ..Limits::default()
            },
            ..self.options()
        };
        let Some(checked) = self
            .look(exercise, &program, &options, Output::Shown)
            .await?
        else {
            return Ok(ExitCode::from(INTERRUPTED));
        };
        self.tell(exercise, &program, &checked, &options, replayed)?;
        Ok(if checked.outcome.passed() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// Builds and runs it; nothing, if the learner interrupts.
    async fn look(
        &self,
        exercise: &Exercise,
        program: &Program,
        options: &Options,
        output: Output,
    ) -> Result<Option<Checked>> {
        let started = self.started()?;
        let first = !self.folder.target().join("debug").is_dir();
        make_ready(&self.folder, &started)?;
        if first {
            say("\nBuilding what exercises need. This happens once and takes about a minute.");
        }
        let mut show = |line: &str| {
            if matches!(output, Output::Shown) || first {
                say(line);
            }
        };
        let cancel = async {
            // Without the signal, the deadline is what ends it.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let checked = check(&self.folder, program, options, &mut show, cancel).await?;
        if checked.outcome == Outcome::Ended(Ended::Cancelled) {
            say(&format!(
                "\n{}: cancelled; nothing is left running.",
                exercise.name
            ));
            return Ok(None);
        }
        Ok(Some(checked))
    }

    /// Shows the outcome and notes it. A schedule that was replayed proves nothing about the others.
    fn tell(
        &self,
        exercise: &Exercise,
        program: &Program,
        checked: &Checked,
        options: &Options,
        replayed: bool,
    ) -> Result<()> {
        let file = self.workspace.relative(&program.file);
        say(&show::outcome(
            exercise,
            file,
            checked,
            &options.limits,
            self.style,
        ));
        if replayed {
            return Ok(());
        }
        let before = self.store.read()?;
        let progress =
            self.store
                .note(&exercise.name, checked.outcome.passed(), SystemTime::now())?;
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

    fn started(&self) -> Result<Vec<Program>> {
        let started = self
            .catalogue
            .exercises
            .iter()
            .filter(|exercise| self.folder.has(exercise));
        let programs = started.map(|exercise| self.folder.program(exercise));
        Ok(programs.collect::<Result<_, _>>()?)
    }

    fn saved_last(&self) -> Result<&Exercise> {
        let started = self
            .catalogue
            .exercises
            .iter()
            .filter(|exercise| self.folder.has(exercise));
        started
            .max_by_key(|exercise| saved(&self.folder.file(exercise)))
            .context(
                "no exercise is started; see cargo workbook list, then: cargo workbook start NAME",
            )
    }

    async fn watch(&self, name: Option<&str>) -> Result<ExitCode> {
        let only = name.map(|name| self.catalogue.find(name)).transpose()?;
        if let Some(exercise) = only {
            self.folder.program(exercise)?;
        }
        let watched = || -> Vec<(&Exercise, Option<SystemTime>)> {
            let all = self.catalogue.exercises.iter();
            let meant = all.filter(|exercise| only.is_none_or(|only| only.name == exercise.name));
            let here = meant.filter(|exercise| self.folder.has(exercise));
            here.map(|exercise| (exercise, saved(&self.folder.file(exercise))))
                .collect()
        };
        let mut seen = watched();
        if seen.is_empty() {
            bail!(
                "no exercise is started; see cargo workbook list, then: cargo workbook start NAME"
            );
        }
        let names: Vec<&str> = seen
            .iter()
            .map(|(exercise, _)| exercise.name.as_str())
            .collect();
        say(&format!(
            "Watching {}: save a file, and it is checked. Ctrl-C ends it.",
            names.join(", ")
        ));
        loop {
            tokio::select! {
                result = tokio::signal::ctrl_c() => {
                    result.context("cannot listen to Ctrl-C")?;
                    return Ok(ExitCode::SUCCESS);
                }
                () = tokio::time::sleep(LOOK) => {}
            }
            let now = watched();
            for (exercise, time) in &now {
                let known = seen.iter().find(|(known, _)| known.name == exercise.name);
                if known.is_some_and(|(_, before)| before == time) {
                    continue;
                }
                let program = self.folder.program(exercise)?;
                let options = self.options();
                match self
                    .look(exercise, &program, &options, Output::Shown)
                    .await?
                {
                    Some(checked) => self.tell(exercise, &program, &checked, &options, false)?,
                    None => return Ok(ExitCode::from(INTERRUPTED)),
                }
            }
            seen = now;
        }
    }

    fn hint(&self, name: &str) -> Result<ExitCode> {
        let exercise = self.catalogue.find(name)?;
        let mut taken = 0;
        self.store.update(&exercise.name, |state| {
            state.hints = (state.hints + 1).min(LADDER.len() as u32);
            taken = state.hints;
        })?;
        say(&show::hints(exercise, taken as usize, self.style));
        Ok(ExitCode::SUCCESS)
    }

    fn solution(&self, name: &str, anyway: bool) -> Result<ExitCode> {
        let exercise = self.catalogue.find(name)?;
        let passed = self.store.read()?.passed(&exercise.name);
        if !passed && !anyway {
            bail!(
                "{name} is not passed yet. A hint may be enough: cargo workbook hint {name}. To see the solution all the same: \
                 cargo workbook solution {name} --anyway"
            );
        }
        if !passed {
            self.store
                .update(&exercise.name, |state| state.solution = true)?;
        }
        let own = std::fs::read_to_string(self.folder.file(exercise)).ok();
        say(&show::solution(
            exercise,
            own.as_deref(),
            &exercise.solution()?,
            self.style,
        ));
        Ok(ExitCode::SUCCESS)
    }

    fn next(&self) -> Result<ExitCode> {
        say(&self.whats_next(&self.store.read()?));
        Ok(ExitCode::SUCCESS)
    }

    fn whats_next(&self, progress: &Progress) -> String {
        let open = |exercise: &&Exercise| !progress.passed(&exercise.name);
        let Some(exercise) = self.catalogue.exercises.iter().find(open) else {
            return "All exercises are passed.".to_owned();
        };
        let verb = if self.folder.has(exercise) {
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

    fn reset(&self, name: &str, yes: bool) -> Result<ExitCode> {
        let exercise = self.catalogue.find(name)?;
        let file = self.folder.program(exercise)?.file;
        let shown = self.workspace.relative(&file).display().to_string();
        if !yes
            && !asked(&format!(
                "Put the starter in place of {shown}? Yours is kept beside it. [y/N] "
            ))?
        {
            say("Nothing is changed.");
            return Ok(ExitCode::FAILURE);
        }
        let kept = self.folder.reset(exercise)?;
        say(&format!(
            "{shown} is the starter again; yours is {}",
            self.workspace.relative(&kept).display()
        ));
        Ok(ExitCode::SUCCESS)
    }

    async fn prove(&self) -> Result<ExitCode> {
        let faults = super::prove::prove(
            self.workspace,
            &self.workspace.state().join("exercises"),
            say,
        )
        .await?;
        if faults.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        bail!(
            "{} of the exercises are not as they should be:\n{}",
            faults.len(),
            faults.join("\n")
        );
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

use super::About;

/// Whether what the learner's code prints is shown.
#[derive(Clone, Copy)]
enum Output {
    Shown,
    Hidden,
}

fn saved(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file)
        .and_then(|file| file.modified())
        .ok()
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

/// Asks a person. Without one, the answer is no.
fn asked(question: &str) -> Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("there is nobody to ask: say --yes");
    }
    print!("{question}");
    io::stdout().flush().context("cannot ask")?;
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .context("cannot read the answer")?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}

/// Prints; whoever does not read it any more does not want it.
fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{}", text.trim_end_matches('\n'));
}
