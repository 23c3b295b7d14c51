//! rustlings, where it is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::Workbook;
use super::verdict::{file, solution};
use crate::context::Context;

/// What is measured against.
pub(super) enum Rival {
    /// The program, and what it says of its version.
    Here { program: PathBuf, version: String },
    /// It is not on the path.
    Missing,
}

impl Rival {
    pub(super) fn find() -> Rival {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut known = std::env::split_paths(&path).map(|folder| folder.join("rustlings"));
        let Some(program) = known.find(|program| program.is_file()) else {
            return Rival::Missing;
        };
        match Command::new(&program).arg("--version").output() {
            Ok(output) => Rival::Here {
                version: String::from_utf8_lossy(&output.stdout).trim().to_owned(),
                program,
            },
            Err(_) => Rival::Missing,
        }
    }

    pub(super) fn note(&self) -> String {
        match self {
            Rival::Here { version, .. } => format!(
                "Measured beside it: {version}, by turns on this machine. It compiles one file, runs it and its lints; the \
                 workbook compiles one file and runs it over its schedules."
            ),
            Rival::Missing => {
                "It was not measured beside it: `cargo install rustlings` puts it on the path."
                    .to_owned()
            }
        }
    }
}

/// Pairs of times: the rival's smallest exercise, our exercise `(name, folder)`, both changed before each turn.
pub(super) fn pairs(
    context: &Context,
    workbook: &Workbook,
    program: &Path,
    (name, folder): (&str, &str),
) -> anyhow::Result<Vec<[f64; 2]>> {
    let home = workbook.root().join("rival");
    fs::create_dir_all(&home)?;
    let mut init = Command::new(program);
    init.arg("init")
        .current_dir(&home)
        .env_remove("CARGO_TARGET_DIR");
    timed(context, init.stdin(Stdio::piped()))?;
    let theirs = home.join("rustlings/exercises/00_intro/intro1.rs");
    let (their_text, our_text) = (fs::read_to_string(&theirs)?, solution(workbook, folder)?);
    let mut pairs = Vec::new();
    for turn in 0..=context.times(12) {
        let mut pair = [0.0; 2];
        for arm in if turn % 2 == 0 { [0, 1] } else { [1, 0] } {
            let mut command = if arm == 0 {
                fs::write(&theirs, format!("{their_text}\n// {turn}\n"))?;
                let mut command = Command::new(program);
                command
                    .args(["run", "intro1"])
                    .current_dir(home.join("rustlings"))
                    .env_remove("CARGO_TARGET_DIR");
                command
            } else {
                fs::write(
                    file(workbook, folder),
                    format!("{our_text}\n// pair {turn}\n"),
                )?;
                workbook.command(&["check", name])
            };
            pair[arm] = timed(context, command.stdin(Stdio::null()))?;
        }
        // The first one builds what both need.
        if turn > 0 {
            pairs.push(pair);
        }
    }
    Ok(pairs)
}

fn timed(context: &Context, command: &mut Command) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut child = context
        .cores
        .spawn_anywhere(command.stdout(Stdio::null()).stderr(Stdio::piped()))?;
    if let Some(mut keyboard) = child.stdin.take() {
        // Whatever it asks: yes.
        std::io::Write::write_all(&mut keyboard, b"\n\n")?;
    }
    let output = child.wait_with_output()?;
    let took = started.elapsed();
    anyhow::ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(took.as_nanos() as f64)
}
