//! A server that wants the console's terminal: whatever it sends, as a name, a value, an error or a profile, none of it is
//! ever obeyed.

#[path = "../scrape/tests/fake/mod.rs"]
mod fake;
#[path = "hostile/lines.rs"]
mod lines;
mod pty;
#[path = "hostile/screen.rs"]
mod screen;
#[path = "hostile/server.rs"]
mod server;
#[path = "hostile/written.rs"]
mod written;

/// What terminals obey: a title, a colour, a question that is answered as if typed, a string, back steps, other characters,
/// the same as single characters beyond ASCII, and what turns the order of text round.
const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[31m\u{1b}[5n\u{1b}P$q\u{1b}\\\u{8}\u{e}\u{7f}\u{9b}6n\u{9d}0;owned\u{9c}\u{202e}";

/// So that a place where it stands is found again.
const MARK: &str = "evil";
