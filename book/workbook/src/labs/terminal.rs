//! A lab run in this terminal.

use super::Limits;
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

/// Builds the lab `name` if need be, and runs it with these arguments; terminal and exit code are its own. It is held to
/// the limits that a lab on the page has, but to no deadline.
///
/// # Errors
/// It does not build, cannot be started, or has met a limit.
pub fn run(workspace: &Workspace, name: &str, arguments: &[String]) -> Result<ExitCode> {
    let mut command = Command::new(build(workspace, name)?);
    command.args(arguments);
    hold(&mut command, name)
}

/// What is needed of cargo's messages.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
}

fn build(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--quiet", "--package", name, "--bin", name])
        .args(["--message-format", "json-render-diagnostics"])
        .arg("--manifest-path")
        .arg(workspace.root().join("Cargo.toml"))
        .stderr(Stdio::inherit());
    let built = cargo.output().context("cannot run cargo")?;
    ensure!(built.status.success(), "{name} does not build");
    let messages = String::from_utf8_lossy(&built.stdout);
    let mut programs = messages.lines().filter_map(|line| {
        let message = serde_json::from_str::<Message>(line).ok()?;
        message.executable
    });
    let program = programs.next();
    program.with_context(|| format!("cargo has built no program {name}"))
}

#[cfg(target_os = "linux")]
fn hold(command: &mut Command, name: &str) -> Result<ExitCode> {
    use crate::process::{Budget, Ended, keeper};
    use std::os::unix::process::ExitStatusExt as _;

    let limits = Limits::default();
    let budget = Budget {
        time: std::time::Duration::MAX,
        grace: limits.grace,
        memory: Some(limits.memory),
        processes: Some(limits.processes),
        tasks: Some(limits.tasks),
    };
    // One thread, because it takes on the limits of what it starts for a moment.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ended = runtime
        .block_on(keeper::keep_in_terminal(command, &budget))
        .with_context(|| format!("cannot start {name}"))?;
    let what = match ended {
        Ok(status) => {
            // As a shell tells a signal.
            let code = status.code().or(status.signal().map(|signal| 128 + signal));
            let code = code.and_then(|code| u8::try_from(code).ok());
            return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
        }
        Err(Ended::Processes) => format!("was more than {} processes", limits.processes),
        Err(_) => {
            let most = lab_format::units::bytes(limits.memory);
            format!("used more than {most} of memory")
        }
    };
    anyhow::bail!(
        "{name} {what} and was ended; `cargo run --package {name} -- …` holds it to no limits"
    )
}

/// Takes this process's place.
#[cfg(not(target_os = "linux"))]
fn hold(command: &mut Command, name: &str) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec()).with_context(|| format!("cannot start {name}"))
}
