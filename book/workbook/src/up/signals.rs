//! The first signal ends everything in order; a second one ends it at once.

use lifecycle::Shutdown;
use std::io;
use tokio::signal::unix::{SignalKind, signal};

/// Triggers `shutdown` at the first SIGINT, SIGTERM or SIGHUP. What it returns is triggered by
/// the second: then nobody is waited for any longer, but nobody is left behind either, which is
/// why this does not end the process itself.
pub(super) fn watch(shutdown: &Shutdown) -> io::Result<Shutdown> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let hurry = Shutdown::new();
    let stages = [shutdown.clone(), hurry.clone()];
    tokio::spawn(async move {
        for stage in stages {
            let name = tokio::select! {
                _ = interrupt.recv() => "SIGINT",
                _ = terminate.recv() => "SIGTERM",
                _ = hangup.recv() => "SIGHUP",
            };
            stage.trigger(name);
        }
    });
    Ok(hurry)
}
