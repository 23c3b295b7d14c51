//! Timelines: what is recorded, and the format it is written in. A recording hears all tests: so there is one at a time.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

use collect::timeline::{Timeline, record};
use serde_json::Value;
use sync::{Event, Observer};
use tokio::sync::{Mutex, MutexGuard};

/// Held by each test while it runs.
async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}

/// The events, each checked against the format's rules for its phase.
fn events(timeline: &Timeline) -> Vec<Value> {
    let json: Value = serde_json::from_str(&timeline.chrome_json()).expect("JSON");
    let events = json["traceEvents"]
        .as_array()
        .expect("a list of events")
        .clone();
    for event in &events {
        assert!(event["name"].is_string(), "{event}");
        assert!(event["pid"].is_u64() && event["tid"].is_u64(), "{event}");
        match event["ph"].as_str().expect("a phase") {
            "M" => assert!(event["args"]["name"].is_string(), "{event}"),
            "X" => assert!(
                event["ts"].is_number() && event["dur"].is_number(),
                "{event}"
            ),
            "i" => assert!(event["ts"].is_number() && event["s"] == "t", "{event}"),
            other => panic!("no such phase here: {other}"),
        }
    }
    assert_nested(&events);
    events
}

/// Spans of one row are in each other or apart: the format knows nothing else.
fn assert_nested(events: &[Value]) {
    let mut spans: Vec<(u64, u64, i64, i64)> = events
        .iter()
        .filter(|event| event["ph"] == "X")
        .map(|event| {
            let nanos =
                |key: &str| (event[key].as_f64().expect("a number") * 1000.0).round() as i64;
            let row = |key: &str| event[key].as_u64().expect("a number");
            (
                row("pid"),
                row("tid"),
                nanos("ts"),
                nanos("ts") + nanos("dur"),
            )
        })
        .collect();
    spans.sort_unstable_by_key(|(process, row, from, to)| (*process, *row, *from, -*to));
    let mut open: Vec<(u64, u64, i64)> = Vec::new();
    for (process, row, from, to) in spans {
        while open
            .last()
            .is_some_and(|(p, r, end)| (*p, *r) != (process, row) || *end <= from)
        {
            open.pop();
        }
        if let Some((.., end)) = open.last() {
            assert!(
                to <= *end,
                "row {process}/{row}: {from} to {to} ends after {end}"
            );
        }
        open.push((process, row, to));
    }
}

/// The row of the task of this name.
fn row<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    let named = events
        .iter()
        .find(|event| event["ph"] == "M" && event["pid"] == 2 && event["args"]["name"] == name);
    let id = &named.expect("the task has a row")["tid"];
    let of_row = |event: &&Value| event["pid"] == 2 && event["tid"] == *id && event["ph"] != "M";
    events.iter().filter(of_row).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_shows_when_a_task_ran_and_what_it_waited_for() {
    let _alone = alone().await;
    let recording = record(1 << 16);
    let (sender, receiver) = sync::channel("orders \"<1>\"", 0);
    let consumer = sync::spawn("consumer", async move {
        while let Some(0..2) = receiver.recv().await {}
    });
    let producer = sync::spawn("producer", async move {
        for number in 0..3 {
            tokio::task::yield_now().await;
            sender.send(number).await.expect("there is a receiver");
        }
    });
    producer.await.expect("no panic");
    consumer.await.expect("no panic");
    let timeline = recording.finish();
    assert_eq!(timeline.dropped(), 0);

    let events = events(&timeline);
    let consumer = row(&events, "consumer");
    let started = consumer.iter().find(|event| event["name"] == "started");
    let at = started.expect("it was started")["args"]["at"].as_str();
    assert!(at.expect("a line").contains("tests/timeline.rs"));
    assert!(consumer.iter().any(|event| event["name"] == "ended"));
    let polls = |row: &[&Value]| {
        row.iter()
            .filter(|event| event["name"] == "running")
            .count()
    };
    assert!(polls(&consumer) >= 1);
    let producer = row(&events, "producer");
    assert!(polls(&producer) >= 4, "it yields three times");
    let waits = consumer
        .iter()
        .chain(&producer)
        .filter(|event| event["cat"] == "wait");
    let names: Vec<&str> = waits.filter_map(|wait| wait["name"].as_str()).collect();
    assert!(!names.is_empty(), "somebody waits at a rendezvous");
    for name in names {
        assert!(
            [
                "receive: channel \"orders \\\"<1>\\\"\"",
                "send: channel \"orders \\\"<1>\\\"\""
            ]
            .contains(&name),
            "{name}"
        );
    }
    let on_threads = events
        .iter()
        .filter(|event| event["pid"] == 1 && event["name"] == "producer");
    assert_eq!(
        on_threads.count(),
        polls(&producer),
        "each poll is on a thread"
    );
}

