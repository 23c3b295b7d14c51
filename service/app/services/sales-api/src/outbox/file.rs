//! A file of events, one JSON document a line.

use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context as _;

use super::form::Message;
use super::sink::{Delivery, Sent};

/// The file, open for as long as the service runs. Whoever wants to rotate it copies and truncates it.
#[derive(Clone, Debug)]
pub struct File {
    file: Arc<Mutex<fs::File>>,
}

impl File {
    /// Opens the file, and makes it if it is missing.
    ///
    /// # Errors
    /// Names the path and the cause.
    pub fn open(path: &Path) -> anyhow::Result<File> {
        let file = open(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(File {
            file: Arc::new(Mutex::new(file)),
        })
    }

    /// Writes all of these, and waits until they are on disk.
    pub(super) async fn append(&self, messages: &[Message]) -> Vec<Sent> {
        let started = Instant::now();
        let mut lines = String::new();
        for message in messages {
            lines.push_str(&message.body);
            lines.push('\n');
        }
        let file = Arc::clone(&self.file);
        let write = move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            write(&mut file, &lines)
        };
        let written = tokio::task::spawn_blocking(write).await;
        let delivery = match written {
            Ok(Ok(())) => Delivery::Taken,
            Ok(Err(error)) => Delivery::Unreachable {
                why: format!("the file cannot be written: {error}"),
                retry_after: None,
            },
            Err(error) => Delivery::Refused(error.to_string()),
        };
        let sent = Sent {
            delivery: Some(delivery),
            took: started.elapsed(),
        };
        vec![sent; messages.len()]
    }
}

fn open(path: &Path) -> io::Result<fs::File> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut options = fs::OpenOptions::new();
    let mut file = options.create(true).read(true).append(true).open(path)?;
    // A line that a crash cut off must not swallow the next one. The event in it was not settled, so it comes again.
    if file.metadata()?.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

/// All of it or nothing, as far as a file can: what a full disk took of it is cut off again.
fn write(file: &mut fs::File, lines: &str) -> io::Result<()> {
    let before = file.metadata()?.len();
    let written = file
        .write_all(lines.as_bytes())
        .and_then(|()| file.sync_data());
    if written.is_err() {
        file.set_len(before)?;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_stays_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("deep/events.log");
        for line in ["{\"id\":1}\n", "{\"id\":2", "{\"id\":2}\n", "{\"id\":3}\n"] {
            let mut file = open(&path).expect("opens");
            write(&mut file, line).expect("writable");
        }
        let text = fs::read_to_string(&path).expect("readable");
        let expected = "{\"id\":1}\n{\"id\":2\n{\"id\":2}\n{\"id\":3}\n";
        assert_eq!(text, expected);
        assert!(File::open(directory.path()).is_err());
    }
}
