//! The service as a program.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::Client;

/// How to start the program: flags and environment.
pub(crate) struct Service {
    command: Command,
    /// Where it runs: what it writes beside nothing in particular, such as keys, is there.
    home: Arc<TempDir>,
}

impl Service {
    /// The program on free ports, with its database in `directory`, logging JSON.
    pub(crate) fn new(directory: &Path) -> Service {
        let mut service = Service::bare();
        let store = format!("sqlite:{}", directory.join("sales.db").display());
        service.flags(&[
            "--api",
            "127.0.0.1:0",
            "--debug",
            "127.0.0.1:0",
            "--log",
            "json",
            "--store",
            &store,
        ]);
        service
    }

    /// The program with neither flags nor the tests' own environment, in a directory of its own.
    pub(crate) fn bare() -> Service {
        let home = tempfile::tempdir().expect("a directory");
        let mut command = Command::new(env!("CARGO_BIN_EXE_sales-api"));
        command.current_dir(home.path());
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("SALES_")
                || name.starts_with("OTEL_")
                || matches!(&*name, "SLOW_AUTH" | "DB_FAILURE")
            {
                command.env_remove(name);
            }
        }
        Service {
            command,
            home: Arc::new(home),
        }
    }

    pub(crate) fn flags(&mut self, flags: &[&str]) -> &mut Service {
        self.command.args(flags);
        self
    }

    pub(crate) fn env(&mut self, name: &str, value: &str) -> &mut Service {
        self.command.env(name, value);
        self
    }

    /// Starts it and waits until it serves.
    pub(crate) fn start(&mut self) -> Process {
        let mut child = self.command.stdout(Stdio::piped()).spawn().expect("starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut log = String::new();
        let serving = loop {
            let mut line = String::new();
            let read = lines.read_line(&mut line).expect("readable");
            assert!(read > 0, "it ended before it served: {log}");
            log.push_str(&line);
            let event: Value = serde_json::from_str(&line).expect("JSON");
            if event["message"] == "serving" {
                break event;
            }
        };
        let addr = |name: &str| {
            serving[name]
                .as_str()
                .and_then(|addr| addr.parse().ok())
                .expect("an address")
        };
        Process {
            api: addr("api"),
            debug: addr("debug"),
            child,
            lines,
            log,
            _home: Arc::clone(&self.home),
        }
    }
}

/// The program, serving. Killed when dropped.
pub(crate) struct Process {
    pub(crate) api: SocketAddr,
    pub(crate) debug: SocketAddr,
    child: Child,
    lines: BufReader<ChildStdout>,
    log: String,
    _home: Arc<TempDir>,
}

impl Process {
    pub(crate) fn client(&self) -> Client {
        Client::of_api(self.api)
    }

    pub(crate) fn debug_client(&self) -> Client {
        Client::new(self.debug)
    }

    /// The variables.
    pub(crate) async fn variables(&self) -> Value {
        self.debug_client().get("/debug/vars").await.json()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("it runs");
    }

    /// Waits for its end; how it ended, and its whole log.
    pub(crate) async fn wait(mut self) -> (ExitStatus, String) {
        let wait = move || {
            self.lines.read_to_string(&mut self.log).expect("readable");
            let status = self.child.wait().expect("it can be waited for");
            (status, std::mem::take(&mut self.log))
        };
        tokio::task::spawn_blocking(wait).await.expect("no panics")
    }

    /// Asks it to end and waits.
    pub(crate) async fn stop(self) -> (ExitStatus, String) {
        self.signal(Signal::TERM);
        self.wait().await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Runs it to its end, for starts that fail.
pub(crate) fn run_to_end(service: &mut Service) -> Output {
    service
        .command
        .stdin(Stdio::null())
        .output()
        .expect("starts")
}
