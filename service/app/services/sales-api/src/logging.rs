//! Written off the request path: a thread of its own writes to stdout, so that a slow reader of the
//! log slows no request down. When the reader stops altogether the queue fills and lines are lost;
//! they are counted.
//!
//! Layout: here the queue and the thread, [`json`] the lines for programs, [`event`] how they wait to be written.

pub mod event;
pub mod json;

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use tracing::Metadata;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogFormat;

/// How many bytes of lines may wait to be written.
const QUEUE: usize = 4 * 1024 * 1024;
/// How long a line may wait for others to be written with it. Waking the thread for each would cost a request more than all
/// else that is done about its line.
const GATHER: Duration = Duration::from_millis(10);
/// How many bytes are written at once, or a few more: they stay in the processor's caches meanwhile.
const WRITE: usize = 16 * 1024;
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
        LogFormat::Json => events.with(event::Events(lines)).try_init()?,
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

/// Takes lines and events and returns at once.
#[derive(Clone, Debug, Default)]
pub struct Lines {
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
    batch: Batch,
    /// How many ever waited, and how many of these are written.
    come: u64,
    gone: u64,
    /// Somebody waits for them to be written.
    is_urgent: bool,
    /// The thread looks for lines every now and then, without being woken for the first.
    is_watched: bool,
}

/// What is written together.
#[derive(Debug, Default)]
struct Batch {
    entries: Vec<Entry>,
    /// Of all entries, one after the other.
    bytes: Vec<u8>,
}

/// A line, or an event that is still to become one: the thread that writes has time for that when requests wait for the disk.
#[derive(Debug)]
struct Entry {
    event: Option<(SystemTime, &'static Metadata<'static>)>,
    len: usize,
}

impl Batch {
    fn size(&self) -> usize {
        self.bytes.len() + self.entries.len() * size_of::<Entry>()
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.bytes.clear();
    }
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        let waiting = self.shared.waiting.lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets one more wait.
    fn push(&self, event: Option<(SystemTime, &'static Metadata<'static>)>, bytes: &[u8]) {
        let mut waiting = self.lock();
        let is_first = waiting.batch.entries.is_empty() && !waiting.is_watched;
        if waiting.batch.size() + size_of::<Entry>() + bytes.len() <= QUEUE {
            let len = bytes.len();
            waiting.batch.entries.push(Entry { event, len });
            waiting.batch.bytes.extend_from_slice(bytes);
            waiting.come += 1;
        } else {
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
        }
        drop(waiting);
        if is_first {
            self.shared.work.notify_one();
        }
    }

    /// Writes lines for as long as the process lives.
    fn write_on(&self, mut out: impl Write) {
        let (mut batch, mut json, mut lines) =
            (Batch::default(), json::Json::default(), String::new());
        loop {
            self.take(&mut batch);
            let mut rest = &batch.bytes[..];
            for entry in &batch.entries {
                let (bytes, after) = rest.split_at(entry.len);
                rest = after;
                match entry.event {
                    Some((at, metadata)) => json.line(at, metadata, bytes, &mut lines),
                    None => lines.push_str(&String::from_utf8_lossy(bytes)),
                }
                if lines.len() >= WRITE {
                    write(&mut out, &mut lines);
                }
            }
            write(&mut out, &mut lines);
            self.lock().gone += batch.entries.len() as u64;
            self.shared.written.notify_all();
            batch.clear();
        }
    }

    /// Swaps the empty `batch` for the one that has gathered.
    fn take(&self, batch: &mut Batch) {
        let work = &self.shared.work;
        let is_empty = |waiting: &mut Waiting| waiting.batch.entries.is_empty();
        let mut waiting = self.lock();
        loop {
            if !waiting.is_watched {
                let some = work.wait_while(waiting, is_empty);
                waiting = some.unwrap_or_else(PoisonError::into_inner);
            }
            let gathered = work.wait_timeout_while(waiting, GATHER, |waiting| !waiting.is_urgent);
            (waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
            // For as long as lines come.
            waiting.is_watched = !is_empty(&mut waiting);
            if waiting.is_watched {
                break;
            }
        }
        std::mem::swap(&mut waiting.batch, batch);
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

/// Writes whole lines, and takes them away. Errors are those of a reader that has gone away; there is nowhere to report them.
fn write(out: &mut impl Write, lines: &mut String) {
    let _gone = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
    lines.clear();
}

/// Each line comes with one call.
impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(None, line);
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
