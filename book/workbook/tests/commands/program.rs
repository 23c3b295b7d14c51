//! A command as a process: run to its end, or kept until Ctrl-C, or on a terminal.

use crate::sandbox::Sandbox;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::num::NonZeroU16;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use workbook::printed;

/// How long anything may take. Most commands need a few seconds, on a loaded machine some more.
const PATIENCE: Duration = Duration::from_mins(4);

/// Whether `done` holds before patience ends.
fn wait_for(mut done: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if done() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// The line for the shell. One program takes the shell's place, so that its end is the shell's.
fn line(text: &str) -> String {
    match printed::commands(text).as_deref() {
        // In the background: whoever waits for the group waits for it.
        _ if text.ends_with('&') => text.to_owned(),
        Ok([only]) if only.variables.is_empty() => format!("exec {text}"),
        Ok([_]) => format!("exec env {text}"),
        _ => text.to_owned(),
    }
}

/// A process in a group of its own, whose output goes to a file.
pub(crate) struct Program {
    child: Child,
    output: PathBuf,
}

impl Program {
    pub(crate) fn start(sandbox: &Sandbox, folder: &Path, text: &str) -> Program {
        let output = sandbox.output();
        let file = File::create(&output).expect("a file");
        let child = Command::new("sh")
            .args(["-c", &line(text)])
            .env_clear()
            .envs(sandbox.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file"))
            .stderr(file)
            .process_group(0)
            .spawn();
        Program {
            child: child.expect("there is a shell"),
            output,
        }
    }

    /// All that it has printed.
    pub(crate) fn printed(&self) -> String {
        let bytes = std::fs::read(&self.output).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Its code, when it has come to its end.
    pub(crate) fn ended(&mut self) -> Result<i32, String> {
        let mut status = None;
        wait_for(|| {
            status = self.child.try_wait().ok().flatten();
            status.is_some()
        });
        let code = status.map(code).ok_or_else(|| "it does not end".to_owned());
        end_group(self.group(), code)
    }

    /// Whether something answers at `address`, while it runs.
    pub(crate) fn answers(&mut self, address: &str) -> Result<(), String> {
        let mut over = None;
        let there = wait_for(|| {
            over = self.child.try_wait().ok().flatten();
            over.is_some() || talks(address)
        });
        match over {
            Some(status) => Err(format!(
                "it ended with {}:\n{}",
                code(status),
                self.printed()
            )),
            None if there => Ok(()),
            None => Err(format!("nothing answers at {address}:\n{}", self.printed())),
        }
    }

    /// Ends it as Ctrl-C does.
    pub(crate) fn interrupt(&mut self) -> Result<i32, String> {
        if let Some(group) = self.group() {
            let _ = kill_process_group(group, Signal::INT);
        }
        self.ended()
    }

    fn group(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }
}

/// Whether something listens at `address`.
pub(crate) fn is_up(address: &str) -> bool {
    let address = address.parse().expect("an address");
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

/// Whether somebody answers at `address`: what listens may not be ready yet.
fn talks(address: &str) -> bool {
    let ask = || -> std::io::Result<()> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        write!(
            stream,
            "GET / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
        )?;
        stream.read_exact(&mut [0])
    };
    ask().is_ok()
}

/// As shells tell it.
fn code(status: ExitStatus) -> i32 {
    let by_signal = status.signal().map(|signal| 128 + signal);
    status.code().or(by_signal).unwrap_or(-1)
}

/// Waits until nothing of the group is left; kills what stays.
fn end_group(group: Option<Pid>, code: Result<i32, String>) -> Result<i32, String> {
    let Some(group) = group else { return code };
    let gone = || test_kill_process_group(group).is_err();
    if code.is_ok() && (gone() || wait_for(gone)) {
        return code;
    }
    let _ = kill_process_group(group, Signal::KILL);
    code.and(Err("something of it runs on".to_owned()))
}

/// A command on a terminal.
pub(crate) struct Terminal {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    screen: Arc<Mutex<vt100::Parser>>,
}

const ROWS: NonZeroU16 = NonZeroU16::new(40).expect("rows");
const COLUMNS: NonZeroU16 = NonZeroU16::new(120).expect("columns");

impl Terminal {
    pub(crate) fn start(sandbox: &Sandbox, folder: &Path, text: &str) -> Terminal {
        let size = PtySize {
            rows: ROWS.get(),
            cols: COLUMNS.get(),
            ..PtySize::default()
        };
        let pty = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", &line(text)]);
        command.env_clear();
        for (name, value) in sandbox
            .variables
            .iter()
            .filter(|(name, _)| *name != "COLUMNS")
        {
            command.env(name, value);
        }
        command.cwd(folder);
        let child = pty.slave.spawn_command(command).expect("there is a shell");
        drop(pty.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0)));
        let mut reader = pty.master.try_clone_reader().expect("a reader");
        let shared = Arc::clone(&screen);
        // Ends with the last process that has the terminal.
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                let mut screen = shared.lock().unwrap_or_else(PoisonError::into_inner);
                screen.process(&bytes[..read]);
            }
        });
        Terminal {
            child,
            keys: pty.master.take_writer().expect("a writer"),
            screen,
        }
    }

    fn screen(&self) -> String {
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        screen.screen().contents()
    }

    /// Whether it comes to show `text`.
    pub(crate) fn shows(&mut self, text: &str) -> Result<(), String> {
        let mut over = None;
        let shown = wait_for(|| {
            over = self.child.try_wait().ok().flatten();
            over.is_some() || self.screen().contains(text)
        });
        match over {
            _ if shown && self.screen().contains(text) => Ok(()),
            Some(status) => Err(format!(
                "it ended with {}:\n{}",
                status.exit_code(),
                self.screen()
            )),
            None => Err(format!("it does not show {text:?}:\n{}", self.screen())),
        }
    }

    /// Presses `keys`; its code, when it has come to its end.
    pub(crate) fn press(&mut self, keys: &str) -> Result<i32, String> {
        let _ = self.keys.write_all(keys.as_bytes());
        let _ = self.keys.flush();
        let mut status = None;
        wait_for(|| {
            status = self.child.try_wait().ok().flatten();
            status.is_some()
        });
        let group = self
            .child
            .process_id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let code = status.ok_or_else(|| format!("it does not end on {keys:?}:\n{}", self.screen()));
        end_group(
            group,
            code.map(|status| i32::try_from(status.exit_code()).unwrap_or(-1)),
        )
    }
}
