//! One line at a time, written off the request path: a thread of its own writes to stdout, so that
//! a slow reader of the log slows no request down. When the reader stops altogether the queue fills
//! and lines are lost; they are counted.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::LogFormat;

/// How many lines may wait to be written.
const QUEUE: usize = 8_192;
/// How long the end of the program waits for them.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Starts the log of this process on stdout. `level` is a level or directives.
///
/// # Errors
/// There is a log already, the level makes no sense, or the thread cannot be started.
pub fn start(format: LogFormat, level: &str) -> anyhow::Result<Log> {
    let log = Log::start(io::stdout())?;
    let filter = EnvFilter::try_new(level).context("--log-level")?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(log.lines.clone());
    let started = match format {
        LogFormat::Pretty => lines.with_ansi(io::stdout().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(anyhow::Error::from_boxed)?;
    Ok(log)
}

/// The way to the thread that writes. Dropping it waits for the last lines.
#[derive(Debug)]
pub struct Log {
    lines: Lines,
}

impl Log {
    fn start(out: impl Write + Send + 'static) -> io::Result<Log> {
        let (queue, messages) = sync_channel(QUEUE);
        thread::Builder::new()
            .name("log".into())
            .spawn(move || write_all(&messages, out))?;
        Ok(Log {
            lines: Lines {
                queue,
                lost: Arc::default(),
            },
        })
    }

    /// Writes the lines that wait, for a process that is about to be ended without further ado.
    pub fn last_words(&self) -> impl FnOnce() + Send + use<> {
        let lines = self.lines.clone();
        move || lines.write_out()
    }

    /// How many lines were lost because the reader of the log did not keep up; asked anew each
    /// time.
    pub fn lost(&self) -> impl Fn() -> u64 + Send + Sync + 'static {
        let lost = Arc::clone(&self.lines.lost);
        move || lost.load(Ordering::Relaxed)
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines.write_out();
    }
}

enum Message {
    Line(Box<[u8]>),
    /// Answer when everything before has been written.
    Flush(SyncSender<()>),
}

fn write_all(messages: &Receiver<Message>, mut out: impl Write) {
    while let Ok(message) = messages.recv() {
        // Errors are those of a reader that has gone away; there is nowhere to report them.
        let _gone = match message {
            Message::Line(line) => out.write_all(&line),
            Message::Flush(written) => {
                let flushed = out.flush();
                let _nobody_waits = written.try_send(());
                flushed
            }
        };
    }
}

/// Takes lines and returns at once.
#[derive(Clone, Debug)]
struct Lines {
    queue: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

impl Lines {
    /// Waits until all lines so far are written.
    fn write_out(&self) {
        let (written, all_written) = sync_channel(1);
        if self.queue.try_send(Message::Flush(written)).is_ok() {
            // Not longer: nobody may be reading.
            let _in_time = all_written.recv_timeout(LAST_LINES);
        }
    }
}

/// The formatter writes each line with one call.
impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Message::Line(line.into())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
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
        for _ in 0..QUEUE + 100 {
            lines.write_all(b"line\n").expect("never fails");
        }
        // One line may have left the queue for the writer's hands.
        assert!((99..=100).contains(&lost()), "{}", lost());
        drop(closed);
        let kept = QUEUE + 100 - lost() as usize;
        while written.lock().expect("no panics").len() < kept * 5 {
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
