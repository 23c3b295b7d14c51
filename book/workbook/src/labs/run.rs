//! One run of a lab: built if need be, started, listened to, and ended with everything it has
//! started, whatever the reason.

use super::Lab;
use crate::book::figure::{self, Number};
use crate::book::panel;
use crate::process::{self, Ended, Stop, supervise};
use crate::text::plain;
use lab_format::{Knobs, LabInfo, Run, Sample};
use serde::Serialize;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::sync::mpsc::Sender;

/// What a run may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a lab may run.
    pub deadline: Duration,
    /// How long building it may take before that.
    pub build: Duration,
    /// How long a group that was asked to end may take before it is killed.
    pub grace: Duration,
    /// How many bytes of lines a lab may write.
    pub lines: usize,
    /// How many bytes its result may have.
    pub document: usize,
    /// How many bytes of memory it may use.
    pub memory: u64,
    /// How many processes it may be.
    pub processes: u64,
    /// How many threads they may have together.
    pub tasks: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            deadline: Duration::from_secs(30),
            build: Duration::from_mins(10),
            grace: Duration::from_secs(2),
            lines: 256 << 10,
            document: 32 << 20,
            memory: 2 << 30,
            processes: 64,
            tasks: 16 << 10,
        }
    }
}

/// What the page is told, one JSON document per line.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// The program is being built, or was started.
    Status {
        /// For people.
        text: String,
    },
    /// A line that the program has written.
    Line {
        /// Without its line break and control characters.
        text: String,
    },
    /// What the lab's variables are at a moment of the run.
    Sample(Sample),
    /// What came out.
    Result {
        /// The knobs that it was run with.
        knobs: Knobs,
        /// Whether the run says that the machine was too busy for it to show anything.
        too_busy: bool,
        /// Every number of the report, by its path.
        numbers: BTreeMap<String, Number>,
        /// The swimlane: an `<svg>` element; empty if nothing was recorded.
        svg: String,
        /// The report: HTML.
        report: String,
        /// Knobs, machine and day: HTML.
        source: String,
    },
    /// The run is over. Always the last one.
    Ended {
        /// How.
        how: Ending,
        /// For people.
        text: String,
    },
}

/// How a run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// By itself, with a result.
    Finished,
    /// By itself, without one.
    Failed,
    /// The reader has stopped it, or has left.
    Stopped,
    /// It took too long.
    Deadline,
    /// It wrote too much.
    Output,
    /// It used too much memory.
    Memory,
    /// It started too many processes.
    Processes,
    /// The workbook is ending.
    Shutdown,
}

/// Runs `lab` until it is over or `cut` says that it must end; tells `events` all of it.
pub(super) async fn run(
    lab: &Lab,
    knobs: &Knobs,
    limits: &Limits,
    events: Sender<Event>,
    cut: impl Future<Output = Ending>,
) {
    let mut cut = std::pin::pin!(cut);
    let tell = Teller { events };
    let (how, text) = match attempt(lab, knobs, limits, &tell, cut.as_mut()).await {
        Ok(()) => (Ending::Finished, "Finished.".to_owned()),
        Err(Cut { how, text }) => (how, text),
    };
    tracing::info!(lab = lab.info.name, ?knobs, ?how, text, "run of a lab");
    // A page that does not read must not hold the lab's place.
    let ended = tell.events.send(Event::Ended { how, text });
    let _ = tokio::time::timeout(limits.grace, ended).await;
}

async fn attempt(
    lab: &Lab,
    knobs: &Knobs,
    limits: &Limits,
    tell: &Teller,
    mut cut: std::pin::Pin<&mut impl Future<Output = Ending>>,
) -> Result<(), Cut> {
    if let Some(mut build) = lab.build() {
        tell.status(format!("Building {} …", lab.info.name)).await?;
        let budget = Budget {
            process: process::Budget {
                time: limits.build,
                memory: None,
                processes: None,
                tasks: None,
                ..Budget::of(limits).process
            },
            ..Budget::of(limits)
        };
        let built = phase(&mut build, &budget, tell, cut.as_mut()).await?;
        if !built.0.success() {
            return Err(Cut::failed(format!(
                "{} does not build ({}).",
                lab.info.name, built.0
            )));
        }
    }
    tell.status("Running …".to_owned()).await?;
    let mut command = lab.command(knobs);
    let (status, document) = phase(&mut command, &Budget::of(limits), tell, cut).await?;
    if !status.success() {
        return Err(Cut::failed(format!(
            "{} has failed ({status}).",
            lab.info.name
        )));
    }
    let run = Run::read(&document)
        .map_err(|error| Cut::failed(format!("Its result cannot be used: {error}")))?;
    tell.event(result(lab, run)).await
}

fn result(lab: &Lab, run: Run) -> Event {
    let (report, source) = (panel::table(&run.report), panel::source(&lab.info, &run));
    let title = title(&lab.info, &run.knobs);
    Event::Result {
        knobs: run.knobs.clone(),
        too_busy: run.report.is_too_busy(),
        numbers: figure::numbers(&run),
        svg: lab.last.keep(&lab.info.name, run.timeline, title),
        report,
        source,
    }
}

/// The shortest command that makes this run: only what was turned.
fn title(info: &LabInfo, knobs: &Knobs) -> String {
    let defaults = info.resolve(&Knobs::new()).unwrap_or_default();
    let mut turned = knobs.clone();
    turned.retain(|name, value| defaults.get(name) != Some(value));
    let words = std::iter::once(info.name.clone()).chain(info.arguments(&turned));
    words.collect::<Vec<_>>().join(" ")
}

