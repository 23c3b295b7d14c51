//! What the keeper does.

use super::fence::{Fence, Limits};
use super::{END, Report, tree};
use crate::process::{Budget, Ended};
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, set_child_subreaper,
    setsid, wait,
};
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

/// How often it is looked whether a limit was met.
const LOOK: Duration = Duration::from_millis(50);
/// How long what was killed may take to be gone before it is looked again.
const BREATH: Duration = Duration::from_millis(2);

/// What a keeper is told.
#[derive(Debug, clap::Args)]
pub struct Order {
    /// How many bytes of memory the program's processes may use together
    #[arg(long, value_name = "BYTES")]
    memory: Option<u64>,
    /// How many processes it may be
    #[arg(long, value_name = "N")]
    processes: Option<u64>,
    /// How many threads its processes may have together
    #[arg(long, value_name = "N")]
    tasks: Option<u64>,
    /// How many milliseconds it may take to end when it is asked to
    #[arg(long, value_name = "MS", default_value_t = 0)]
    grace: u64,
    /// Make no cgroups, even if that were allowed
    #[arg(long)]
    no_cgroups: bool,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

/// Runs the program until nothing of it is left, and says on standard input, which is a socket, how it was.
///
/// # Errors
/// Standard input is no socket, or nobody listens there any more.
pub async fn keep(order: Order) -> io::Result<()> {
    // Ctrl-C is for the workbook, which then says what is to be done. And nobody below can join a process group that is
    // not below: groups do not reach across sessions.
    setsid()?;
    let socket: OwnedFd = rustix::io::dup(io::stdin())?;
    let socket = std::os::unix::net::UnixStream::from(socket);
    socket.set_nonblocking(true)?;
    let mut wishes = Wishes::of(Some(UnixStream::from_std(socket)?))?;
    let limits = Limits {
        memory: order.memory,
        processes: order.processes,
        tasks: order.tasks,
    };
    let fence = Fence::make(limits, !order.no_cgroups);
    let grace = Duration::from_millis(order.grace);
    let mut words = order.command.iter();
    let name = words.next().map(OsString::as_os_str).unwrap_or_default();
    let mut command = Command::new(name);
    command.args(words).stdin(Stdio::null()).process_group(0);
    let report = match run(&mut command, fence, grace, &mut wishes).await {
        Ok(report) => report,
        Err(error) => {
            // It may have got as far as starting something.
            tree::kill_below(getpid());
            Report {
                failed: Some(format!("{}: {error}", name.display())),
                ..Report::default()
            }
        }
    };
    let document = serde_json::to_vec(&report)?;
    match &mut wishes.control {
        Some(control) => control.write_all(&document).await,
        None => Ok(()),
    }
}

/// Runs a program in this terminal, which its user's Ctrl-C reaches as if there were no keeper.
///
/// # Errors
/// It cannot be started.
pub async fn keep_in_terminal(
    command: &mut Command,
    budget: &Budget,
) -> io::Result<Result<ExitStatus, Ended>> {
    let limits = Limits {
        memory: budget.memory,
        processes: budget.processes,
        tasks: budget.tasks,
    };
    let mut wishes = Wishes::of(None)?;
    let report = run(
        command,
        Fence::make(limits, true),
        budget.grace,
        &mut wishes,
    )
    .await?;
    Ok(report.verdict())
}

async fn run(
    command: &mut Command,
    mut fence: Fence,
    grace: Duration,
    wishes: &mut Wishes,
) -> io::Result<Report> {
    let mut children = signal(SignalKind::child())?;
    set_child_subreaper(Some(getpid()))?;
    let leader = fence.spawn(command)?;

    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut ended, mut status, mut patience) = (None, None, None);
    while status.is_none() {
        tokio::select! {
            _ = children.recv() => status = reap(leader).0,
            _ = look.tick() => {
                ended = fence.exceeded(leader.as_raw_nonzero().get());
                if ended.is_some() {
                    break;
                }
            }
            wish = wishes.next() => {
                if wish == Wish::Now || patience.is_some() {
                    break;
                }
                // It may have exited already: then there is nobody to tell.
                let _ = match wishes.control {
                    Some(_) => kill_process_group(leader, Signal::TERM),
                    None => kill_process(leader, Signal::TERM),
                };
                patience = Some(Instant::now() + grace);
            }
            () = until(patience) => break,
        }
    }
    // What it leaves behind goes with it.
    loop {
        let (left, some) = reap(leader);
        status = status.or(left);
        if !some {
            break;
        }
        fence.kill();
        tree::kill_below(getpid());
        sleep(BREATH).await;
    }
    Ok(Report {
        status,
        ended: ended.or_else(|| fence.out_of_memory().then_some(Ended::Memory)),
        failed: None,
    })
}

/// How the program is to end.
#[derive(PartialEq, Eq)]
enum Wish {
    /// As soon as it can.
    Soon,
    /// At once.
    Now,
}

/// Who may want its end.
struct Wishes {
    /// The workbook; none in a terminal.
    control: Option<UnixStream>,
    interrupt: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Wishes {
    fn of(control: Option<UnixStream>) -> io::Result<Wishes> {
        Ok(Wishes {
            control,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Wish {
        let Some(control) = &mut self.control else {
            loop {
                tokio::select! {
                    // The terminal has told the program, too.
                    _ = self.interrupt.recv() => {}
                    _ = self.hangup.recv() => return Wish::Soon,
                    _ = self.terminate.recv() => return Wish::Soon,
                }
            }
        };
        let mut asked = [0];
        tokio::select! {
            count = control.read(&mut asked) => match count {
                Ok(1) if asked == [END] => Wish::Soon,
                _ => Wish::Now,
            },
            _ = self.interrupt.recv() => Wish::Now,
            _ = self.hangup.recv() => Wish::Now,
            _ = self.terminate.recv() => Wish::Now,
        }
    }
}

async fn until(patience: Option<Instant>) {
    match patience {
        Some(patience) => sleep_until(patience).await,
        None => std::future::pending().await,
    }
}

/// Takes note of all children that have ended: the leader's status, if it is one of them, and whether there are others
/// that have not.
fn reap(leader: Pid) -> (Option<i32>, bool) {
    let mut status = None;
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((child, ended))) if child == leader => status = Some(ended.as_raw()),
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
            Ok(None) => return (status, true),
            // There are no children.
            Err(_) => return (status, false),
        }
    }
}
