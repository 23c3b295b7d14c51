use std::pin::pin;
use std::task::{Poll, Waker};

use lab_format::draw::{self, SvgOptions, TerminalOptions};
use lab_format::{Knobs, SpanKind};

use super::*;
use crate::{Context, thread};

fn records(recording: &Recording) -> usize {
    recording
        .threads
        .iter()
        .map(|(_, records)| records.len())
        .sum()
}

#[test]
fn what_does_not_fit_is_counted() {
    let tape = Tape::new(false);
    for _ in 0..MOST_RECORDS + 7 {
        tape.add(Instant::now(), 1, What::Started);
    }
    let recording = tape.take();
    assert_eq!(
        records(&recording) + recording.dropped as usize,
        MOST_RECORDS + 7
    );
    assert!((7..5_000).contains(&recording.dropped));
}

#[test]
fn each_thread_has_its_part_and_nothing_is_lost() {
    const EACH: u32 = 10_000;
    let tape = Tape::new(false);
    std::thread::scope(|scope| {
        for task in 1..=4 {
            let tape = &tape;
            let work = move || {
                for len in 0..EACH {
                    let resource = task;
                    tape.add(Instant::now(), task, What::Depth { resource, len });
                }
            };
            let name = format!("thread {task}");
            let builder = std::thread::Builder::new().name(name);
            builder.spawn_scoped(scope, work).expect("a thread");
        }
    });
    let recording = tape.take();
    assert_eq!((recording.threads.len(), recording.dropped), (4, 0));
    for (name, records) in &recording.threads {
        let expected = format!("thread {}", records[0].task);
        assert_eq!(*name, expected);
        let lens = records.iter().map(|record| match record.what {
            What::Depth { len, .. } => len,
            other => panic!("{other:?}"),
        });
        assert!(lens.eq(0..EACH), "in their order");
        assert!(records.is_sorted_by_key(|record| record.at));
    }
}

#[test]
fn a_recording_does_not_hear_of_another() {
    let (first, second) = (Tape::new(false), Tape::new(false));
    first.add(Instant::now(), 1, What::Started);
    second.add(Instant::now(), 2, What::Started);
    first.add(Instant::now(), 1, What::Ended);
    assert_eq!(records(&first.take()), 2);
    assert_eq!(records(&second.take()), 1);
}

#[test]
fn names_without_end_are_not_kept_without_end() {
    let tape = Tape::new(false);
    for task in 0..MOST_NAMES + 9 {
        tape.name(|| Name::Task(task as u32, "task".to_owned()));
    }
    assert_eq!(tape.take().tasks.len(), MOST_NAMES);
}

/// The output of a future that need not wait.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut std::task::Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nobody else is there"),
    }
}

/// Sends and receives in a thread of its own, three events each time, and locks, two.
fn busy_thread(lab: &Context, number: usize, rounds: usize) -> std::thread::JoinHandle<()> {
    thread(lab, &format!("clerk {number}"), move || {
        let (sender, receiver) = sync::channel(&format!("desk {number}"), 1);
        let till = sync::Mutex::new(format!("till {number}"), 0);
        for round in 0..rounds {
            at_once(sender.send(round)).expect("there is a receiver");
            assert_eq!(at_once(receiver.recv()), Some(round));
            *till.lock() += 1;
        }
    })
}

#[tokio::test]
async fn a_million_events_become_a_timeline_that_can_be_drawn() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 50_000;
    let lab = Context::new(Knobs::new(), None, false, false);
    let work = async {
        let clerks: Vec<_> = (1..=THREADS)
            .map(|number| busy_thread(&lab, number, ROUNDS))
            .collect();
        for clerk in clerks {
            clerk.join().expect("does not panic");
        }
    };
    let ((), timeline) = lab.watch(work).await;
    timeline.check().expect("well formed");
    assert_eq!(timeline.dropped, 0);
    for number in 1..=THREADS {
        let lane = |name: String| {
            let lane = timeline.lanes.iter().find(|lane| lane.name == name);
            lane.expect("a lane").id
        };
        let clerk = lane(format!("clerk {number}"));
        let holds = timeline
            .spans
            .iter()
            .filter(|span| span.lane == clerk && span.kind == SpanKind::Holding);
        assert_eq!(holds.count(), ROUNDS);
        let values = timeline.arrows.iter();
        let values = values.filter(|arrow| arrow.from_lane == clerk && arrow.to_lane == clerk);
        assert_eq!(values.count(), ROUNDS);
        let desk = lane(format!("desk {number}"));
        let depth = timeline
            .counters
            .iter()
            .find(|counter| counter.lane == Some(desk));
        // Each value in and out, and the beginning.
        assert_eq!(depth.expect("counted").points.len(), 2 * ROUNDS + 1);
    }

    let small = timeline.shrunk(100_000);
    small.check().expect("well formed");
    assert!(small.spans.len() <= 100_000);
    let svg = draw::svg(&small, &SvgOptions::default());
    let nodes = svg.matches('<').count() - svg.matches("</").count();
    assert!(nodes <= 5_000, "{nodes} elements");
    assert!(svg.contains(" spans summed up"));
    let terminal = draw::terminal(&small, &TerminalOptions::default());
    assert!(terminal.contains("clerk 4"), "{terminal}");
}
