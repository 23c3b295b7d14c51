//! Makes a timeline of recorded events.

mod lanes;
mod task;
#[cfg(test)]
mod tests;
mod values;
mod workers;

use std::collections::{BTreeMap, HashMap};

use lab_format::{LaneId, LaneKind, Mark, Span, SpanKind, Timeline};
use sync::Operation;

use self::lanes::Lanes;
use self::task::{Doing, Task, Wait};
use self::values::Values;
use self::workers::Workers;
use crate::recorder::{Record, Recording, What};

/// The timeline of a recording that ended `end` nanoseconds after it began.
pub(crate) fn timeline(mut recording: Recording, end: u64) -> Timeline {
    let threads = std::mem::take(&mut recording.threads);
    let mut assembly = Assembly::new(&recording, end, threads.iter().map(|(name, _)| &**name));
    for (thread, record) in in_order(&threads) {
        assembly.add(thread, record);
    }
    assembly.finish()
}

/// All records with the number of their thread, in the order of time; what happened in one thread at one instant stays in
/// its order.
fn in_order(threads: &[(String, Vec<Record>)]) -> Vec<(usize, &Record)> {
    let mut all: Vec<(usize, &Record)> = Vec::new();
    for (thread, (_, records)) in threads.iter().enumerate() {
        all.extend(records.iter().map(|record| (thread, record)));
    }
    all.sort_by_key(|(_, record)| record.at);
    all
}

struct Assembly<'a> {
    recording: &'a Recording,
    timeline: Timeline,
    end: u64,
    lanes: Lanes<'a>,
    tasks: HashMap<u32, Task>,
    values: Values,
    workers: Workers,
    /// Since when a task holds what, by task and thing; more than once where it has several permits.
    held: BTreeMap<(u32, Held), Vec<u64>>,
}

/// What can be held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    Resource(u32),
    /// What the lab calls so.
    Label(u32),
}

impl<'a> Assembly<'a> {
    fn new(recording: &'a Recording, end: u64, threads: impl IntoIterator<Item = &'a str>) -> Self {
        let timeline = Timeline {
            end_ns: end,
            dropped: recording.dropped,
            ..Timeline::new()
        };
        Self {
            recording,
            timeline,
            end,
            lanes: Lanes::new(recording),
            tasks: HashMap::new(),
            values: Values::default(),
            workers: Workers::new(threads),
            held: BTreeMap::new(),
        }
    }

    fn add(&mut self, thread: usize, record: &Record) {
        let Record { at, task, what } = *record;
        match what {
            What::Started => self.start(task, at),
            What::Thread => self.lanes.is_thread(task),
            What::Ended => self.end_task(task, at),
            What::PollStarted => self.poll_started(thread, task, at),
            What::PollEnded => self.poll_ended(thread, task, at),
            What::WaitStarted {
                resource,
                operation,
            } => self.wait(task, at, Wait::Resource(resource, operation)),
            What::WaitEnded {
                resource,
                operation,
                by,
            } => {
                if operation == Operation::Send && by != 0 {
                    self.values.left(task, resource, at);
                }
                self.go_on(task, at, Wait::Resource(resource, operation), by);
            }
            What::Acquired { resource } => self.hold(task, Held::Resource(resource), at),
            What::Released { resource } => self.release(task, Held::Resource(resource), at),
            What::Received { resource, from } => self.receive(task, at, resource, from),
            What::Depth { resource, len } => {
                self.values
                    .depth(&mut self.lanes, task, resource, at, f64::from(len));
            }
            What::Closed { resource } => {
                let label = format!("{} closed", self.lanes.resource_name(resource));
                self.mark(task, at, label);
            }
            What::SpanStarted { label, kind } => self.lab_span_started(task, at, label, kind),
            What::SpanEnded { label, kind } => self.lab_span_ended(task, at, label, kind),
            What::Mark { label } => self.mark(task, at, self.label(label).to_owned()),
            What::Count { counter, value } => {
                self.values.count(self.recording, counter, at, value);
            }
        }
    }

    fn start(&mut self, task: u32, at: u64) {
        self.lanes.task(task);
        let doing = if self.recording.polls {
            Doing::New
        } else {
            Doing::Running
        };
        self.tasks.insert(task, Task::new(at, doing));
    }

