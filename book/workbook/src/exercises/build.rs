//! One program built by cargo: its progress told, the compiler's messages kept.

use super::ExerciseError;
use super::folder::{Folder, Program};
use super::run::{Limits, Sink};
use crate::process::{Budget, Ended, Group, Stop, supervise};
use serde::Deserialize;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// What a build has made.
#[derive(Debug)]
pub enum Built {
    /// The program.
    Program(PathBuf),
    /// Nothing, because of these.
    Errors(CompileErrors),
    /// Nothing, because it had to end early.
    Ended(Ended),
}

/// What the compiler says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompileErrors {
    /// Of the learner's file, as the compiler shows them.
    pub own: Vec<String>,
    /// Of the check that calls it.
    pub check: Vec<String>,
}

/// Builds `program`; tells `sink` what cargo compiles besides the exercise itself.
pub async fn build(
    folder: &Folder,
    program: &Program,
    colored: bool,
    limits: &Limits,
    sink: &mut Sink<'_>,
    cancel: impl Future<Output = ()>,
) -> Result<Built, ExerciseError> {
    let failed = |error: std::io::Error| ExerciseError::Cargo(error.to_string());
    let kind = if colored {
        "json-diagnostic-rendered-ansi"
    } else {
        "json"
    };
    let mut command = Command::new("cargo");
    command
        .args([
            "build",
            "--color",
            "never",
            "--message-format",
            kind,
            "--bin",
            &program.name,
        ])
        .current_dir(folder.root())
        .env("CARGO_TARGET_DIR", folder.target());
    let budget = Budget {
        time: limits.build,
        grace: limits.grace,
        memory: None,
        processes: None,
        tasks: None,
    };
    let mut messages = Messages::of(program);
    let mut said = String::new();
    let read = async |out, err| {
        let mut progress = BufReader::new(err).lines();
        let mut lines = BufReader::new(out).lines();
        let read = async {
            while let Some(line) = lines.next_line().await? {
                messages.take(&line);
            }
            Ok::<(), Stop>(())
        };
        let listen = async {
            while let Some(line) = progress.next_line().await? {
                if is_progress(&line) {
                    sink(&line);
                }
                said.push_str(&line);
                said.push('\n');
            }
            Ok::<(), Stop>(())
        };
        tokio::try_join!(read, listen).map(|_| ())
    };
    let ended = supervise(&mut command, &budget, read, cancel)
        .await
        .map_err(failed)?;
    match ended {
        Ok((status, ())) => messages.result(status.success(), &said),
        Err(ended) => Ok(Built::Ended(ended)),
    }
}

/// Builds all programs of a folder at once, so that building each of them finds nothing left to do. What does not
/// compile is told when it is built for itself.
pub async fn build_all(folder: &Folder) -> Result<(), ExerciseError> {
    let mut command = Command::new("cargo");
    command
        .args(["build", "--quiet", "--keep-going", "--bins"])
        .current_dir(folder.root())
        .env("CARGO_TARGET_DIR", folder.target())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let failed = |error: std::io::Error| ExerciseError::Cargo(error.to_string());
    let mut group = Group::spawn(&mut command).map_err(failed)?;
    group.wait().await.map_err(failed)?;
    Ok(())
}

/// Lines that say what takes so long the first time.
fn is_progress(line: &str) -> bool {
    let line = line.trim_start();
    [
        "Compiling ",
        "Downloading ",
        "Downloaded ",
        "Updating ",
        "Blocking ",
    ]
    .iter()
    .any(|word| line.starts_with(word))
        && !line.starts_with("Compiling exercises ")
}

/// What is needed of cargo's messages.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    #[serde(rename = "message")]
    diagnostic: Option<Diagnostic>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    file_name: PathBuf,
    is_primary: bool,
}

struct Messages<'a> {
    program: &'a Program,
    errors: CompileErrors,
    executable: Option<PathBuf>,
}

impl<'a> Messages<'a> {
    fn of(program: &'a Program) -> Messages<'a> {
        Messages {
            program,
            errors: CompileErrors::default(),
            executable: None,
        }
    }

    fn take(&mut self, line: &str) {
        let Ok(message) = serde_json::from_str::<Message>(line) else {
            return;
        };
        if message.reason == "compiler-artifact" && message.executable.is_some() {
            self.executable = message.executable;
        }
        // Errors of what the exercise depends on are nothing that the learner can put right.
        if message
            .target
            .is_none_or(|target| target.name != self.program.name)
        {
            return;
        }
        let Some(diagnostic) = message
            .diagnostic
            .filter(|diagnostic| diagnostic.level == "error")
        else {
            return;
        };
        let (Some(text), Some(span)) = (
            diagnostic.rendered,
            diagnostic.spans.iter().find(|span| span.is_primary),
        ) else {
            // "aborting due to 2 previous errors": says nothing.
            return;
        };
        if span.file_name.ends_with(&self.program.file)
            || self.program.file.ends_with(&span.file_name)
        {
            self.errors.own.push(text);
        } else {
            self.errors.check.push(text);
        }
    }

    fn result(self, success: bool, said: &str) -> Result<Built, ExerciseError> {
        match self.executable {
            Some(program) if success => Ok(Built::Program(program)),
            _ if self.errors == CompileErrors::default() => {
                Err(ExerciseError::Cargo(said.trim().to_owned()))
            }
            _ => Ok(Built::Errors(self.errors)),
        }
    }
}
