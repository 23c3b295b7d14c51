//! What goes wrong is told on standard error. Names, arguments and answers of strangers are in it: nothing of them may be
//! obeyed by a terminal.

use std::fmt::Display;

use cutaway_model::sanitize;

/// Tells it, after the program's name.
pub(crate) fn complain(words: impl Display) {
    eprintln!("cutaway: {}", harmless(&words.to_string()));
}

/// Tells what is wrong with the command line. The exit code.
pub(crate) fn refuse(error: &clap::Error) -> u8 {
    let words = error.render().to_string();
    let clean = harmless(words.trim_end());
    if clean == words.trim_end() {
        // With its colours, and on the right stream.
        error.exit();
    }
    eprintln!("{clean}");
    u8::try_from(error.exit_code()).unwrap_or(u8::MAX)
}

/// Every line made harmless.
pub(crate) fn harmless(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(sanitize).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_and_nothing_is_obeyed() {
        assert_eq!(harmless("a\nb"), "a\nb");
        assert_eq!(harmless("a\u{1b}[2J\nb\u{9b}"), "a␛[2J\nb�");
    }
}
