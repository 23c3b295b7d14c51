//! A keeper: a process between the workbook and a program that may do anything. It is the workbook itself, started as
//! `workbook keep`; the program is its child.
//!
//! - It puts the program into cgroups of its own, with limits, as far as it may make them, and otherwise sets limits that
//!   hold for each process (`fence`).
//! - Whoever loses its parent becomes the keeper's child (`PR_SET_CHILD_SUBREAPER`, prctl(2)). So a program that has left
//!   its process group, or its session, is found all the same, and the keeper only ends when it has no children.
//! - When the workbook is killed, the keeper's standard input ends, and it ends everything.
//!
//! Standard input is a socket. The workbook asks for the end with `END`; the keeper answers once, with a `Report`.

mod fence;
mod group;
mod keep;
mod tree;

pub use keep::{Order, keep, keep_in_terminal};

use super::{Budget, Ended};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

/// What asks a keeper to end its program in a friendly way. The end of the stream asks for it at once.
const END: u8 = b'e';

/// How it was.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Report {
    /// The program's status (wait(2)), unless it never ran.
    status: Option<i32>,
    /// Which limit it met.
    ended: Option<Ended>,
    /// Why it could not be run.
    failed: Option<String>,
}

impl Report {
    fn verdict(&self) -> Result<ExitStatus, Ended> {
        match self.ended {
            Some(ended) => Err(ended),
            None => Ok(ExitStatus::from_raw(self.status.unwrap_or_default())),
        }
    }
}

/// A program with its keeper.
#[derive(Debug)]
pub(super) struct Kept {
    /// The keeper; its output is the program's.
    pub(super) child: Child,
    control: std::os::unix::net::UnixStream,
}

impl Kept {
    /// Starts `command` with a keeper that holds it to `budget`; its output goes into pipes.
    pub(super) fn spawn(command: &Command, budget: &Budget) -> io::Result<Kept> {
        let command = command.as_std();
        let (control, theirs) = std::os::unix::net::UnixStream::pair()?;
        let mut keeper = Command::new(program()?);
        keeper.args(arguments(budget)).arg("--");
        keeper.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => keeper.env(name, value),
                None => keeper.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            keeper.current_dir(folder);
        }
        keeper
            .arg0("workbook")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = keeper.spawn()?;
        control.set_nonblocking(true)?;
        Ok(Kept { child, control })
    }

    /// Waits until the program and all that it has started are gone.
    pub(super) async fn wait(&mut self) -> io::Result<Result<ExitStatus, Ended>> {
        let mut stream = UnixStream::from_std(self.control.try_clone()?)?;
        let mut report = Vec::new();
        stream.read_to_end(&mut report).await?;
        let status = self.child.wait().await?;
        let report: Report = serde_json::from_slice(&report)
            .map_err(|_| io::Error::other(format!("its keeper ended without a word ({status})")))?;
        if let Some(why) = report.failed {
            return Err(io::Error::other(why));
        }
        Ok(report.verdict())
    }

    /// Has it ended, and waits for that.
    pub(super) async fn end(&mut self) -> io::Result<()> {
        if self.child.id().is_none() {
            return Ok(());
        }
        let mut stream = UnixStream::from_std(self.control.try_clone()?)?;
        // It may just have ended by itself.
        let _ = stream.write_u8(END).await;
        self.child.wait().await.map(drop)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // A clone may still be open somewhere.
        let _ = self.control.shutdown(Shutdown::Both);
    }
}

fn arguments(budget: &Budget) -> Vec<OsString> {
    let mut arguments = vec![OsString::from("keep")];
    let mut add = |name: &str, value: Option<u64>| {
        let value = value.map(|value| OsString::from(value.to_string()));
        arguments.extend(value.into_iter().flat_map(|value| [name.into(), value]));
    };
    add("--memory", budget.memory);
    add("--processes", budget.processes);
    add("--tasks", budget.tasks);
    let grace = budget.grace.as_millis();
    add("--grace", Some(u64::try_from(grace).unwrap_or(u64::MAX)));
    arguments
}

/// The workbook: this program, unless it is a test, which lies beside it or one folder below.
fn program() -> io::Result<PathBuf> {
    const NAME: &str = "workbook";
    let own = std::env::current_exe()?;
    // One that was built anew since is shown as deleted, and can be started by this name only.
    let name = own.file_name().unwrap_or_default().to_string_lossy();
    if name.trim_end_matches(" (deleted)") == NAME {
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    let folders = own.ancestors().skip(1).take(2);
    let mut programs = folders.map(|folder| folder.join(NAME));
    programs
        .find(|program| program.is_file())
        .ok_or_else(|| io::Error::other(format!("no {NAME} lies beside {}", own.display())))
}
