//! One program run within limits; when it must end early, all that it has started is ended before that is told.

use super::Group;
#[cfg(target_os = "linux")]
use super::keeper::Kept;
use serde::{Deserialize, Serialize};
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
    /// How many bytes of memory its processes may use together. Known on Linux only, as the next two.
    pub memory: Option<u64>,
    /// How many processes it may be.
    pub processes: Option<u64>,
    /// How many threads all of them may have together: the first is one, too.
    pub tasks: Option<u64>,
}

impl Budget {
    /// Whether the program is one that may do anything.
    #[cfg(target_os = "linux")]
    fn distrusts(&self) -> bool {
        self.memory.is_some() || self.processes.is_some() || self.tasks.is_some()
    }
}

/// Why something has ended before it was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    let mut running = Running::spawn(command, budget)?;
    let (out, err) = running.output()?;
    let stopped = {
        // What it has started and left behind is ended by `wait`, and with it the streams.
        let status = async { running.wait().await?.map_err(Stop::Ended) };
        let work = async { tokio::try_join!(status, read(out, err)) };
        tokio::select! {
            done = work => match done {
                Ok(done) => return Ok(Ok(done)),
                Err(stop) => stop,
            },
            () = cancel => Stop::Ended(Ended::Cancelled),
            () = tokio::time::sleep(budget.time) => Stop::Ended(Ended::Deadline),
        }
    };
    match stopped {
        Stop::Io(error) => Err(error),
        Stop::Ended(ended) => {
            running.end(budget.grace).await?;
            Ok(Err(ended))
        }
    }
}

/// A program and all that it has started.
enum Running {
    Group(Group),
    #[cfg(target_os = "linux")]
    Kept(Kept),
}

impl Running {
    fn spawn(command: &mut Command, budget: &Budget) -> io::Result<Running> {
        #[cfg(target_os = "linux")]
        if budget.distrusts() {
            return Kept::spawn(command, budget).map(Running::Kept);
        }
        Group::spawn(command).map(Running::Group)
    }

    fn output(&mut self) -> io::Result<(ChildStdout, ChildStderr)> {
        let child = match self {
            Running::Group(group) => &mut group.child,
            #[cfg(target_os = "linux")]
            Running::Kept(kept) => &mut kept.child,
        };
        let output = child.stdout.take().zip(child.stderr.take());
        output.ok_or_else(|| io::Error::other("the program has no output"))
    }

    async fn wait(&mut self) -> io::Result<Result<ExitStatus, Ended>> {
        match self {
            Running::Group(group) => group.wait().await.map(Ok),
            #[cfg(target_os = "linux")]
            Running::Kept(kept) => kept.wait().await,
        }
    }

    async fn end(&mut self, grace: Duration) -> io::Result<()> {
        match self {
            Running::Group(group) => group.end(grace).await.map(drop),
            // It was told the grace when it was started.
            #[cfg(target_os = "linux")]
            Running::Kept(kept) => kept.end().await,
        }
    }
}
