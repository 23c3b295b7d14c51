//! The signals that end the program.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

/// How long an orderly end may take: writing to a terminal that nobody reads blocks.
const GRACE: Duration = Duration::from_secs(2);

/// Signals that end the program, waited for instead of obeyed, so that the terminal can be given back first.
pub(crate) struct Signals {
    code: watch::Receiver<Option<u8>>,
}

impl Signals {
    /// From now on these signals do not end the program by themselves; but if it has not ended a while after the first,
    /// it is ended. Needs a runtime that does not run on the thread that draws.
    pub(crate) fn new() -> io::Result<Self> {
        let signals = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        let [interrupt, terminate, hang_up] = signals.map(signal);
        let (sender, code) = watch::channel(None);
        tokio::spawn(end(interrupt?, terminate?, hang_up?, sender));
        Ok(Self { code })
    }

    /// Waits for one of them. The exit code a shell would report for it: 128 and its number.
    pub(crate) async fn received(&mut self) -> u8 {
        match self.code.wait_for(Option::is_some).await.map(|code| *code) {
            Ok(Some(code)) => code,
            // Whoever waits for signals lives as long as the program.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}

async fn end(
    mut interrupt: Signal,
    mut terminate: Signal,
    mut hang_up: Signal,
    code: watch::Sender<Option<u8>>,
) {
    let kind = tokio::select! {
        _ = interrupt.recv() => SignalKind::interrupt(),
        _ = terminate.recv() => SignalKind::terminate(),
        _ = hang_up.recv() => SignalKind::hangup(),
    };
    let exit = 128 + kind.as_raw_value() as u8;
    code.send_replace(Some(exit));
    sleep(GRACE).await;
    std::process::exit(exit.into());
}
