//! What a task is doing while the recording is read.

use lab_format::SpanKind;
use sync::Operation;

pub(super) struct Task {
    pub(super) since: u64,
    pub(super) doing: Doing,
    /// True from the end of a wait until something else happens: a value that arrives now is what it waited for.
    pub(super) fresh: bool,
    /// The waits it has begun; more than one when it waits for whichever comes first.
    pub(super) waits: Vec<Wait>,
    /// What the lab calls what it does, the outermost first.
    pub(super) labels: Vec<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// Where polls are recorded: started, and not polled yet.
    New,
    /// Or ready to run, where polls are not recorded.
    Running,
    /// Where polls are recorded: not polled, and waiting for nothing that tells of it.
    Idle,
    /// For what is in [`Task::waits`].
    Waiting,
    Ended,
}

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    Resource(u32, Operation),
    /// What the lab calls so.
    Lab(u32, SpanKind),
}

impl Task {
    pub(super) fn new(since: u64, doing: Doing) -> Self {
        Self {
            since,
            doing,
            fresh: false,
            waits: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// Turns to something else. Gives since when it did what it did before, and what the lab calls that.
    pub(super) fn turn(&mut self, at: u64, doing: Doing) -> (u64, Option<u32>) {
        self.doing = doing;
        let since = std::mem::replace(&mut self.since, at);
        (since, self.labels.last().copied())
    }
}
