//! An exercise checked: built, run, and every way that can end.

use super::build::{Built, CompileErrors, build};
use super::folder::{Folder, Program};
use super::run::{Limits, Ran, Sink, run};
use super::verdict::{Failed, VERDICT_VERSION, Verdict};
use super::{ExerciseError, io};
use crate::process::Ended;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// How far to look, and how to show it.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Only this schedule.
    pub replay: Option<String>,
    /// What schedules are drawn with.
    pub seed: Option<u64>,
    /// How many schedules are tried in turn.
    pub schedules: Option<u64>,
    /// Whether the compiler's messages are coloured.
    pub colored: bool,
    /// What it may cost.
    pub limits: Limits,
}

/// What has come out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every case holds.
    Passed(Verdict),
    /// One doesn't.
    Failed(Verdict, Box<Failed>),
    /// It does not compile.
    Compile(CompileErrors),
    /// It had to be ended.
    Ended(Ended),
    /// It has crashed; with what it said last.
    Crashed(Crash, String),
}

/// How a program has crashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// It wanted more memory than it may have.
    Memory,
    /// It used up a task's stack.
    Stack,
    /// Otherwise: its exit code or its signal.
    Other(i32),
}

impl Outcome {
    /// Whether every case holds.
    pub fn passed(&self) -> bool {
        matches!(self, Outcome::Passed(_))
    }

    /// Whether it was given up before anything has come out.
    pub fn cancelled(&self) -> bool {
        matches!(self, Outcome::Ended(Ended::Cancelled))
    }
}

/// A check and how long it took.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What has come out.
    pub outcome: Outcome,
    /// How long building took.
    pub built_in: Duration,
    /// How long running took.
    pub ran_in: Duration,
}

/// Checks `program` of `folder`, which is prepared. `sink` is told what is compiled and printed.
pub async fn check(
    folder: &Folder,
    program: &Program,
    options: &Options,
    sink: &mut Sink<'_>,
    cancel: impl Future<Output = ()>,
) -> Result<Checked, ExerciseError> {
    let mut cancel = std::pin::pin!(cancel);
    let started = Instant::now();
    let built = build(
        folder,
        program,
        options.colored,
        &options.limits,
        sink,
        cancel.as_mut(),
    )
    .await?;
    let built_in = started.elapsed();
    let executable = match built {
        Built::Program(executable) => executable,
        Built::Errors(errors) => return Ok(early(Outcome::Compile(errors), built_in)),
        Built::Ended(ended) => return Ok(early(Outcome::Ended(ended), built_in)),
    };
    let outcome = execute(folder, program, &executable, options, sink, cancel).await?;
    Ok(Checked {
        outcome,
        built_in,
        ran_in: started.elapsed().saturating_sub(built_in),
    })
}

fn early(outcome: Outcome, built_in: Duration) -> Checked {
    Checked {
        outcome,
        built_in,
        ran_in: Duration::ZERO,
    }
}

async fn execute(
    folder: &Folder,
    program: &Program,
    executable: &Path,
    options: &Options,
    sink: &mut Sink<'_>,
    cancel: impl Future<Output = ()>,
) -> Result<Outcome, ExerciseError> {
    let file = folder.target().join(format!(
        "{}.{}.verdict.json",
        program.name,
        std::process::id()
    ));
    // What an earlier run has left must not be taken for this one's.
    let _ = std::fs::remove_file(&file);
    let mut arguments = vec!["--verdict".to_owned(), file.display().to_string()];
    let mut add = |name: &str, value: Option<String>| {
        arguments.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
    };
    add("--replay", options.replay.clone());
    add("--seed", options.seed.map(|seed| seed.to_string()));
    add(
        "--every",
        options.schedules.map(|schedules| schedules.to_string()),
    );
    let mut printed = Printed {
        sink,
        headline: None,
    };
    let ran = run(
        executable,
        &arguments,
        &options.limits,
        &mut |line| printed.line(line),
        cancel,
    )
    .await?;
    let document = std::fs::read(&file);
    let _ = std::fs::remove_file(&file);
    match (document, ran) {
        (
            _,
            Ran {
                status: Err(ended), ..
            },
        ) => Ok(Outcome::Ended(ended)),
        (Ok(document), _) => judge(&file, &document),
        (
            Err(_),
            Ran {
                status: Ok(status),
                tail,
            },
        ) => Ok(Outcome::Crashed(crash(status, &tail), tail)),
    }
}

/// Leaves out the line that introduces what a schedule prints, where it prints nothing.
struct Printed<'a, 'b> {
    sink: &'a mut Sink<'b>,
    headline: Option<String>,
}

impl Printed<'_, '_> {
    fn line(&mut self, line: &str) {
        if let Some(headline) = line.strip_prefix('\u{1e}') {
            self.headline = Some(format!("-- {headline}:"));
            return;
        }
        if let Some(headline) = self.headline.take() {
            (self.sink)(&headline);
        }
        (self.sink)(line);
    }
}

fn judge(file: &Path, document: &[u8]) -> Result<Outcome, ExerciseError> {
    let broken = |why: String| ExerciseError::Broken {
        file: file.to_path_buf(),
        why,
    };
    let mut verdict: Verdict =
        serde_json::from_slice(document).map_err(|error| broken(error.to_string()))?;
    if verdict.version != VERDICT_VERSION {
        return Err(broken(format!(
            "a verdict of version {}, this program reads {VERDICT_VERSION}: build it again",
            verdict.version
        )));
    }
    match verdict.failed.take() {
        Some(failed) => Ok(Outcome::Failed(verdict, Box::new(failed))),
        None if verdict.cases.is_empty() => Err(broken(
            "no case was run: the schedule names none of them".to_owned(),
        )),
        None => Ok(Outcome::Passed(verdict)),
    }
}

fn crash(status: std::process::ExitStatus, tail: &str) -> Crash {
    if tail.contains("memory allocation of ") || tail.contains("Cannot allocate memory") {
        return Crash::Memory;
    }
    if tail.contains("has overflowed its stack") {
        return Crash::Stack;
    }
    let number = status.signal().or(status.code());
    Crash::Other(number.unwrap_or_default())
}

/// Makes room for what is built.
pub fn make_ready(folder: &Folder, programs: &[Program]) -> Result<(), ExerciseError> {
    std::fs::create_dir_all(folder.target()).map_err(io(folder.target()))?;
    folder.prepare(programs)
}
