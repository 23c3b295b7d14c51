//! What a lab says, and where.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use lab_format::draw::{self, TerminalOptions};
use lab_format::units;
use lab_format::{Run, TimeUnit};

use crate::Lab;
use crate::command::Order;

/// How to talk to whoever started the lab.
pub(crate) struct Output {
    json: bool,
    hold: bool,
    again: String,
    width: usize,
    color: bool,
}

impl Output {
    pub(crate) fn new(order: &Order) -> Self {
        let env = |name| std::env::var(name).ok();
        Self {
            json: order.json,
            hold: order.hold,
            again: order.again.clone(),
            width: width(env("COLUMNS").as_deref(), terminal_width()),
            color: color(
                io::stdout().is_terminal(),
                env("NO_COLOR").as_deref(),
                env("TERM").as_deref(),
            ),
        }
    }

    /// Prints the run: one document for machines, or picture, table and notes.
    pub(crate) fn run(&self, lab: &Lab, run: &Run) -> anyhow::Result<()> {
        let text = if self.json {
            serde_json::to_string(run)? + "\n"
        } else {
            self.page(lab, run)
        };
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()?;
        Ok(())
    }

    fn page(&self, lab: &Lab, run: &Run) -> String {
        // Names take a quarter of the width or so.
        let window = Some(draw::opening(&run.timeline, self.width * 3 / 4));
        let options = TerminalOptions {
            width: self.width,
            color: self.color,
            window,
        };
        let (bold, plain) = if self.color {
            ("\x1b[1m", "\x1b[0m")
        } else {
            ("", "")
        };
        let mut text = format!("{bold}{}{plain}\n", lab.info.title);
        let _ = writeln!(text, "{} · {}\n", self.again, run.machine.summary());
        if !run.timeline.lanes.is_empty() {
            let picture = match run.timeline.unit {
                TimeUnit::Nanoseconds => draw::terminal(&run.timeline, &options),
                // A schedule has an order and no durations: what is done in each step is all there is to say.
                TimeUnit::Steps => draw::steps(&run.timeline, self.width),
            };
            text.push_str(&picture);
            text.push('\n');
        }
        text.push_str(&run.report.terminal(self.width));
        let took = units::nanos(run.took_ns);
        let next = if self.hold {
            ""
        } else {
            "; --hold keeps it running for the console"
        };
        let _ = writeln!(text, "\ntook {took}; --help shows the knobs{next}");
        text
    }
}

/// Says where the debug listener is and what to type.
pub(crate) fn announce(addr: SocketAddr) {
    let port = target(addr);
    tell(&format!(
        "debug listener on http://{addr}/debug/vars; look inside with: cutaway {port}"
    ));
}

/// Says that the lab goes on.
pub(crate) fn holding(again: &str, addr: Option<SocketAddr>) {
    let look = addr.map(|addr| format!("; look inside with: cutaway {}", target(addr)));
    tell(&format!(
        "{again} repeats until Ctrl-C{}",
        look.unwrap_or_default()
    ));
}

/// A line on standard error.
pub(crate) fn tell(line: &str) {
    // Nobody listens on standard error: then there is nobody to tell that either.
    let _gone = io::stderr()
        .lock()
        .write_all(format!("{line}\n").as_bytes());
}

/// Prints a text that was asked for.
pub(crate) fn print(text: &str) -> ExitCode {
    // A reader that went away has seen enough.
    let _gone = io::stdout().lock().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// Says what is wrong.
pub(crate) fn complain(text: &str) {
    tell(&format!("error: {text}"));
}

/// True if the error is that nobody reads any more.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
}

/// What to give the console: a port where that is enough.
fn target(addr: SocketAddr) -> String {
    if addr.ip() == std::net::Ipv4Addr::LOCALHOST {
        addr.port().to_string()
    } else {
        addr.to_string()
    }
}

fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// `COLUMNS` first, then the terminal, then 80; never so wide that rows are hard to follow.
fn width(columns: Option<&str>, terminal: Option<usize>) -> usize {
    let columns = columns
        .and_then(|text| text.parse().ok())
        .filter(|columns| *columns > 0);
    columns.or(terminal).unwrap_or(80).clamp(40, 240)
}

/// Colours go to terminals that can show them, unless somebody set `NO_COLOR` (<https://no-color.org>).
fn color(terminal: bool, no_color: Option<&str>, term: Option<&str>) -> bool {
    terminal && no_color.is_none_or(str::is_empty) && term.is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        assert!(color(true, None, Some("xterm")));
        assert!(color(true, Some(""), None));
        assert!(!color(true, Some("1"), Some("xterm")));
        assert!(!color(true, None, Some("dumb")));
        assert!(!color(false, None, Some("xterm")));
    }

    #[test]
    fn the_width_is_asked_for_then_seen_then_usual() {
        assert_eq!(width(Some("120"), Some(90)), 120);
        assert_eq!(width(Some("many"), Some(90)), 90);
        assert_eq!(width(None, None), 80);
        assert_eq!(width(Some("9"), None), 40);
        assert_eq!(width(None, Some(900)), 240);
    }

    #[test]
    fn a_port_is_enough_on_loopback() {
        let addr = |text: &str| text.parse().expect("an address");
        assert_eq!(target(addr("127.0.0.1:4100")), "4100");
        assert_eq!(target(addr("[::1]:4100")), "[::1]:4100");
    }

    #[test]
    fn a_reader_that_went_away_is_recognised() {
        let gone =
            anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("printing");
        assert!(is_broken_pipe(&gone));
        assert!(!is_broken_pipe(&anyhow::anyhow!("something else")));
    }
}
