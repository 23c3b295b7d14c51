//! Recordings: everything the targets told, in a file, to be watched again.
//!
//! `console/session-format.md` describes the file. It is only ever appended to, a line for each message, so that a crash
//! costs no more than the last line; its size is bounded by starting anew and keeping the part before.
//!
//! | module | what it does |
//! |---|---|
//! | `write` | messages into lines |
//! | `read` | lines into messages |
//! | `json` | values and causes in both directions |
//! | `player` | a recording over time: faster, slower, back and forth |

mod json;
mod player;
mod read;
mod ring;
#[cfg(test)]
mod tests;
mod write;

use std::path::{Path, PathBuf};

pub(crate) use player::Player;
pub(crate) use read::Recording;
pub(crate) use write::Recorder;

/// The version of the format.
const VERSION: u64 = 1;

/// Where the part before goes when a recording has grown too large.
fn part_before(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".1");
    PathBuf::from(name)
}
