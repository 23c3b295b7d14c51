//! A program on a terminal: what it writes there, when, and what that costs.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use nix::time::{ClockId, clock_getcpuclockid};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::machine::field;
use crate::pin::Cores;

/// Columns and rows of the terminal.
pub(crate) const SIZE: (u16, u16) = (200, 60);
/// When waiting for something to be written ends.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running program. Killed when dropped.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    clock: ClockId,
    pid: u32,
    keyboard: Box<dyn Write + Send>,
    _master: Box<dyn MasterPty + Send>,
    output: Arc<Output>,
    started: Instant,
}

/// What was written so far.
#[derive(Default)]
struct Output {
    written: Mutex<Written>,
    more: Condvar,
}

#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    /// The lengths after each piece, and when it was read.
    pieces: Vec<(usize, Instant)>,
    closed: bool,
}

/// On which cores it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// On the measured program's: its CPU time is what counts.
    Apart,
    /// On all: the time that passes is what counts.
    Anywhere,
}

impl Terminal {
    pub(crate) fn start(
        cores: &Cores,
        place: Where,
        program: &Path,
        arguments: &[String],
    ) -> anyhow::Result<Terminal> {
        let size = PtySize {
            rows: SIZE.1,
            cols: SIZE.0,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pty = native_pty_system().openpty(size)?;
        let mut reader = pty.master.try_clone_reader()?;
        let keyboard = pty.master.take_writer()?;
        let output = Arc::new(Output::default());
        let follower = Arc::clone(&output);
        std::thread::spawn(move || follower.follow(&mut *reader));
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        // Nobody's own settings.
        command.env("XDG_CONFIG_HOME", "/nowhere");
        for variable in ["NO_COLOR", "COLORTERM", "HTTP_USER", "HTTP_PASSWORD"] {
            command.env_remove(variable);
        }
        let started = Instant::now();
        let spawn = || pty.slave.spawn_command(command);
        let child = match place {
            Where::Apart => cores.apart(spawn)?,
            Where::Anywhere => cores.anywhere(spawn)?,
        };
        let child = child.with_context(|| program.display().to_string())?;
        let pid = child.process_id().context("it has ended")?;
        let clock = clock_getcpuclockid(nix::unistd::Pid::from_raw(i32::try_from(pid)?))
            .context("its CPU clock")?;
        Ok(Terminal {
            child,
            clock,
            pid,
            keyboard,
            _master: pty.master,
            output,
            started,
        })
    }

    /// How long after the start `text` was on the screen. It has to be written in one go, in one style.
    pub(crate) fn shown(&self, text: &str) -> anyhow::Result<Duration> {
        let (deadline, text) = (Instant::now() + PATIENCE, text.as_bytes());
        let mut written = self.output.lock();
        loop {
            let found = written
                .bytes
                .windows(text.len())
                .position(|window| window == text);
            if let Some(at) = found {
                let end = at + text.len();
                let mut pieces = written.pieces.iter();
                let piece = pieces.find(|(length, _)| *length >= end);
                let when = piece.map_or_else(Instant::now, |(_, when)| *when);
                return Ok(when.saturating_duration_since(self.started));
            }
            if written.closed || Instant::now() > deadline {
                let tail = written.bytes.len().saturating_sub(2_000);
                bail!(
                    "{:?} was never written; what was ends with {:?}",
                    String::from_utf8_lossy(text),
                    String::from_utf8_lossy(&written.bytes[tail..])
                );
            }
            let waited = self.output.more.wait_timeout(written, PATIENCE);
            written = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// How many bytes were written so far.
    pub(crate) fn written(&self) -> usize {
        self.output.lock().bytes.len()
    }

    pub(crate) fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        self.keyboard.write_all(keys.as_bytes())?;
        Ok(self.keyboard.flush()?)
    }

    /// The CPU time that it has used.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        Ok(self.clock.now().context("it has ended")?.into())
    }

    /// Its resident memory now, and the most it ever was, in bytes.
    pub(crate) fn memory(&self) -> (f64, f64) {
        let bytes = |name| -> f64 {
            let kib = field(format!("/proc/{}/status", self.pid), name);
            let kib = kib.and_then(|kib| kib.split_whitespace().next()?.parse::<f64>().ok());
            kib.unwrap_or_default() * 1024.0
        };
        (bytes("VmRSS"), bytes("VmHWM"))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // An error means that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Output {
    fn lock(&self) -> std::sync::MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn follow(&self, reader: &mut dyn Read) {
        let mut buffer = [0; 16 * 1024];
        loop {
            let count = reader.read(&mut buffer).unwrap_or(0);
            let mut written = self.lock();
            written.bytes.extend_from_slice(&buffer[..count]);
            let length = written.bytes.len();
            written.pieces.push((length, Instant::now()));
            written.closed = count == 0;
            self.more.notify_all();
            if count == 0 {
                return;
            }
        }
    }
}
