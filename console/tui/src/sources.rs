//! Source files for the lines of functions: asked for once, kept while there is room.

use std::collections::VecDeque;
use std::sync::Arc;

use cutaway_model::sanitize;

/// The files asked for, the newest last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources(VecDeque<(Arc<str>, Source)>);

/// A file, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// It was asked for.
    Asked,
    /// Its lines; safe for the screen.
    Lines(Vec<String>),
    /// Why it cannot be shown; safe for the screen.
    Absent(String),
}

/// The most files kept.
const MAX_FILES: usize = 16;
/// The most lines kept of a file, and the most bytes of a line.
const MAX_LINES: usize = 50_000;
const MAX_LINE: usize = 400;

impl Sources {
    pub(crate) fn get(&self, file: &str) -> Option<&Source> {
        let found = self.0.iter().find(|(name, _)| **name == *file);
        found.map(|(_, source)| source)
    }

    /// Notes that a file is asked for. Whether it has to be.
    pub(crate) fn ask(&mut self, file: &Arc<str>) -> bool {
        if self.get(file).is_some() {
            return false;
        }
        if self.0.len() >= MAX_FILES {
            self.0.pop_front();
        }
        self.0.push_back((Arc::clone(file), Source::Asked));
        true
    }

    /// Takes in a file that was asked for.
    pub(crate) fn take(&mut self, file: &str, read: Result<Vec<String>, String>) {
        let source = match read {
            Ok(lines) => Source::Lines(lines.iter().take(MAX_LINES).map(|of| clean(of)).collect()),
            Err(why) => Source::Absent(sanitize(&why).into_owned()),
        };
        if let Some((_, known)) = self.0.iter_mut().find(|(name, _)| **name == *file) {
            *known = source;
        }
    }
}

/// A line safe for the screen, its tabs as wide as people expect.
fn clean(line: &str) -> String {
    let end = line.floor_char_boundary(MAX_LINE.min(line.len()));
    sanitize(&line[..end].replace('\t', "    ")).into_owned()
}
