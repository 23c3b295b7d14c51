//! One program run within limits; when it must end early, its whole group is ended before that is told.

use super::Group;
use super::usage;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{ChildStderr, ChildStdout, Command};

/// What a program and all that it starts may cost. What is not limited is `None`.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// How long it may run.
    pub time: Duration,
    /// How long it may take to end when it is asked to, before it is killed.
    pub grace: Duration,
    /// How many bytes of memory its processes may use together. Known on Linux only.
    pub memory: Option<u64>,
    /// How many processes it may be. Known on Linux only.
    pub processes: Option<usize>,
}

/// Why something has ended before it was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It took too long.
    Deadline,
    /// It printed too much.
    Output,
    /// It used too much memory.
    Memory,
    /// It started too many processes.
    Processes,
    /// Nobody wants more of it.
    Cancelled,
}

/// Why its output is not read to the end.
#[derive(Debug)]
pub enum Stop {
    /// It must end.
    Ended(Ended),
    /// It can't be read.
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Io(error)
    }
}

/// Runs `command`, whose output goes to `read`, until both are over or a limit or `cancel` ends it.
///
/// # Errors
/// It can't be started or read.
pub async fn supervise<T, R>(
    command: &mut Command,
    budget: &Budget,
    read: impl FnOnce(ChildStdout, ChildStderr) -> R,
    cancel: impl Future<Output = ()>,
) -> io::Result<Result<(ExitStatus, T), Ended>>
where
    R: Future<Output = Result<T, Stop>>,
{
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut group = Group::spawn(command)?;
    let (Some(out), Some(err)) = (group.child.stdout.take(), group.child.stderr.take()) else {
        return Err(io::Error::other("the program has no output"));
    };
    let id = group.id();
    let stopped = {
        // What it has started and left behind is ended by `wait`, and with it the streams.
        let status = async { group.wait().await.map_err(Stop::Io) };
        let work = async { tokio::try_join!(status, read(out, err)) };
        tokio::select! {
            done = work => match done {
                Ok(done) => return Ok(Ok(done)),
                Err(stop) => stop,
            },
            () = cancel => Stop::Ended(Ended::Cancelled),
            ended = usage::exceeded(id, budget) => Stop::Ended(ended),
            () = tokio::time::sleep(budget.time) => Stop::Ended(Ended::Deadline),
        }
    };
    match stopped {
        Stop::Io(error) => Err(error),
        Stop::Ended(ended) => {
            // What eats the machine is not asked politely.
            let polite = !matches!(ended, Ended::Memory | Ended::Processes);
            let grace = if polite { budget.grace } else { Duration::ZERO };
            group.end(grace).await?;
            Ok(Err(ended))
        }
    }
}
