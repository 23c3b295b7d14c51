//! Which thread polled which task when.

use lab_format::{LaneId, LaneKind};

use super::lanes::Lanes;

pub(super) struct Workers {
    threads: Vec<Thread>,
}

struct Thread {
    name: String,
    lane: Option<LaneId>,
    /// The tasks that it polls, the outermost first: a task may poll another one that it has adopted.
    polls: Vec<u32>,
    since: u64,
}

/// A task, and from when until when it was polled.
pub(super) type Poll = (u32, u64, u64);

impl Workers {
    pub(super) fn new<'a>(threads: impl IntoIterator<Item = &'a str>) -> Self {
        let thread = |name: &str| Thread {
            name: name.to_owned(),
            lane: None,
            polls: Vec::new(),
            since: 0,
        };
        let threads = threads.into_iter().map(thread).collect();
        Self { threads }
    }

    /// A poll begins. Gives the part of the poll that it interrupts.
    pub(super) fn started(&mut self, thread: usize, task: u32, at: u64) -> Option<Poll> {
        let worker = &mut self.threads[thread];
        let outer = worker.polls.last().copied();
        worker.polls.push(task);
        let since = std::mem::replace(&mut worker.since, at);
        outer.filter(|_| since < at).map(|outer| (outer, since, at))
    }

    /// The innermost poll is over. Gives it, unless it began before the recording did.
    pub(super) fn ended(&mut self, thread: usize, at: u64) -> Option<Poll> {
        let worker = &mut self.threads[thread];
        let since = std::mem::replace(&mut worker.since, at);
        let task = worker.polls.pop()?;
        Some((task, since, at))
    }

    /// The polls that go on at the end.
    pub(super) fn open(&mut self, end: u64) -> Vec<(usize, Poll)> {
        let threads = self.threads.iter().enumerate();
        let open = threads.filter_map(|(index, thread)| {
            let task = *thread.polls.last()?;
            Some((index, (task, thread.since, end.max(thread.since))))
        });
        open.collect()
    }

    pub(super) fn lane(&mut self, lanes: &mut Lanes<'_>, thread: usize) -> LaneId {
        let worker = &mut self.threads[thread];
        let name = || match worker.name.as_str() {
            "" => format!("thread {thread}"),
            name => name.to_owned(),
        };
        *worker
            .lane
            .get_or_insert_with(|| lanes.add(name(), LaneKind::Worker))
    }
}
