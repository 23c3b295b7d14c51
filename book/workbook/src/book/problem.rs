//! What is wrong with a book, and where.

use std::fmt;
use std::path::PathBuf;

/// One thing to put right before the book can be built.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, relative to the workspace's root.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: usize,
    /// What is wrong and what would put it right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.message)
    }
}

/// Collects the problems of one file.
#[derive(Debug)]
pub(crate) struct Problems {
    file: PathBuf,
    found: Vec<Problem>,
}

impl Problems {
    /// No problems yet, in `file`.
    pub(crate) fn of(file: impl Into<PathBuf>) -> Problems {
        Problems {
            file: file.into(),
            found: Vec::new(),
        }
    }

    /// Notes a problem at `line`.
    pub(crate) fn note(&mut self, line: usize, message: impl Into<String>) {
        self.found.push(Problem {
            file: self.file.clone(),
            line,
            message: message.into(),
        });
    }

    /// All that was noted.
    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.found
    }
}