    fn wait(&mut self, task: u32, at: u64, wait: Wait) {
        let Some(lane) = self.lanes.task(task) else {
            return;
        };
        // A task that began before the recording did is running, as far as that can be known.
        let state = self
            .tasks
            .entry(task)
            .or_insert_with(|| Task::new(0, Doing::Running));
        state.waits.push(wait);
        state.fresh = false;
        if state.doing == Doing::Running {
            let ran = state.turn(at, Doing::Waiting);
            self.ran(lane, ran, at);
        }
    }

    fn go_on(&mut self, task: u32, at: u64, wait: Wait, by: u32) {
        let Some(lane) = self.lanes.task(task) else {
            return;
        };
        let Some(state) = self.tasks.get_mut(&task) else {
            return;
        };
        if let Some(index) = state.waits.iter().position(|known| *known == wait) {
            state.waits.swap_remove(index);
        }
        // A wait that was given up while another goes on changes nothing.
        if state.doing != Doing::Waiting || (by == 0 && !state.waits.is_empty()) {
            return;
        }
        let (since, _) = state.turn(at, Doing::Running);
        state.fresh = true;
        let by = self.lanes.task(by);
        self.waited(lane, since, at, wait, by);
    }

    fn end_task(&mut self, task: u32, at: u64) {
        if let Some(state) = self.tasks.get_mut(&task) {
            let before = state.doing;
            let (since, label) = state.turn(at, Doing::Ended);
            let wait = state.waits.first().copied();
            self.last_span(task, before, (since, label), at, wait);
        }
    }

    /// The span that a task was in when it ended, or when the recording did.
    fn last_span(
        &mut self,
        task: u32,
        doing: Doing,
        ran: (u64, Option<u32>),
        at: u64,
        wait: Option<Wait>,
    ) {
        let Some(lane) = self.lanes.task(task) else {
            return;
        };
        match (doing, wait) {
            (Doing::Running, _) => self.ran(lane, ran, at),
            (Doing::Waiting, Some(wait)) => self.waited(lane, ran.0, at, wait, None),
            (Doing::New | Doing::Idle, _) if ran.0 < at => {
                self.span(Span::new(lane, ran.0, at, SpanKind::Waiting, ""));
            }
            (Doing::New | Doing::Idle | Doing::Waiting | Doing::Ended, _) => {}
        }
    }

    fn ran(&mut self, lane: LaneId, (since, label): (u64, Option<u32>), at: u64) {
        let label = label.map_or("", |label| self.label(label));
        self.span(Span::new(lane, since, at, SpanKind::Running, label));
    }

    fn waited(&mut self, lane: LaneId, since: u64, at: u64, wait: Wait, by: Option<LaneId>) {
        let mut span = match wait {
            Wait::Resource(resource, operation) => {
                let kind = self.lanes.waiting(resource);
                Span::new(lane, since, at, kind, operation.verb()).on(self.lanes.resource(resource))
            }
            Wait::Lab(label, kind) => Span::new(lane, since, at, kind, self.label(label)),
        };
        span.by = by;
        self.span(span);
    }

    fn hold(&mut self, task: u32, what: Held, at: u64) {
        self.held.entry((task, what)).or_default().push(at);
    }

    fn release(&mut self, task: u32, what: Held, at: u64) {
        let since = self.held.get_mut(&(task, what)).and_then(Vec::pop);
        // What was acquired before the recording began has been held since, as far as that can be known.
        self.held(task, what, since.unwrap_or(0), at);
    }

    /// A task held something for a while.
    fn held(&mut self, task: u32, what: Held, since: u64, until: u64) {
        let Some(lane) = self.lanes.task(task) else {
            return;
        };
        let name = match what {
            Held::Resource(resource) => self.lanes.resource_name(resource),
            Held::Label(label) => self.label(label).to_owned(),
        };
        self.span(Span::new(lane, since, until, SpanKind::Holding, name));
    }

    fn receive(&mut self, task: u32, at: u64, resource: u32, from: u32) {
        self.next_value(task, at);
        let arrow = self.values.arrow(&mut self.lanes, task, resource, from, at);
        self.timeline.arrows.extend(arrow);
    }

    /// What a task does with one value is a span, and with the next one another, even if it does not wait between them.
    fn next_value(&mut self, task: u32, at: u64) {
        let Some(lane) = self.lanes.task(task) else {
            return;
        };
        let Some(state) = self.tasks.get_mut(&task) else {
            return;
        };
        let fresh = std::mem::replace(&mut state.fresh, false);
        if state.doing == Doing::Running && !fresh {
            let ran = state.turn(at, Doing::Running);
            self.ran(lane, ran, at);
        }
    }