#[tokio::test]
async fn of_too_many_events_the_last_are_kept() {
    let _alone = alone().await;
    let recording = record(8);
    for number in 0..50 {
        let task = sync::spawn(format!("numbered {number}"), async {});
        task.await.expect("no panic");
    }
    let timeline = recording.finish();
    assert_eq!(timeline.events(), 8);
    // A start, an end, and a poll's two.
    assert!(timeline.dropped() >= 50 * 4 - 8);
    let events = events(&timeline);
    let names: Vec<&str> = events
        .iter()
        .filter_map(|event| event["args"]["name"].as_str())
        .collect();
    assert!(
        names.contains(&"numbered 49") && !names.contains(&"numbered 0"),
        "{names:?}"
    );
}

#[tokio::test]
async fn tasks_that_run_already_have_their_names() {
    let _alone = alone().await;
    let (open, gate) = tokio::sync::oneshot::channel::<()>();
    let task = sync::spawn("there before", gate);
    tokio::task::yield_now().await;
    let recording = record(1 << 10);
    open.send(()).expect("it waits");
    task.await.expect("no panic").expect("it was opened");
    let events = events(&recording.finish());
    assert!(
        row(&events, "there before")
            .iter()
            .any(|event| event["name"] == "ended")
    );
}

/// Says when somebody begins to wait for the lock of the test below.
struct Waits(std::sync::Mutex<mpsc::Sender<()>>, sync::ResourceId);

impl Observer for Waits {
    fn event(&self, _at: Instant, event: &Event<'_>) {
        if matches!(event, Event::WaitStarted { resource, .. } if *resource == self.1) {
            let began = self.0.lock().expect("nobody panics with it");
            began.send(()).expect("the test listens");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_that_blocks_the_thread_is_in_the_poll() {
    static LEDGER: sync::Mutex<u32> = sync::Mutex::const_new("ledger", 0);
    let _alone = alone().await;
    let recording = record(1 << 12);
    let (began, waiting) = mpsc::channel();
    let _hook = sync::observe(Arc::new(Waits(std::sync::Mutex::new(began), LEDGER.id())));
    let (hold, held) = mpsc::channel();
    let holder = thread::spawn(move || {
        let mut ledger = LEDGER.lock();
        hold.send(()).expect("the test waits");
        waiting.recv().expect("the task waits");
        *ledger += 1;
    });
    held.recv().expect("the lock is taken");
    let task = sync::spawn("bookkeeper", async { *LEDGER.lock() += 1 });
    task.await.expect("no panic");
    holder.join().expect("no panic");
    let events = events(&recording.finish());
    let row = row(&events, "bookkeeper");
    let wait = row.iter().find(|event| event["cat"] == "wait");
    assert_eq!(wait.expect("it waits")["name"], "lock: mutex \"ledger\"");
}

#[test]
fn what_is_not_finished_ends_with_the_recording() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let _alone = runtime.block_on(alone());
    let (_sender, receiver) = sync::channel::<()>("never", 0);
    let recording = record(1 << 10);
    runtime.block_on(async {
        sync::spawn("waiting still", async move { receiver.recv().await });
        tokio::task::yield_now().await;
    });
    let timeline = recording.finish();
    let events = events(&timeline);
    let row = row(&events, "waiting still");
    let wait = row
        .iter()
        .find(|event| event["cat"] == "wait")
        .expect("it waits");
    assert_eq!(wait["name"], "receive: channel \"never\"");
    let end = wait["ts"].as_f64().expect("a time") + wait["dur"].as_f64().expect("a time");
    assert!((end - timeline.duration().as_nanos() as f64 / 1000.0).abs() < 0.01);
}
