//! A program that serves, as a process of its own: started, measured, ended.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::time::{ClockId, clock_getcpuclockid};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::machine::field;
use crate::pin::Cores;

/// How long a program may take to end once it is told to.
const END: Duration = Duration::from_secs(30);
/// How long it may take to start.
const START: Duration = Duration::from_secs(30);

/// A running program that has said where it serves. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) api: SocketAddr,
    /// Where else it serves, in the order it was asked to.
    pub(crate) others: Vec<SocketAddr>,
    pub(crate) debug: SocketAddr,
    child: Running,
    clock: ClockId,
    name: String,
    /// The log, if it is a file, and the folder that it is in.
    log: Option<(File, TempDir)>,
}

impl Server {
    /// Starts the program on the measured program's core and waits until it says in its log (one JSON object a line on
    /// stdout) that it is `serving`. The rest of the log is read and thrown away.
    pub(crate) fn start(
        cores: &Cores,
        program: &Path,
        flags: &[&str],
        env: &[(&str, &str)],
    ) -> anyhow::Result<Server> {
        let mut command = command(program, flags);
        command.envs(env.iter().copied()).stdout(Stdio::piped());
        let mut child = Running::spawn(cores, &mut command)?;
        let log = child.0.stdout.take().context("its stdout is a pipe")?;
        let mut log = BufReader::new(log);
        let addresses = serving(&mut log, || bail!("it ended"));
        let server = Server::new(child, addresses, program, None)?;
        // So that the program never waits for a reader.
        thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        Ok(server)
    }

    /// As [`Server::start`], with the log in a file in a folder of its own, which [`Server::empty_log`] keeps small.
    pub(crate) fn start_with_log(
        cores: &Cores,
        program: &Path,
        flags: &[&str],
        folder: TempDir,
    ) -> anyhow::Result<Server> {
        let log = folder.path().join("log");
        let file = OpenOptions::new().create(true).append(true).open(&log)?;
        let mut command = command(program, flags);
        command.stdout(file.try_clone()?);
        let mut child = Running::spawn(cores, &mut command)?;
        let deadline = Instant::now() + START;
        // The end of the file is not the end of the log.
        let more = || match child.0.try_wait()? {
            Some(status) => bail!("it ended with {status}"),
            None if Instant::now() > deadline => bail!("it does not serve after {START:?}"),
            None => {
                thread::sleep(Duration::from_millis(5));
                Ok(())
            }
        };
        let addresses = serving(&mut BufReader::new(File::open(log)?), more);
        Server::new(child, addresses, program, Some((file, folder)))
    }

    fn new(
        child: Running,
        addresses: anyhow::Result<Addresses>,
        program: &Path,
        log: Option<(File, TempDir)>,
    ) -> anyhow::Result<Server> {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let Addresses { api, others, debug } =
            addresses.with_context(|| format!("{name} did not start"))?;
        let pid = nix::unistd::Pid::from_raw(i32::try_from(child.0.id())?);
        let clock = clock_getcpuclockid(pid).context("its CPU clock")?;
        Ok(Server {
            api,
            others,
            debug,
            child,
            clock,
            name: name.into_owned(),
            log,
        })
    }

    /// Takes away what is in the log's file.
    pub(crate) fn empty_log(&self) -> io::Result<()> {
        self.log.as_ref().map_or(Ok(()), |(log, _)| log.set_len(0))
    }

    /// The CPU time that it has used, in user and kernel mode by all of its threads, those that ended included.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let time = self
            .clock
            .now()
            .with_context(|| format!("{} has ended", self.name))?;
        Ok(time.into())
    }

    /// Its resident memory now, and the most it ever was, in bytes.
    pub(crate) fn memory(&self) -> (u64, u64) {
        let bytes = |name| -> u64 {
            let kib = field(self.proc("status"), name);
            kib.and_then(|kib| kib.split_whitespace().next()?.parse::<u64>().ok())
                .unwrap_or_default()
                * 1024
        };
        (bytes("VmRSS"), bytes("VmHWM"))
    }

    /// Lets "the most it ever was" begin anew.
    pub(crate) fn forget_peak(&self) -> io::Result<()> {
        std::fs::write(self.proc("clear_refs"), "5")
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.0.try_wait()
    }

    /// What each of its threads does, for the report of one that does nothing any more.
    pub(crate) fn threads(&self) -> String {
        let mut lines = Vec::new();
        for task in std::fs::read_dir(self.proc("task"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let read = |file| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
            let state = field(task.path().join("status"), "State").unwrap_or_default();
            lines.push(format!(
                "{} {}: {state}, in {}",
                task.file_name().to_string_lossy(),
                read("comm").trim(),
                read("wchan")
            ));
        }
        lines.join("\n")
    }

    /// Tells it to end, and waits.
    ///
    /// # Errors
    /// It fails, or does not end.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child.0), Signal::TERM)?;
        let deadline = Instant::now() + END;
        loop {
            match self.child.0.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("{} ended with {status}", self.name),
                None if Instant::now() > deadline => {
                    bail!("{} did not end within {END:?}", self.name)
                }
                None => thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn proc(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{file}", self.child.0.id()))
    }
}

/// A child that is killed when this is dropped.
#[derive(Debug)]
struct Running(Child);

impl Running {
    fn spawn(cores: &Cores, command: &mut Command) -> anyhow::Result<Running> {
        let child = cores.spawn(command);
        let name = || format!("cannot start {}", command.get_program().display());
        child.map(Running).with_context(name)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// The program, without settings from outside.
fn command(program: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(program);
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("SALES_") {
            command.env_remove(variable);
        }
    }
    command.args(flags).stdin(Stdio::null());
    command
}

/// Where a program serves.
struct Addresses {
    api: SocketAddr,
    others: Vec<SocketAddr>,
    debug: SocketAddr,
}

/// What the line says that tells that the program serves. When there are no more lines, `more` says whether there may
/// be some later.
fn serving(
    log: &mut impl BufRead,
    mut more: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Addresses> {
    let (mut all, mut from) = (String::new(), 0);
    loop {
        log.read_line(&mut all)?;
        if !all.ends_with('\n') || all.len() == from {
            more().with_context(|| all.trim_end().to_owned())?;
            continue;
        }
        let event: Value = serde_json::from_str(&all[from..]).unwrap_or_default();
        from = all.len();
        if event["message"] != "serving" {
            continue;
        }
        let addr = |name: &str| -> anyhow::Result<Vec<SocketAddr>> {
            let text = event[name].as_str().unwrap_or_default();
            let addresses = text.split(' ').map(str::parse).collect::<Result<_, _>>();
            addresses.with_context(|| format!("it serves {name} on {text:?}"))
        };
        let (mut api, debug) = (addr("api")?, addr("debug")?[0]);
        return Ok(Addresses {
            others: api.split_off(1),
            api: api[0],
            debug,
        });
    }
}
