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
    /// It has it from here on: a lock, a permit. The step before says how it got it.
    Holds,
    /// It gives it back.
    Frees,
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
            What::Holds => "holds",
            What::Frees => "frees",
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
    /// Two accesses to a cell that nothing orders.
    Race,
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
            FaultKind::Race => "race",
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
    /// The lanes of tasks that are over.
    over: Vec<usize>,
    /// The lanes that may block their thread: nobody else runs on it.
    threads: Vec<usize>,
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
        if !matches!(what, What::Notes | What::Ends | What::Holds) {
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

    /// The running task's name.
    pub(crate) fn name(&self) -> String {
        self.lanes.get(self.running).cloned().unwrap_or_default()
    }

    /// Whether the running task has a thread of its own, which it may block.
    pub(crate) fn may_block(&self) -> bool {
        self.threads.contains(&self.running)
    }

    /// Who waits for what, as a sentence.
    pub(crate) fn waits(&self) -> String {
        let alive = (0..self.lanes.len()).filter(|lane| !self.over.contains(lane));
        alive
            .map(|lane| self.waits_for(lane))
            .collect::<Vec<_>>()
            .join("; ")
    }

    fn waits_for(&self, lane: usize) -> String {
        let name = &self.lanes[lane];
        let does =
            |event: &&Event| event.lane == lane && !matches!(event.what, What::Notes | What::Holds);
        let last = self.events.iter().rev().find(does);
        let Some(last) = last.filter(|event| event.what == What::Waits) else {
            return format!("{name} has returned `Pending`, and nobody is going to wake it");
        };
        let text = format!("{name} waits to {}", last.label);
        let Some(resource) = last.resource else {
            return text;
        };
        let text = format!("{text} on the {}", self.resources()[resource]);
        match self.holders(resource)[..] {
            [holder] if holder == lane => format!("{text}, which it holds itself"),
            [holder] => format!("{text}, which {} holds", self.lanes[holder]),
            _ => text,
        }
    }

    /// Who holds it.
    fn holders(&self, resource: usize) -> Vec<usize> {
        let mut holders = Vec::new();
        for event in self
            .events
            .iter()
            .filter(|event| event.resource == Some(resource))
        {
            match event.what {
                What::Holds => holders.push(event.lane),
                What::Frees => {
                    // Somebody else may give it back.
                    let at = holders.iter().position(|holder| *holder == event.lane);
                    if !holders.is_empty() {
                        holders.remove(at.unwrap_or(0));
                    }
                }
                _ => {}
            }
        }
        holders
    }
}

static RECORD: Mutex<Record> = Mutex::new(Record {
    lanes: Vec::new(),
    resources: Vec::new(),
    events: Vec::new(),
    running: 0,
    over: Vec::new(),
    threads: Vec::new(),
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
    *record() = Record::default();
}

/// The task of this lane is over.
pub(crate) fn over(lane: usize) {
    record().over.push(lane);
}

/// The task of this lane has a thread of its own.
pub(crate) fn thread(lane: usize) {
    record().threads.push(lane);
}

/// A lane for a new task.
pub(crate) fn lane(name: String) -> usize {
    let mut record = record();
    record.lanes.push(name);
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