/// Why a run is over before it has a result.
struct Cut {
    how: Ending,
    text: String,
}

impl Cut {
    fn failed(text: String) -> Cut {
        Cut {
            how: Ending::Failed,
            text,
        }
    }

    fn because(how: Ending, budget: &Budget) -> Cut {
        let text = match how {
            Ending::Finished => "Finished.".to_owned(),
            Ending::Failed => "Failed.".to_owned(),
            Ending::Stopped => "Stopped.".to_owned(),
            Ending::Deadline => format!(
                "Ended: it took longer than {} s.",
                budget.process.time.as_secs_f64()
            ),
            Ending::Output => "Ended: it wrote more than a page can hold.".to_owned(),
            Ending::Memory => format!(
                "It used more than {} of memory and was ended.",
                lab_format::units::bytes(budget.process.memory.unwrap_or_default())
            ),
            Ending::Processes => format!(
                "It was more than {} processes and was ended.",
                budget.process.processes.unwrap_or_default()
            ),
            Ending::Shutdown => "Ended: the workbook is shutting down.".to_owned(),
        };
        Cut { how, text }
    }
}

impl From<io::Error> for Cut {
    fn from(error: io::Error) -> Cut {
        Cut::failed(format!("It could not be run: {error}"))
    }
}

/// What one program of a run may cost.
struct Budget {
    process: process::Budget,
    lines: usize,
    document: usize,
}

impl Budget {
    fn of(limits: &Limits) -> Budget {
        Budget {
            process: process::Budget {
                time: limits.deadline,
                grace: limits.grace,
                memory: Some(limits.memory),
                processes: Some(limits.processes),
                tasks: Some(limits.tasks),
            },
            lines: limits.lines,
            document: limits.document,
        }
    }
}

/// Runs one program: its standard error goes to the page line by line, its standard output is
/// the result, but for the samples in it, which go to the page too.
async fn phase(
    command: &mut Command,
    budget: &Budget,
    tell: &Teller,
    cut: impl Future<Output = Ending>,
) -> Result<(ExitStatus, Vec<u8>), Cut> {
    let mut wanted = Ending::Stopped;
    let cancel = async { wanted = cut.await };
    let read = async |out, err| {
        let (document, ()) = tokio::try_join!(
            read(out, budget.document, tell),
            lines(err, budget.lines, tell)
        )?;
        Ok(document)
    };
    supervise(command, &budget.process, read, cancel)
        .await?
        .map_err(|ended| {
            let how = match ended {
                Ended::Deadline => Ending::Deadline,
                Ended::Output => Ending::Output,
                Ended::Memory => Ending::Memory,
                Ended::Processes => Ending::Processes,
                Ended::Cancelled => wanted,
            };
            Cut::because(how, budget)
        })
}

async fn read(
    mut from: impl AsyncRead + Unpin,
    limit: usize,
    tell: &Teller,
) -> Result<Vec<u8>, Stop> {
    let mut document = Vec::new();
    let mut pending = Vec::new();
    let mut seen = 0;
    loop {
        let count = from.read_buf(&mut pending).await?;
        seen += count;
        if seen > limit {
            return Err(Stop::Ended(Ended::Output));
        }
        // Samples come before the document, a line each; the document may be one long line.
        while may_begin_sample(&document, &pending)
            && let Some(end) = pending.iter().position(|byte| *byte == b'\n')
        {
            let line: Vec<u8> = pending.drain(..=end).collect();
            match Sample::of_line(&line) {
                Some(sample) => tell.sample(sample).await?,
                None => document = line,
            }
        }
        if count == 0 || !may_begin_sample(&document, &pending) {
            document.append(&mut pending);
        }
        if count == 0 {
            return Ok(document);
        }
    }
}

/// Whether what has come since the last line may still be a sample.
fn may_begin_sample(document: &[u8], pending: &[u8]) -> bool {
    let known = pending.len().min(Sample::LINE.len());
    document.is_empty() && pending[..known] == Sample::LINE.as_bytes()[..known]
}

async fn lines(mut from: impl AsyncRead + Unpin, limit: usize, tell: &Teller) -> Result<(), Stop> {
    let mut seen = 0;
    let mut pending = Vec::new();
    loop {
        let count = from.read_buf(&mut pending).await?;
        seen += count;
        if seen > limit {
            return Err(Stop::Ended(Ended::Output));
        }
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            tell.line(&line).await?;
        }
        if count == 0 {
            return if pending.is_empty() {
                Ok(())
            } else {
                tell.line(&pending).await
            };
        }
    }
}

struct Teller {
    events: Sender<Event>,
}

impl Teller {
    async fn event(&self, event: Event) -> Result<(), Cut> {
        let gone = Cut {
            how: Ending::Stopped,
            text: String::new(),
        };
        self.events.send(event).await.map_err(|_| gone)
    }

    async fn status(&self, text: String) -> Result<(), Cut> {
        self.event(Event::Status { text }).await
    }

    async fn sample(&self, sample: Sample) -> Result<(), Stop> {
        let sent = self.events.send(Event::Sample(sample)).await;
        sent.map_err(|_| Stop::Ended(Ended::Cancelled))
    }

    async fn line(&self, line: &[u8]) -> Result<(), Stop> {
        let text = plain(&String::from_utf8_lossy(line));
        self.events
            .send(Event::Line { text })
            .await
            .map_err(|_| Stop::Ended(Ended::Cancelled))
    }
}
