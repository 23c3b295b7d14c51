//! Makes a timeline of recorded events.

use std::collections::{BTreeMap, HashMap, VecDeque};

use lab_format::{Arrow, Counter, Lane, LaneId, LaneKind, Mark, Span, SpanKind, Timeline};
use sync::{Operation, ResourceKind};

use crate::recorder::{Record, Recording, What};

/// The timeline of a recording that ended `end` nanoseconds after it began.
pub(crate) fn timeline(mut recording: Recording, end: u64) -> Timeline {
    // Stable: what happened in one thread at one instant stays in its order.
    recording.records.sort_by_key(|record| record.at);
    let mut assembly = Assembly::new(&recording, end);
    for record in &recording.records {
        assembly.add(record);
    }
    assembly.finish()
}

struct Assembly<'a> {
    recording: &'a Recording,
    timeline: Timeline,
    end: u64,
    lanes: HashMap<u64, LaneId>,
    channels: BTreeMap<u32, LaneId>,
    tasks: HashMap<u64, Task>,
    /// Values that have left their sender's hand and not arrived: when each did, by sender and channel.
    under_way: HashMap<(u64, u32), UnderWay>,
    counters: BTreeMap<u32, Counter>,
    /// Since when a task holds what, by task and resource; more than once where it has several permits.
    held: BTreeMap<(u64, u32), Vec<u64>>,
}

/// What a task is doing.
struct Task {
    since: u64,
    doing: Doing,
    /// True from the end of a wait until something else happens: a value that arrives now is what it waited for.
    fresh: bool,
    /// The waits it has begun; more than one when it waits for whichever comes first.
    waits: Vec<(u32, Operation)>,
}

