use sync::ResourceKind;

use super::*;
use crate::recorder::Resource;

const ORDERS: u32 = 9;
const STOCK: u32 = 3;
const SEND: Operation = Operation::Send;
const RECEIVE: Operation = Operation::Receive;

fn recording(records: &[(u64, u32, What)]) -> Timeline {
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
        .collect::<Vec<_>>();
    let known = Recording {
        tasks,
        resources,
        labels: HashMap::from([(1, "pack".to_owned()), (2, "parcels".to_owned())]),
        limits: HashMap::from([(2, 8.0)]),
        polls: records
            .iter()
            .any(|record| record.what == What::PollStarted),
        dropped: 0,
        threads: vec![("worker 1".to_owned(), records)],
    };
    let timeline = timeline(known, 1_000);
    timeline.check().expect("well formed");
    timeline
}

fn wait(operation: Operation) -> What {
    What::WaitStarted {
        resource: ORDERS,
        operation,
    }
}

fn go_on(operation: Operation, by: u32) -> What {
    What::WaitEnded {
        resource: ORDERS,
        operation,
        by,
    }
}

fn spans(timeline: &Timeline, lane: u32) -> Vec<String> {
    let name = |lane| timeline.lane(lane).expect("a lane").name.clone();
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

const PACK: u32 = 1;
const PARCELS: u32 = 2;

fn starts(kind: SpanKind) -> What {
    What::SpanStarted { label: PACK, kind }
}

fn ends(kind: SpanKind) -> What {
    What::SpanEnded { label: PACK, kind }
}

#[test]
fn what_the_lab_calls_it_names_what_runs() {
    let timeline = recording(&[
        (0, 1, What::Started),
        (10, 1, starts(SpanKind::Running)),
        (20, 1, wait(SEND)),
        (40, 1, go_on(SEND, 2)),
        (60, 1, ends(SpanKind::Running)),
        (70, 1, starts(SpanKind::Waiting)),
        (90, 1, ends(SpanKind::Waiting)),
        (100, 1, What::Ended),
    ]);
    let expected = [
        "0-10 runs",
        "10-20 pack",
        "20-40 send by consumer 1",
        "40-60 pack",
        "60-70 runs",
        "70-90 pack",
        "90-100 runs",
    ];
    assert_eq!(spans(&timeline, 0), expected);
}

#[test]
fn what_the_lab_counts_has_its_name_and_limit() {
    let count = |value| What::Count {
        counter: PARCELS,
        value,
    };
    let timeline = recording(&[(10, 0, count(3.0)), (20, 0, count(1.5))]);
    let counter = &timeline.counters[0];
    assert_eq!(
        (counter.name.as_str(), counter.limit),
        ("parcels", Some(8.0))
    );
    assert_eq!(counter.points, [(0, 0.0), (10, 3.0), (20, 1.5)]);
}

#[test]
fn with_polls_a_task_runs_only_while_it_is_polled() {
    let timeline = recording(&[
        (0, 1, What::Started),
        (10, 1, What::PollStarted),
        (20, 1, wait(SEND)),
        (21, 1, What::PollEnded),
        (40, 1, What::PollStarted),
        (41, 1, go_on(SEND, 2)),
        (50, 1, What::PollEnded),
        (80, 1, What::PollStarted),
        (90, 1, What::PollEnded),
        (90, 1, What::Ended),
    ]);
    let task = timeline
        .lanes
        .iter()
        .find(|lane| lane.kind == LaneKind::Task);
    let expected = [
        "0-10 run",
        "10-20 runs",
        "20-41 send by consumer 1",
        "41-50 runs",
        "50-80 runs",
        "80-90 runs",
    ];
    let task = task.expect("it has a lane").id;
    assert_eq!(spans(&timeline, task.0), expected);
    let waits = timeline
        .spans
        .iter()
        .filter(|span| span.lane == task && span.kind == SpanKind::Waiting)
        .map(|span| (span.start_ns, span.end_ns));
    assert!(waits.eq([(0, 10), (20, 41), (50, 80)]));
    assert_eq!(timeline.lanes[0].kind, LaneKind::Worker, "workers first");
    let expected = ["10-21 producer 1", "40-50 producer 1", "80-90 producer 1"];
    assert_eq!(spans(&timeline, timeline.lanes[0].id.0), expected);
}
