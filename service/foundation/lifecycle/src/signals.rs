//! Signals that ask a program to end.

use std::{io, thread};

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{Lifecycle, Shutdown};

/// What a shell reports for a program ended by SIGINT.
const FORCED: i32 = 130;

/// Triggers the shutdown on SIGINT, SIGTERM or SIGHUP, with the signal's name as the reason. A second signal ends the
/// process at once with exit code 130, because whoever sends it has waited long enough.
///
/// A thread of its own waits for them: a program whose runtime is blocked can be ended too.
///
/// From the return of this function on, signals are caught. SIGHUP stays ignored where the program was started with
/// it ignored (`nohup`).
///
/// # Errors
/// The operating system refuses to install the handlers, or to start a thread.
pub fn signals(shutdown: &Shutdown) -> io::Result<()> {
    watch(shutdown, || {})
}

impl Lifecycle {
    /// The same for a [`Lifecycle`]: the first signal is the request to end ([`Lifecycle::asked`]). Before the second
    /// ends the process, the tasks that still run are logged with their ages, and `last_words` is called, for a log that
    /// wants to be flushed.
    ///
    /// # Errors
    /// The operating system refuses to install the handlers, or to start a thread.
    pub fn signals(&self, last_words: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let life = self.clone();
        watch(self.asked(), move || {
            for task in life.tasks().tasks() {
                tracing::warn!(task = &*task.name, age = ?task.age, "cut off");
            }
            last_words();
        })
    }
}

fn watch(shutdown: &Shutdown, forced: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let entered = runtime.enter();
    let signals = Signals::install()?;
    drop(entered);
    let shutdown = shutdown.clone();
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || runtime.block_on(obey(signals, &shutdown, forced)))?;
    Ok(())
}

async fn obey(mut signals: Signals, shutdown: &Shutdown, forced: impl FnOnce()) {
    let first = signals.next().await;
    tracing::info!(
        signal = first,
        "shutting down; a second signal ends the process at once"
    );
    shutdown.trigger(first);
    let second = signals.next().await;
    tracing::warn!(signal = second, "ended by a second signal");
    forced();
    std::process::exit(FORCED);
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    fn install() -> io::Result<Self> {
        let hangup = if ignores_hangup() {
            None
        } else {
            Some(signal(SignalKind::hangup())?)
        };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup,
        })
    }

    async fn next(&mut self) -> &'static str {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            _ = hangup => "SIGHUP",
        }
    }
}

/// True if the process was started with SIGHUP ignored; elsewhere than on Linux there is no way to ask.
fn ignores_hangup() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| has_hangup_ignored(&status))
}

/// Reads the mask of ignored signals in the text of `/proc/self/status`; SIGHUP is signal 1, the lowest bit.
fn has_hangup_ignored(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        for (status, expected) in [
            ("Name:\tsh\nSigIgn:\t0000000000000001\nSigCgt:\t0\n", true),
            ("SigIgn:\t0000000000001001\n", true),
            ("SigIgn:\t0000000000001000\n", false),
            ("SigCgt:\t0000000000000001\n", false),
            ("SigIgn:\tnonsense\n", false),
            ("", false),
        ] {
            assert_eq!(has_hangup_ignored(status), expected, "{status:?}");
        }
    }
}
