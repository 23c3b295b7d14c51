//! Who did what in the schedule that runs now, and what went wrong in it.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// More events than this help nobody.
const MOST_EVENTS: usize = 4_000;

/// What a task did in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It did something, without having to wait.
    Does,
    /// It tried, and has to wait.
    Waits,
    /// It could go on after a wait.
    Resumes,
    /// It gave up waiting: the future was dropped.
    Leaves,
    /// The check says something about it.
    Notes,
    /// It is over.
    Ends,
}

impl What {
    /// Its name in the verdict.
    pub fn name(self) -> &'static str {
        match self {
            What::Does => "does",
            What::Waits => "waits",
            What::Resumes => "resumes",
            What::Leaves => "leaves",
            What::Notes => "notes",
            What::Ends => "ends",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// In which step: each operation on something shared is one.
    pub step: u64,
    /// Who did it: an index into the lanes.
    pub lane: usize,
    /// What kind of doing it was.
    pub what: What,
    /// What it did: `send`, `receive None: it is closed`.
    pub label: Cow<'static, str>,
    /// On what: an index into the resources.
    pub resource: Option<usize>,
    /// Who let it go on: an index into the lanes.
    pub by: Option<usize>,
}

/// What kind of fault a schedule has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The check expected something else.
    Expectation,
    /// A task has panicked.
    Panic,
    /// Every task waits, and nothing can end it.
    Stuck,
    /// The schedule has more steps than any sound solution needs.
    Endless,
    /// A task computes without ever reaching a scheduling point.
    Spinning,
    /// A task holds its thread without computing.
    Blocked,
    /// More tasks than any sound solution needs.
    Tasks,
}

impl FaultKind {
    /// Its name in the verdict.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::Expectation => "expectation",
            FaultKind::Panic => "panic",
            FaultKind::Stuck => "stuck",
            FaultKind::Endless => "endless",
            FaultKind::Spinning => "spinning",
            FaultKind::Blocked => "blocked",
            FaultKind::Tasks => "tasks",
        }
    }
}

/// What is wrong, in three sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind of fault it is.
    pub kind: FaultKind,
    /// What should have happened.
    pub expected: String,
    /// What happened.
    pub observed: String,
    /// How that comes.
    pub why: String,
}

/// The schedule that runs now, as far as it has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    /// The tasks by name.
    pub(crate) lanes: Vec<String>,
    /// What they share, by kind and place.
    resources: Vec<Resource>,
    /// What happened.
    pub(crate) events: Vec<Event>,
    /// The task that runs.
    pub(crate) running: usize,
    steps: u64,
    /// What is wrong with it: the first fault counts.
    pub(crate) fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug)]
struct Resource {
    kind: &'static str,
    place: &'static Location<'static>,
}

impl Record {
    /// A name for each resource that tells it from the others: `channel (line 12)`.
    pub(crate) fn resources(&self) -> Vec<String> {
        let named =
            |resource: &Resource| format!("{} (line {})", resource.kind, resource.place.line());
        self.resources.iter().map(named).collect()
    }

    fn push(
        &mut self,
        what: What,
        label: Cow<'static, str>,
        resource: Option<usize>,
        by: Option<usize>,
    ) {
        if what != What::Notes && what != What::Ends {
            self.steps += 1;
        }
        if self.events.len() < MOST_EVENTS {
            self.events.push(Event {
                step: self.steps,
                lane: self.running,
                what,
                label,
                resource,
                by,
            });
        }
    }

    /// Who waits for what, as a sentence.
    pub(crate) fn waits(&self) -> String {
        let resources = self.resources();
        let waiting = (0..self.lanes.len()).filter_map(|lane| {
            let last = self
                .events
                .iter()
                .rev()
                .find(|event| event.lane == lane && event.what != What::Notes)?;
            let on = last
                .resource
                .map(|resource| format!(" on the {}", resources[resource]));
            (last.what == What::Waits).then(|| {
                format!(
                    "{} waits to {}{}",
                    self.lanes[lane],
                    last.label,
                    on.unwrap_or_default()
                )
            })
        });
        waiting.collect::<Vec<_>>().join("; ")
    }
}

static RECORD: Mutex<Record> = Mutex::new(Record {
    lanes: Vec::new(),
    resources: Vec::new(),
    events: Vec::new(),
    running: 0,
    steps: 0,
    fault: None,
});

/// Grows whenever something happens; when it stands still, a task does not give up its thread.
static PROGRESS: AtomicU64 = AtomicU64::new(0);

pub(crate) fn progress() -> u64 {
    PROGRESS.load(Ordering::Relaxed)
}

pub(crate) fn moved() {
    PROGRESS.fetch_add(1, Ordering::Relaxed);
}

pub(crate) fn record() -> MutexGuard<'static, Record> {
    RECORD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins the record of a new schedule.
pub(crate) fn begin() {
    let mut record = record();
    record.lanes.clear();
    record.resources.clear();
    record.events.clear();
    record.running = 0;
    record.steps = 0;
    record.fault = None;
}

/// A lane for a new task.
pub(crate) fn lane(name: Cow<'static, str>) -> usize {
    let mut record = record();
    record.lanes.push(name.into_owned());
    record.lanes.len() - 1
}

/// A new thing that tasks share.
pub(crate) fn resource(kind: &'static str, place: &'static Location<'static>) -> usize {
    let mut record = record();
    record.resources.push(Resource { kind, place });
    record.resources.len() - 1
}

/// Notes what the running task does.
pub(crate) fn event(
    what: What,
    label: impl Into<Cow<'static, str>>,
    resource: Option<usize>,
    by: Option<usize>,
) {
    moved();
    record().push(what, label.into(), resource, by);
}

/// Notes what is wrong; the first fault of a schedule counts.
pub(crate) fn fault(fault: Fault) {
    let mut record = record();
    if record.fault.is_none() {
        record.fault = Some(fault);
    }
}
