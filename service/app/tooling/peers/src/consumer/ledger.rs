//! What was applied, in a file: a line for each event, and one for each that came again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};

/// An event that was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The event's key, by which it is known again.
    pub key: String,
    /// What happened.
    pub r#type: String,
    /// What it happened to.
    pub subject: String,
    /// Later events of a subject have higher numbers.
    pub sequence: i64,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Applied(Entry),
    Again { again: String },
}

/// When an event was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Now.
    Now,
    /// Before; nothing was done now.
    Before,
}

/// What was taken so far, in all the file's life.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Events applied.
    pub applied: u64,
    /// Events that came again, and were not applied again.
    pub again: u64,
    /// Events that came after a later one of the same subject; there should be none.
    pub out_of_order: u64,
    /// Events applied, by type.
    pub by_type: BTreeMap<String, u64>,
}

/// The file, and the thread that writes it. Clones are the same.
#[derive(Clone, Debug)]
pub struct Ledger {
    queue: mpsc::Sender<Waiting>,
    known: Arc<Mutex<Known>>,
    /// How many events were applied; closed when the thread has let go of the file.
    applied: watch::Receiver<u64>,
}

#[derive(Debug, Default)]
struct Known {
    keys: HashSet<String>,
    /// Of each subject, the number of the latest event.
    latest: HashMap<String, i64>,
    report: Report,
}

#[derive(Debug)]
struct Waiting {
    entry: Entry,
    answer: oneshot::Sender<io::Result<Applied>>,
}

/// Events that are written together.
const BATCH: usize = 256;

impl Ledger {
    /// Reads what was applied before, and goes on there. A last line that a crash cut off is taken away: its event was
    /// not answered, and comes again.
    ///
    /// # Errors
    /// The file cannot be read or written, holds something else, or another ledger has it.
    pub fn open(path: &Path) -> anyhow::Result<Ledger> {
        let of = || format!("the consumer's file {}", path.display());
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).with_context(of)?;
        }
        let mut options = OpenOptions::new();
        let file = options.create(true).read(true).append(true).open(path);
        let file = file.with_context(of)?;
        file.try_lock()
            .context("another consumer has it")
            .with_context(of)?;
        let mut known = Known::default();
        let whole = read(&file, |line| known.note(&line)).with_context(of)?;
        file.set_len(whole).with_context(of)?;
        let (counting, applied) = watch::channel(known.report.applied);
        let known = Arc::new(Mutex::new(known));
        let (queue, waiting) = mpsc::channel(BATCH);
        let thread = Thread {
            file,
            waiting,
            known: Arc::clone(&known),
            applied: counting,
        };
        thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || thread.run())
            .with_context(of)?;
        Ok(Ledger {
            queue,
            known,
            applied,
        })
    }

    /// Applies an event unless it was; when this returns, that is on disk.
    ///
    /// # Errors
    /// The file cannot be written; nothing was applied.
    pub async fn apply(&self, entry: Entry) -> io::Result<Applied> {
        let (answer, answered) = oneshot::channel();
        let gone = || io::Error::other("the writer has ended");
        let waiting = Waiting { entry, answer };
        self.queue.send(waiting).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Waits until nothing is being written, and nobody has the file any more. All clones but this one must be gone.
    pub async fn close(self) {
        drop(self.queue);
        let mut applied = self.applied;
        while applied.changed().await.is_ok() {}
    }

    /// Waits until so many events were applied, in all the file's life.
    pub async fn until(&self, count: u64) {
        let mut applied = self.applied.clone();
        // An error means that nothing is applied any more.
        let _ended = applied.wait_for(|applied| *applied >= count).await;
    }

    /// What was taken so far.
    pub fn report(&self) -> Report {
        lock(&self.known).report.clone()
    }
}

/// The events that a ledger's file holds.
///
/// # Errors
/// It cannot be read, or holds something else.
pub fn entries(path: &Path) -> anyhow::Result<Vec<Entry>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut entries = Vec::new();
    read(&file, |line| {
        if let Line::Applied(entry) = line {
            entries.push(entry);
        }
    })?;
    Ok(entries)
}

/// Reads the whole lines; how many bytes they have together.
fn read(file: &File, mut each: impl FnMut(Line)) -> anyhow::Result<u64> {
    let mut reader = BufReader::new(file);
    let (mut whole, mut line) = (0, Vec::new());
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if length == 0 || line.last() != Some(&b'\n') {
            return Ok(whole);
        }
        let at = || format!("byte {whole} begins no line of a ledger");
        each(serde_json::from_slice(&line).with_context(at)?);
        whole += length as u64;
    }
}

