use std::str;

use super::{Path, ReadError, Scalar, parse};

/// A document that was read: its values, by path.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Sorted by path, each path once.
    values: Vec<(Path, Scalar)>,
}

impl Document {
    /// Reads a document, which is a JSON object.
    ///
    /// Accepted beyond JSON: the bare words `NaN`, `Inf` and `Infinity`, signed or not, because Go's
    /// `expvar.Float` writes them. Of a key that occurs twice the last value counts. Half of a
    /// surrogate pair becomes U+FFFD. Everything else that is not JSON is an error, and so is
    /// nesting deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    ///
    /// The document takes at most 100 bytes of memory per byte of `input`, plus 64 KiB, and while it is being read at
    /// most 200 bytes per byte, plus 256 KiB ([`MEMORY_PER_BYTE`](super::MEMORY_PER_BYTE),
    /// [`MEMORY_BESIDES`](super::MEMORY_BESIDES)); the input's size is the caller's to limit.
    pub fn parse(input: &[u8]) -> Result<Document, ReadError> {
        // What comes before invalid UTF-8 is read nevertheless: an error there is the better message.
        let (text, invalid) = match str::from_utf8(input) {
            Ok(text) => (text, None),
            Err(error) => (
                valid_part(input, error.valid_up_to()),
                Some(error.valid_up_to()),
            ),
        };
        match (parse::variables(text), invalid) {
            (Ok(values), None) => Ok(Self::new(values)),
            (Err((offset, message)), invalid) if invalid.is_none_or(|at| offset < at) => {
                Err(ReadError::at(input, offset, message))
            }
            (_, at) => {
                let at = at.unwrap_or(input.len());
                Err(ReadError::at(input, at, "this is not UTF-8".into()))
            }
        }
    }

    /// Every value that is not an object, sorted by path. (An empty object has no values.)
    pub fn flatten(&self) -> Vec<(Path, Scalar)> {
        self.values.clone()
    }

    /// The same as [`flatten`](Self::flatten) without copying.
    pub fn into_values(self) -> Vec<(Path, Scalar)> {
        self.values
    }

    /// The same as [`flatten`](Self::flatten), borrowed.
    pub fn values(&self) -> &[(Path, Scalar)] {
        &self.values
    }

    /// The value at `path`, unless that is an object or not there.
    pub fn get(&self, path: &Path) -> Option<Scalar> {
        self.find(path).cloned()
    }

    /// The program's arguments, which Go's and our documents have under `cmdline`.
    pub fn cmdline(&self) -> Option<Vec<String>> {
        let Scalar::Array(arguments) = self.find(&"cmdline".into())? else {
            return None;
        };
        arguments
            .iter()
            .map(|argument| argument.as_str().map(Into::into))
            .collect()
    }

    fn new(mut values: Vec<(Path, Scalar)>) -> Self {
        // The sort is stable: of equal paths the last one read is the last.
        values.sort_by(|a, b| a.0.cmp(&b.0));
        values.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                std::mem::swap(&mut later.1, &mut kept.1);
            }
            same
        });
        Self { values }
    }

    fn find(&self, path: &Path) -> Option<&Scalar> {
        let at = self
            .values
            .binary_search_by(|(have, _)| have.cmp(path))
            .ok()?;
        Some(&self.values[at].1)
    }
}

fn valid_part(input: &[u8], length: usize) -> &str {
    str::from_utf8(&input[..length]).unwrap_or_default()
}
