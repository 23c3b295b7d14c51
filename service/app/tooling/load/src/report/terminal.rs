//! The error output: a terminal whose last line can be rewritten, or something that takes lines.

use std::io::{IsTerminal, Write};

/// Where progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// One line, rewritten.
    Terminal,
    /// Line after line.
    Lines,
}

impl Output {
    /// What the error output is.
    pub(super) fn of_stderr() -> Output {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        if std::io::stderr().is_terminal() && !dumb {
            Output::Terminal
        } else {
            Output::Lines
        }
    }

    /// Shows a line. Nobody may be reading: that is no error.
    pub(super) fn show(self, line: &str) {
        let text = match self {
            Output::Terminal => format!("\r{}\x1b[K", fitted(line, columns())),
            Output::Lines => format!("{line}\n"),
        };
        let mut stderr = std::io::stderr().lock();
        let _gone = stderr.write_all(text.as_bytes());
        let _gone = stderr.flush();
    }

    /// Makes room for what comes next.
    pub(super) fn clear(self) {
        if self == Output::Terminal {
            let _gone = std::io::stderr().write_all(b"\r\x1b[K");
        }
    }
}

/// A line that wraps cannot be rewritten; the last column is left free, because some terminals wrap there.
fn fitted(line: &str, columns: usize) -> String {
    line.chars().take(columns.saturating_sub(1)).collect()
}

fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stderr());
    let columns = size.map_or(0, |size| usize::from(size.ws_col));
    if columns == 0 { 80 } else { columns }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_never_wraps() {
        assert_eq!(fitted("12 µs and more", 6), "12 µs");
        assert_eq!(fitted("12 µs", 80), "12 µs");
        assert_eq!(fitted("12 µs", 0), "");
    }
}
