//! A program that serves, as a process of its own: started, measured, ended.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::time::{ClockId, clock_getcpuclockid};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::machine::field;
use crate::pin::Cores;

/// How long a program may take to end once it is told to.
const END: Duration = Duration::from_secs(30);

/// A running program that has said where it serves. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) api: SocketAddr,
    pub(crate) debug: SocketAddr,
    child: Child,
    clock: ClockId,
    name: String,
}

impl Server {
    /// Starts the program on the measured program's core and waits until it says in its log (one JSON object a line on
    /// stdout) that it is `serving`.
    pub(crate) fn start(
        cores: &Cores,
        program: &Path,
        flags: &[&str],
        env: &[(&str, &str)],
    ) -> anyhow::Result<Server> {
        let name = program
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut command = Command::new(program);
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("SALES_") {
                command.env_remove(variable);
            }
        }
        command
            .args(flags)
            .envs(env.iter().copied())
            .stdin(Stdio::null());
        let mut child = cores
            .spawn(command.stdout(Stdio::piped()))
            .with_context(|| format!("cannot start {}", program.display()))?;
        let log = child.stdout.take().context("its stdout is a pipe")?;
        let started = serving(BufReader::new(log));
        let (api, debug) = match started {
            Ok(addresses) => addresses,
            Err(error) => {
                let _ended_already = child.kill();
                let _reaped = child.wait();
                return Err(error.context(format!("{name} did not start")));
            }
        };
        let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id())?);
        let clock = clock_getcpuclockid(pid).context("its CPU clock")?;
        Ok(Server {
            api,
            debug,
            child,
            clock,
            name,
        })
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
        self.child.try_wait()
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
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let deadline = Instant::now() + END;
        loop {
            match self.child.try_wait()? {
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
        PathBuf::from(format!("/proc/{}/{file}", self.child.id()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The addresses of the API and of the debug listener, from the line that says that it serves. What follows is read and
/// thrown away, so that the program never waits for a reader.
fn serving(mut log: BufReader<ChildStdout>) -> anyhow::Result<(SocketAddr, SocketAddr)> {
    let mut all = String::new();
    loop {
        let from = all.len();
        if log.read_line(&mut all)? == 0 {
            bail!("it ended before it served:\n{}", all.trim_end());
        }
        let Ok(event) = serde_json::from_str::<Value>(&all[from..]) else {
            continue;
        };
        if event["message"] != "serving" {
            continue;
        }
        let addr = |name: &str| {
            let text = event[name].as_str().unwrap_or_default();
            text.parse()
                .with_context(|| format!("it serves {name} on {text:?}"))
        };
        let addresses = (addr("api")?, addr("debug")?);
        thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        return Ok(addresses);
    }
}
