//! The console in this terminal, which gets it back as it was, however the console ends.

use crate::process::end_child;
use anyhow::{Context, Result, bail};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::future::Future;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

/// How long a console that was asked to end may take.
const GRACE: Duration = Duration::from_secs(2);

/// Leaves the alternate screen, shows the cursor, stops mouse and paste reports, resets colours.
const RESET: &str =
    "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[0m\r";

/// Runs the console on the service's debug listener until it quits or `stop` resolves.
pub(super) async fn run(
    program: &Path,
    debug: SocketAddr,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let terminal = Terminal::save();
    let mut child = Command::new(program)
        .arg(debug.to_string())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let status = tokio::select! {
        status = child.wait() => Some(status?),
        () = stop => None,
    };
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => {
            terminal.restore();
            bail!("the console has ended with an error ({status})")
        }
        None => {
            let status = end_child(&mut child, GRACE).await?;
            if !status.success() {
                terminal.restore();
            }
            Ok(())
        }
    }
}

/// How the terminal was set before the console.
struct Terminal(Option<Termios>);

impl Terminal {
    fn save() -> Terminal {
        Terminal(tcgetattr(std::io::stdin()).ok())
    }

    /// What a console that could not tidy up has left undone.
    fn restore(&self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
        let mut out = std::io::stdout();
        let _ = out.write_all(RESET.as_bytes()).and_then(|()| out.flush());
    }
}