    fn poll_started(&mut self, thread: usize, task: u32, at: u64) {
        if let Some(span) = self.workers.started(thread, task, at) {
            self.worker_span(thread, span);
        }
        let Some(lane) = self.lanes.task(task) else {
            return;
        };
        let unknown = || Task::new(0, Doing::Idle);
        let state = self.tasks.entry(task).or_insert_with(unknown);
        let label = match state.doing {
            Doing::New => "run",
            Doing::Idle => "",
            Doing::Running | Doing::Waiting | Doing::Ended => return,
        };
        let (since, _) = state.turn(at, Doing::Running);
        self.span(Span::new(lane, since, at, SpanKind::Waiting, label));
    }

    fn poll_ended(&mut self, thread: usize, task: u32, at: u64) {
        if let Some(span) = self.workers.ended(thread, at) {
            self.worker_span(thread, span);
        }
        let Some(lane) = self.lanes.task(task) else {
            return;
        };
        if let Some(state) = self.tasks.get_mut(&task)
            && state.doing == Doing::Running
        {
            let ran = state.turn(at, Doing::Idle);
            self.ran(lane, ran, at);
        }
    }

    fn worker_span(&mut self, thread: usize, (task, since, until): (u32, u64, u64)) {
        // A thread of the lab's own has a lane already.
        if self.lanes.kind(task) == Some(LaneKind::Thread) {
            return;
        }
        let lane = self.workers.lane(&mut self.lanes, thread);
        let name = self.lanes.task_name(task);
        self.span(Span::new(lane, since, until, SpanKind::Running, name));
    }

    fn lab_span_started(&mut self, task: u32, at: u64, label: u32, kind: SpanKind) {
        match kind {
            SpanKind::Waiting | SpanKind::Blocked => self.wait(task, at, Wait::Lab(label, kind)),
            SpanKind::Holding => self.hold(task, Held::Label(label), at),
            SpanKind::Running => self.relabel(task, at, |labels| labels.push(label)),
        }
    }

    fn lab_span_ended(&mut self, task: u32, at: u64, label: u32, kind: SpanKind) {
        match kind {
            SpanKind::Waiting | SpanKind::Blocked => {
                self.go_on(task, at, Wait::Lab(label, kind), 0);
            }
            SpanKind::Holding => self.release(task, Held::Label(label), at),
            SpanKind::Running => self.relabel(task, at, |labels| {
                if let Some(index) = labels.iter().rposition(|known| *known == label) {
                    labels.remove(index);
                }
            }),
        }
    }

    /// From now on, the task does something of another name.
    fn relabel(&mut self, task: u32, at: u64, change: impl FnOnce(&mut Vec<u32>)) {
        let Some(lane) = self.lanes.task(task) else {
            return;
        };
        let state = self
            .tasks
            .entry(task)
            .or_insert_with(|| Task::new(0, Doing::Running));
        if state.doing == Doing::Running {
            let ran = state.turn(at, Doing::Running);
            change(&mut state.labels);
            self.ran(lane, ran, at);
        } else {
            change(&mut state.labels);
        }
    }

    fn mark(&mut self, task: u32, at_ns: u64, label: String) {
        let lane = self.lanes.task(task);
        self.timeline.marks.push(Mark { lane, at_ns, label });
    }

    fn label(&self, label: u32) -> &'a str {
        self.recording
            .labels
            .get(&label)
            .map_or("…", String::as_str)
    }

    fn span(&mut self, span: Span) {
        // What begins and ends at the same instant because two events say so is nothing.
        if span.start_ns < span.end_ns || span.kind != SpanKind::Running {
            self.timeline.spans.push(span);
        }
    }

    fn finish(mut self) -> Timeline {
        let mut open: Vec<(u32, Task)> = std::mem::take(&mut self.tasks).into_iter().collect();
        open.sort_by_key(|(task, _)| *task);
        for (task, mut state) in open {
            let end = self.end.max(state.since);
            let (before, wait) = (state.doing, state.waits.first().copied());
            let ran = state.turn(end, Doing::Ended);
            self.last_span(task, before, ran, end, wait);
        }
        for ((task, what), since) in std::mem::take(&mut self.held) {
            for since in since {
                self.held(task, what, since, self.end.max(since));
            }
        }
        for (thread, span) in self.workers.open(self.end) {
            self.worker_span(thread, span);
        }
        self.timeline.counters = self.values.counters(&mut self.lanes);
        self.timeline.lanes = self.lanes.finish();
        self.timeline
            .spans
            .sort_by_key(|span| (span.start_ns, span.lane));
        self.timeline
    }
}