impl Known {
    fn note(&mut self, line: &Line) {
        let report = &mut self.report;
        match line {
            Line::Again { .. } => report.again += 1,
            Line::Applied(entry) => {
                self.keys.insert(entry.key.clone());
                report.applied += 1;
                *report.by_type.entry(entry.r#type.clone()).or_default() += 1;
                let latest = self.latest.entry(entry.subject.clone()).or_default();
                if entry.sequence < *latest {
                    report.out_of_order += 1;
                }
                *latest = entry.sequence.max(*latest);
            }
        }
    }
}

struct Thread {
    file: File,
    waiting: mpsc::Receiver<Waiting>,
    known: Arc<Mutex<Known>>,
    /// After the file: whoever waits for its end finds the file free.
    applied: watch::Sender<u64>,
}

impl Thread {
    fn run(mut self) {
        while let Some(first) = self.waiting.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(next) = self.waiting.try_recv()
            {
                batch.push(next);
            }
            self.write(batch);
        }
    }

    fn write(&mut self, batch: Vec<Waiting>) {
        let (lines, answers) = self.lines(batch);
        match append(&mut self.file, &lines) {
            Ok(()) => {
                let mut known = lock(&self.known);
                for line in &lines {
                    known.note(line);
                }
                self.applied.send_replace(known.report.applied);
                drop(known);
                for (applied, answer) in answers {
                    let _gone = answer.send(Ok(applied));
                }
            }
            Err(error) => {
                for (_, answer) in answers {
                    let _gone = answer.send(Err(io::Error::new(error.kind(), error.to_string())));
                }
            }
        }
    }

    /// What is new in the batch, and who waits for it.
    #[expect(clippy::type_complexity, reason = "taken apart where it is made")]
    fn lines(
        &self,
        batch: Vec<Waiting>,
    ) -> (
        Vec<Line>,
        Vec<(Applied, oneshot::Sender<io::Result<Applied>>)>,
    ) {
        let known = lock(&self.known);
        let (mut lines, mut answers) = (Vec::new(), Vec::new());
        let mut here = HashSet::new();
        for Waiting { entry, answer } in batch {
            let is_known = known.keys.contains(&entry.key) || !here.insert(entry.key.clone());
            let (line, applied) = if is_known {
                (Line::Again { again: entry.key }, Applied::Before)
            } else {
                (Line::Applied(entry), Applied::Now)
            };
            lines.push(line);
            answers.push((applied, answer));
        }
        (lines, answers)
    }
}

fn append(file: &mut File, lines: &[Line]) -> io::Result<()> {
    let before = file.metadata()?.len();
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, line)?;
        text.push(b'\n');
    }
    let written = file.write_all(&text).and_then(|()| file.sync_data());
    if written.is_err() {
        file.set_len(before)?;
    }
    written
}

fn lock(known: &Mutex<Known>) -> std::sync::MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: i64, sequence: i64) -> Entry {
        Entry {
            key: format!("k-{sequence}"),
            r#type: "order.placed".to_owned(),
            subject: format!("order/{number}"),
            sequence,
        }
    }

    #[tokio::test]
    async fn an_event_is_applied_once_in_all_the_files_life() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("deep/ledger");
        for life in 0..3 {
            let ledger = Ledger::open(&path).expect("opens");
            let first = ledger.apply(entry(1, 5)).await.expect("writable");
            let expected = if life == 0 {
                Applied::Now
            } else {
                Applied::Before
            };
            assert_eq!(first, expected);
            let new = ledger.apply(entry(2, 10 + life)).await.expect("writable");
            assert_eq!(new, Applied::Now);
            let error = Ledger::open(&path).expect_err("it is in use");
            assert!(format!("{error:#}").contains("another consumer has it"));
            ledger.close().await;
            // Killed while it wrote.
            let mut file = OpenOptions::new().append(true).open(&path).expect("opens");
            file.write_all(b"{\"key\":\"k-").expect("writable");
        }
        let ledger = Ledger::open(&path).expect("opens");
        let early = ledger.apply(entry(2, 7)).await.expect("writable");
        assert_eq!(early, Applied::Now);
        ledger.until(5).await;
        let report = ledger.report();
        assert_eq!((report.applied, report.again), (5, 2));
        assert_eq!(report.out_of_order, 1);
        assert_eq!(entries(&path).expect("readable").len(), 5);
    }

    #[test]
    fn another_file_is_left_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("notes");
        std::fs::write(&path, "canary\nmore\n").expect("written");
        let error = Ledger::open(&path).expect_err("no ledger");
        assert!(format!("{error:#}").contains("no line of a ledger"));
        let text = std::fs::read_to_string(&path).expect("readable");
        assert_eq!(text, "canary\nmore\n");
    }
}