impl Task {
    fn running(since: u64) -> Self {
        Self {
            since,
            doing: Doing::Running,
            fresh: false,
            waits: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    Running,
    Waiting,
    Ended,
}

#[derive(Default)]
struct UnderWay {
    left: VecDeque<u64>,
    /// Values that arrived before their sender ran on and could say that they had left.
    early: usize,
}

impl<'a> Assembly<'a> {
    fn new(recording: &'a Recording, end: u64) -> Self {
        let timeline = Timeline {
            end_ns: end,
            dropped: recording.dropped,
            ..Timeline::new()
        };
        Self {
            recording,
            timeline,
            end,
            lanes: HashMap::new(),
            channels: BTreeMap::new(),
            tasks: HashMap::new(),
            under_way: HashMap::new(),
            counters: BTreeMap::new(),
            held: BTreeMap::new(),
        }
    }

    fn add(&mut self, record: &Record) {
        let Record { at, task, what } = *record;
        match what {
            What::Started => self.start(task, at),
            What::Ended => self.end_task(task, at),
            What::WaitStarted {
                resource,
                operation,
            } => self.wait(task, at, resource, operation),
            What::WaitEnded {
                resource,
                operation,
                by,
            } => {
                self.left(task, at, resource, operation, by);
                self.go_on(task, at, resource, operation, by);
            }
            What::Acquired { resource } => self.held.entry((task, resource)).or_default().push(at),
            What::Released { resource } => {
                let since = self.held.get_mut(&(task, resource)).and_then(Vec::pop);
                // What was acquired before the recording began has been held since, as far as that can be known.
                self.hold(task, resource, since.unwrap_or(0), at);
            }
            What::Received { resource, from } => self.receive(task, at, resource, from),
            What::Depth { resource, len } => self.depth(task, at, resource, len),
            What::Closed { resource } => self.close(task, at, resource),
        }
    }

    fn start(&mut self, task: u64, at: u64) {
        self.lane(task);
        self.tasks.insert(task, Task::running(at));
    }

    fn wait(&mut self, task: u64, at: u64, resource: u32, operation: Operation) {
        let Some(lane) = self.lane(task) else { return };
        // A task that began before the recording did is running, as far as that can be known.
        let state = self.tasks.entry(task).or_insert(Task::running(0));
        state.waits.push((resource, operation));
        state.fresh = false;
        if state.doing == Doing::Running {
            let since = std::mem::replace(&mut state.since, at);
            state.doing = Doing::Waiting;
            self.span(Span::new(lane, since, at, SpanKind::Running, ""));
        }
    }

    fn go_on(&mut self, task: u64, at: u64, resource: u32, operation: Operation, by: u64) {
        let Some(lane) = self.lane(task) else { return };
        let Some(state) = self.tasks.get_mut(&task) else {
            return;
        };
        if let Some(index) = state
            .waits
            .iter()
            .position(|wait| *wait == (resource, operation))
        {
            state.waits.swap_remove(index);
        }
        // A wait that was given up while another goes on changes nothing.
        if state.doing != Doing::Waiting || (by == 0 && !state.waits.is_empty()) {
            return;
        }
        let since = std::mem::replace(&mut state.since, at);
        state.doing = Doing::Running;
        state.fresh = true;
        let mut span = Span::new(lane, since, at, self.waiting(resource), operation.verb());
        span.resource = Some(self.channel(resource));
        span.by = self.lane(by);
        self.span(span);
    }

    fn end_task(&mut self, task: u64, at: u64) {
        let Some(lane) = self.lane(task) else { return };
        let Some(state) = self.tasks.get_mut(&task) else {
            return;
        };
        let (since, doing) = (state.since, state.doing);
        let wait = state.waits.first().copied();
        state.doing = Doing::Ended;
        self.last_span(lane, since, at, doing, wait);
    }

    /// The span that a task was in when it ended, or when the recording did.
    fn last_span(
        &mut self,
        lane: LaneId,
        since: u64,
        at: u64,
        doing: Doing,
        wait: Option<(u32, Operation)>,
    ) {
        match (doing, wait) {
            (Doing::Running, _) => self.span(Span::new(lane, since, at, SpanKind::Running, "")),
            (Doing::Waiting, Some((resource, operation))) => {
                let (kind, resource) = (self.waiting(resource), self.channel(resource));
                self.span(Span::new(lane, since, at, kind, operation.verb()).on(resource));
            }
            (Doing::Waiting, None) => self.span(Span::new(lane, since, at, SpanKind::Waiting, "")),
            (Doing::Ended, _) => {}
        }
    }

    /// A task held something for a while.
    fn hold(&mut self, task: u64, resource: u32, since: u64, until: u64) {
        if let Some(lane) = self.lane(task) {
            let name = name(self.recording, resource);
            self.span(Span::new(lane, since, until, SpanKind::Holding, name));
        }
    }

    /// Whether who waits for it blocks its thread.
    fn waiting(&self, resource: u32) -> SpanKind {
        match self.recording.resources.get(&resource) {
            Some(known) if known.kind.blocks() => SpanKind::Blocked,
            _ => SpanKind::Waiting,
        }
    }

    /// A send that had to wait has ended: its value left the sender's hand.
    fn left(&mut self, task: u64, at: u64, resource: u32, operation: Operation, by: u64) {
        if operation != Operation::Send || by == 0 {
            return;
        }
        let values = self.under_way.entry((task, resource)).or_default();
        if values.early > 0 {
            values.early -= 1;
        } else {
            values.left.push_back(at);
        }
    }

    fn receive(&mut self, task: u64, at: u64, resource: u32, from: u64) {
        self.next_value(task, at);
        let values = self.under_way.entry((from, resource)).or_default();
        let left_ns = values.left.pop_front();
        if left_ns.is_none() {
            values.early += 1;
        }
        let label = name(self.recording, resource);
        let (Some(from_lane), Some(to_lane)) = (self.lane(from), self.lane(task)) else {
            return;
        };
        self.timeline.arrows.push(Arrow {
            from_lane,
            to_lane,
            left_ns,
            at_ns: at,
            label,
        });
    }

    /// What a task does with one value is a span, and with the next one another, even if it does not wait between them.
    fn next_value(&mut self, task: u64, at: u64) {
        let Some(lane) = self.lane(task) else { return };
        let Some(state) = self.tasks.get_mut(&task) else {
            return;
        };
        let fresh = std::mem::replace(&mut state.fresh, false);
        if state.doing == Doing::Running && !fresh {
            let since = std::mem::replace(&mut state.since, at);
            self.span(Span::new(lane, since, at, SpanKind::Running, ""));
        }
    }

    fn depth(&mut self, task: u64, at: u64, resource: u32, len: u32) {
        let before = self
            .counter(resource)
            .points
            .last()
            .map_or(0.0, |point| point.1);
        let now = f64::from(len);
        // Only a send that finds room makes it grow, and that is told by the sender.
        if now > before {
            self.under_way
                .entry((task, resource))
                .or_default()
                .left
                .push_back(at);
        }
        self.counter(resource).points.push((at, now));
    }

    fn close(&mut self, task: u64, at: u64, resource: u32) {
        let (lane, label) = (
            self.lane(task),
            format!("{} closed", name(self.recording, resource)),
        );
        self.timeline.marks.push(Mark {
            lane,
            at_ns: at,
            label,
        });
    }

    fn counter(&mut self, resource: u32) -> &mut Counter {
        let lane = self.channel(resource);
        let recording = self.recording;
        self.counters.entry(resource).or_insert_with(|| Counter {
            name: format!("{} queued", name(recording, resource)),
            lane: Some(lane),
            limit: recording
                .resources
                .get(&resource)
                .and_then(|known| Some(known.capacity? as f64)),
            points: vec![(0, 0.0)],
        })
    }

    /// The lane of a task; code outside named tasks has none.
    fn lane(&mut self, task: u64) -> Option<LaneId> {
        if task == 0 {
            return None;
        }
        if let Some(lane) = self.lanes.get(&task) {
            return Some(*lane);
        }
        let name = self
            .recording
            .tasks
            .get(&task)
            .cloned()
            .unwrap_or_else(|| format!("task {task}"));
        let lane = self.new_lane(name, LaneKind::Task);
        self.lanes.insert(task, lane);
        Some(lane)
    }

    fn channel(&mut self, resource: u32) -> LaneId {
        if let Some(lane) = self.channels.get(&resource) {
            return *lane;
        }
        let lane = self.new_lane(name(self.recording, resource), LaneKind::Resource);
        self.channels.insert(resource, lane);
        lane
    }

    fn new_lane(&mut self, name: String, kind: LaneKind) -> LaneId {
        let id = LaneId(self.timeline.lanes.len() as u32);
        self.timeline.lanes.push(Lane::new(id, name, kind));
        id
    }

    fn span(&mut self, span: Span) {
        self.timeline.spans.push(span);
    }

    fn finish(mut self) -> Timeline {
        let mut open: Vec<(u64, Task)> = std::mem::take(&mut self.tasks).into_iter().collect();
        open.sort_by_key(|(task, _)| *task);
        for (task, state) in open {
            if let Some(lane) = self.lane(task) {
                let end = self.end.max(state.since);
                self.last_span(
                    lane,
                    state.since,
                    end,
                    state.doing,
                    state.waits.first().copied(),
                );
            }
        }
        for ((task, resource), since) in std::mem::take(&mut self.held) {
            for since in since {
                self.hold(task, resource, since, self.end.max(since));
            }
        }
        // A channel that never holds anything says so with a flat line.
        let known: Vec<u32> = self.channels.keys().copied().collect();
        for resource in known {
            let known = self.recording.resources.get(&resource);
            if known.is_none_or(|known| known.kind == ResourceKind::Channel) {
                self.counter(resource);
            }
        }
        self.timeline.counters = self.counters.into_values().collect();
        self.timeline
            .spans
            .sort_by_key(|span| (span.start_ns, span.lane));
        self.timeline
    }
}

fn name(recording: &Recording, resource: u32) -> String {
    let known = recording.resources.get(&resource);
    known.map_or_else(
        || format!("resource {resource}"),
        |known| known.name.clone(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorder::Resource;

    const ORDERS: u32 = 9;
    const STOCK: u32 = 3;
    const SEND: Operation = Operation::Send;
    const RECEIVE: Operation = Operation::Receive;

    fn recording(records: &[(u64, u64, What)]) -> Timeline {
        let tasks = HashMap::from([(1, "producer 1".to_owned()), (2, "consumer 1".to_owned())]);
        let orders = Resource {
            name: "orders".to_owned(),
            kind: ResourceKind::Channel,
            capacity: Some(4),
        };
        let stock = Resource {
            name: "stock".to_owned(),
            kind: ResourceKind::Mutex,
            capacity: None,
        };
        let resources = HashMap::from([(ORDERS, orders), (STOCK, stock)]);
        let records = records
            .iter()
            .map(|(at, task, what)| Record {
                at: *at,
                task: *task,
                what: *what,
            })
            .collect();
        let timeline = timeline(
            Recording {
                records,
                tasks,
                resources,
                dropped: 0,
            },
            1_000,
        );
        timeline.check().expect("well formed");
        timeline
    }

    fn wait(operation: Operation) -> What {
        What::WaitStarted {
            resource: ORDERS,
            operation,
        }
    }

    fn go_on(operation: Operation, by: u64) -> What {
        What::WaitEnded {
            resource: ORDERS,
            operation,
            by,
        }
    }

    fn spans(timeline: &Timeline, lane: u32) -> Vec<String> {
        let name = |lane: LaneId| timeline.lanes[lane.0 as usize].name.clone();
        let text = |span: &Span| {
            let by = span
                .by
                .map(|by| format!(" by {}", name(by)))
                .unwrap_or_default();
            let label = if span.label.is_empty() {
                "runs"
            } else {
                &span.label
            };
            format!("{}-{} {label}{by}", span.start_ns, span.end_ns)
        };
        timeline
            .spans
            .iter()
            .filter(|span| span.lane == LaneId(lane))
            .map(text)
            .collect()
    }

    #[test]
    fn a_rendezvous_lets_both_go() {
        let timeline = recording(&[
            (0, 1, What::Started),
            (5, 2, What::Started),
            (10, 1, wait(SEND)),
            (
                40,
                2,
                What::Received {
                    resource: ORDERS,
                    from: 1,
                },
            ),
            (44, 1, go_on(SEND, 2)),
            (50, 1, What::Ended),
            (60, 2, wait(RECEIVE)),
        ]);
        assert_eq!(
            spans(&timeline, 0),
            ["0-10 runs", "10-44 send by consumer 1", "44-50 runs"]
        );
        assert_eq!(
            spans(&timeline, 1),
            ["5-40 runs", "40-60 runs", "60-1000 receive"]
        );
        let arrow = &timeline.arrows[0];
        assert_eq!(
            (arrow.left_ns, arrow.at_ns),
            (None, 40),
            "handed over directly"
        );
        assert_eq!(timeline.counters[0].points, [(0, 0.0)]);
    }

    #[test]
    fn a_buffered_value_is_on_its_way_for_a_while() {
        let timeline = recording(&[
            (0, 1, What::Started),
            (0, 2, What::Started),
            (
                10,
                1,
                What::Depth {
                    resource: ORDERS,
                    len: 1,
                },
            ),
            (20, 1, wait(SEND)),
            (
                30,
                2,
                What::Received {
                    resource: ORDERS,
                    from: 1,
                },
            ),
            (35, 1, go_on(SEND, 2)),
            (
                70,
                2,
                What::Depth {
                    resource: ORDERS,
                    len: 0,
                },
            ),
            (
                70,
                2,
                What::Received {
                    resource: ORDERS,
                    from: 1,
                },
            ),
        ]);
        let ways: Vec<_> = timeline
            .arrows
            .iter()
            .map(|arrow| (arrow.left_ns, arrow.at_ns))
            .collect();
        assert_eq!(ways, [(Some(10), 30), (Some(35), 70)]);
        let depth = &timeline.counters[0];
        assert_eq!(
            (depth.name.as_str(), depth.limit),
            ("orders queued", Some(4.0))
        );
        assert_eq!(depth.points, [(0, 0.0), (10, 1.0), (70, 0.0)]);
    }

    #[test]
    fn a_task_that_waits_for_whichever_comes_first_waits_once() {
        let other = What::WaitStarted {
            resource: 8,
            operation: RECEIVE,
        };
        let given_up = What::WaitEnded {
            resource: 8,
            operation: RECEIVE,
            by: 0,
        };
        let timeline = recording(&[
            (0, 2, What::Started),
            (10, 2, wait(RECEIVE)),
            (11, 2, other),
            (30, 2, go_on(RECEIVE, 1)),
            (31, 2, given_up),
            (90, 2, What::Ended),
        ]);
        assert_eq!(
            spans(&timeline, 0),
            ["0-10 runs", "10-30 receive by producer 1", "30-90 runs"]
        );
    }

    #[test]
    fn what_is_done_with_each_value_is_a_span() {
        let value = What::Received {
            resource: ORDERS,
            from: 1,
        };
        let timeline = recording(&[
            (0, 2, What::Started),
            (5, 2, wait(RECEIVE)),
            (20, 2, go_on(RECEIVE, 1)),
            (21, 2, value),
            (40, 2, value),
            (70, 2, What::Ended),
        ]);
        let expected = [
            "0-5 runs",
            "5-20 receive by producer 1",
            "20-40 runs",
            "40-70 runs",
        ];
        assert_eq!(spans(&timeline, 0), expected);
    }

    #[test]
    fn a_wait_that_was_given_up_is_let_go_by_nobody() {
        let timeline = recording(&[
            (0, 1, What::Started),
            (10, 1, wait(SEND)),
            (30, 1, go_on(SEND, 0)),
            (31, 1, What::Ended),
        ]);
        assert_eq!(
            spans(&timeline, 0),
            ["0-10 runs", "10-30 send", "30-31 runs"]
        );
        assert!(timeline.arrows.is_empty());
    }

    #[test]
    fn tasks_from_before_the_recording_have_a_lane_too() {
        let timeline = recording(&[(10, 7, wait(RECEIVE)), (30, 7, go_on(RECEIVE, 0))]);
        assert_eq!(timeline.lanes[0].name, "task 7");
        assert_eq!(
            spans(&timeline, 0),
            ["0-10 runs", "10-30 receive", "30-1000 runs"]
        );
    }

    #[test]
    fn what_happens_outside_named_tasks_has_no_lane() {
        let timeline = recording(&[
            (10, 0, wait(RECEIVE)),
            (
                20,
                0,
                What::Received {
                    resource: ORDERS,
                    from: 0,
                },
            ),
            (30, 0, What::Closed { resource: ORDERS }),
        ]);
        assert!(
            timeline
                .lanes
                .iter()
                .all(|lane| lane.kind == LaneKind::Resource)
        );
        assert!(timeline.spans.is_empty() && timeline.arrows.is_empty());
        assert_eq!(timeline.marks[0].label, "orders closed");
    }

    #[test]
    fn a_lock_is_held_and_blocks_those_who_want_it() {
        let stock = STOCK;
        let timeline = recording(&[
            (0, 1, What::Started),
            (0, 2, What::Started),
            (10, 1, What::Acquired { resource: stock }),
            (
                20,
                2,
                What::WaitStarted {
                    resource: stock,
                    operation: Operation::Lock,
                },
            ),
            (50, 1, What::Released { resource: stock }),
            (
                55,
                2,
                What::WaitEnded {
                    resource: stock,
                    operation: Operation::Lock,
                    by: 1,
                },
            ),
            (55, 2, What::Acquired { resource: stock }),
        ]);
        let holds: Vec<_> = timeline
            .spans
            .iter()
            .filter(|span| span.kind == SpanKind::Holding)
            .map(|span| (span.lane.0, span.start_ns, span.end_ns, &*span.label))
            .collect();
        assert_eq!(holds, [(0, 10, 50, "stock"), (1, 55, 1000, "stock")]);
        let wait = timeline
            .spans
            .iter()
            .find(|span| span.kind == SpanKind::Blocked)
            .expect("a wait for a lock blocks its thread");
        assert_eq!((wait.start_ns, wait.end_ns), (20, 55));
        assert_eq!((&*wait.label, wait.by), ("lock", Some(LaneId(0))));
        assert!(timeline.counters.is_empty(), "a lock holds no values");
        timeline.check().expect("a timeline as documented");
    }
}
