//! Written off the request path: a thread of its own writes to stdout, so that a slow reader of the
//! log slows no request down. When the reader stops altogether the queue fills and lines are lost;
//! they are counted.
//!
//! Layout: here the queue and the thread, [`json`] the lines for programs.

pub mod json;

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogFormat;

/// How many bytes of lines may wait to be written.
const QUEUE: usize = 4 * 1024 * 1024;
/// How long the first line waits for others to be written with it. Waking the thread for each would cost a request more
/// than all else that is done about its line.
const GATHER: Duration = Duration::from_millis(10);
/// How long the end of the program waits for them.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Starts the log of this process on stdout. `level` is a level or directives.
///
/// # Errors
/// There is a log already, the level makes no sense, or the thread cannot be started.
pub fn start(format: LogFormat, level: &str) -> anyhow::Result<Log> {
    // Whole lines at once: the standard output passes them on as they are.
    let log = Log::start(io::stdout())?;
    let filter = EnvFilter::try_new(level).context("--log-level")?;
    let (events, lines) = (
        tracing_subscriber::registry().with(filter),
        log.lines.clone(),
    );
    match format {
        LogFormat::Pretty => {
            let pretty = tracing_subscriber::fmt::layer().with_ansi(io::stdout().is_terminal());
            events.with(pretty.with_writer(lines)).try_init()?;
        }
        LogFormat::Json => events.with(json::Json(lines)).try_init()?,
    }
    Ok(log)
}

/// The way to the thread that writes. Dropping it waits for the last lines.
#[derive(Debug)]
pub struct Log {
    lines: Lines,
}

impl Log {
    fn start(out: impl Write + Send + 'static) -> io::Result<Log> {
        let lines = Lines::default();
        let waiting = lines.clone();
        thread::Builder::new()
            .name("log".into())
            .spawn(move || waiting.write_on(out))?;
        Ok(Log { lines })
    }

    /// Writes the lines that wait, for a process that is about to be ended without further ado.
    pub fn last_words(&self) -> impl FnOnce() + Send + use<> {
        let lines = self.lines.clone();
        move || lines.write_out()
    }

    /// How many lines were lost because the reader of the log did not keep up; asked anew each
    /// time.
    pub fn lost(&self) -> impl Fn() -> u64 + Send + Sync + 'static {
        let lines = self.lines.clone();
        move || lines.shared.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines.write_out();
    }
}

/// Takes lines and returns at once.
#[derive(Clone, Debug, Default)]
struct Lines {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// There is something to do for the thread that writes.
    work: Condvar,
    /// It has written what waited.
    written: Condvar,
    lost: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Bytes that ever waited, and those that were written since.
    come: u64,
    gone: u64,
    /// Somebody waits for them to be written.
    is_urgent: bool,
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        let waiting = self.shared.waiting.lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes lines for as long as the process lives.
    fn write_on(&self, mut out: impl Write) {
        let mut lines = Vec::new();
        loop {
            self.take(&mut lines);
            // Errors are those of a reader that has gone away; there is nowhere to report them.
            let _gone = out.write_all(&lines).and_then(|()| out.flush());
            self.lock().gone += lines.len() as u64;
            self.shared.written.notify_all();
            lines.clear();
        }
    }

    /// Swaps the empty `lines` for those that have gathered.
    fn take(&self, lines: &mut Vec<u8>) {
        let work = &self.shared.work;
        let waiting = work.wait_while(self.lock(), |waiting| waiting.lines.is_empty());
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let gathered = work.wait_timeout_while(waiting, GATHER, |waiting| !waiting.is_urgent);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut waiting.lines, lines);
        waiting.is_urgent = false;
    }

    /// Waits until all lines so far are written, but not for long: nobody may be reading.
    fn write_out(&self) {
        let mut waiting = self.lock();
        waiting.is_urgent = true;
        self.shared.work.notify_one();
        let all = waiting.come;
        let written = &self.shared.written;
        drop(written.wait_timeout_while(waiting, LAST_LINES, |waiting| waiting.gone < all));
    }
}

/// Each line comes with one call.
impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.lock();
        let is_first = waiting.lines.is_empty();
        if waiting.lines.len() + line.len() <= QUEUE {
            waiting.lines.extend_from_slice(line);
            waiting.come += line.len() as u64;
        } else {
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
        }
        drop(waiting);
        if is_first {
            self.shared.work.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use super::*;

    /// Keeps what is written, once it is let.
    struct Gate {
        open: mpsc::Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Open for good once the other end is gone.
            let _open = self.open.recv();
            self.written
                .lock()
                .expect("no panics")
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_nobody_reads_holds_nobody_up_and_counts_what_it_loses() {
        let (closed, open) = mpsc::channel::<()>();
        let written = Arc::default();
        let log = Log::start(Gate {
            open,
            written: Arc::clone(&written),
        })
        .expect("a thread");
        let (mut lines, lost) = (log.lines.clone(), log.lost());
        let line = b"a line of some length ".repeat(50);
        // As much may be in the writer's hands as in the queue.
        let many = 2 * QUEUE / line.len() + 100;
        for _ in 0..many {
            lines.write_all(&line).expect("never fails");
        }
        assert!(lost() >= 100, "{}", lost());
        drop(closed);
        let kept = many - lost() as usize;
        while written.lock().expect("no panics").len() < kept * line.len() {
            thread::yield_now();
        }
    }

    #[test]
    fn the_last_lines_are_written_before_the_log_ends() {
        let (closed, open) = mpsc::channel::<()>();
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let log = Log::start(Gate {
            open,
            written: Arc::clone(&written),
        })
        .expect("a thread");
        log.lines
            .clone()
            .write_all(b"last words\n")
            .expect("never fails");
        drop(closed);
        drop(log);
        assert_eq!(*written.lock().expect("no panics"), b"last words\n");
    }
}
