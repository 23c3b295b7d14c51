//! Reading the small files in which the kernel answers.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::Problem;

/// How much of a bad value is repeated in a message, in characters.
const SHOWN: usize = 60;

/// The text of a file, or nothing if there is no such file. Bytes that are not UTF-8 are replaced: they can only be
/// part of a name, and most likely of one that is of no interest here.
pub(crate) fn read(path: &Path) -> Result<Option<String>, Problem> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Problem::unreadable(path, &error)),
    }
}

/// The same, and nothing as well if the kernel has the file and not what would be in it (`EOPNOTSUPP`).
pub(crate) fn read_if_supported(path: &Path) -> Result<Option<String>, Problem> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => {
            Ok(None)
        }
        Err(error) => Err(Problem::unreadable(path, &error)),
    }
}

/// The number that a file consists of, or nothing if there is no such file. `what` says what it should be.
pub(crate) fn number<T: FromStr>(path: &Path, what: &str) -> Result<Option<T>, Problem> {
    let Some(text) = read(path)? else {
        return Ok(None);
    };
    parse(text.trim(), what)
        .map(Some)
        .map_err(|fault| Problem::malformed(path, fault))
}

/// The number `text`, or a sentence that says what it should have been.
pub(crate) fn parse<T: FromStr>(text: &str, what: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{} is not {what}", quoted(text)))
}

/// What follows `name` and white space in the line that starts so.
pub(crate) fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let values = text.lines().filter_map(|line| line.strip_prefix(name));
    values
        .filter(|value| value.starts_with(char::is_whitespace))
        .map(str::trim)
        .next()
}

/// `text` in quotes, cut if it is long.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// Where the file that the system knows as `path` lies when `root` is taken for `/`.
pub(crate) fn under(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}
