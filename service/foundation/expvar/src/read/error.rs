use std::fmt;

/// Where and why a document could not be read.
///
/// ```
/// let error = expvar::read::Document::parse(b"{\n\"a\": 1,\n\"b\": tru").unwrap_err();
/// assert_eq!((error.offset, error.line, error.column), (15, 3, 6));
/// assert_eq!(error.to_string(), "JSON error at byte 15 (line 3, column 6): expected a value, found `tru`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadError {
    /// Bytes before the error.
    pub offset: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl ReadError {
    /// An error at `offset` of `input`, which is valid UTF-8 up to there.
    pub(super) fn at(input: &[u8], offset: usize, message: String) -> Self {
        let before = &input[..offset.min(input.len())];
        let mut lines = before.split(|&byte| byte == b'\n');
        let line = lines.clone().count();
        let start_of_line = String::from_utf8_lossy(lines.next_back().unwrap_or_default());
        let column = start_of_line.chars().count() + 1;
        Self {
            offset,
            line,
            column,
            message,
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            offset,
            line,
            column,
            message,
        } = self;
        write!(
            f,
            "JSON error at byte {offset} (line {line}, column {column}): {message}"
        )
    }
}

impl std::error::Error for ReadError {}
