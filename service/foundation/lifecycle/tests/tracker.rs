//! Draining: what ends by itself, what is cut off, what panics.

use std::time::Duration;

use lifecycle::{Report, Shutdown, Tracker, panics};
use tokio::sync::oneshot;

/// Longer than any of these tests takes; only a bug makes anyone wait for it.
const LONG: Duration = Duration::from_mins(1);

#[tokio::test]
async fn tasks_that_stop_when_asked_have_finished() {
    let (shutdown, tasks) = (Shutdown::new(), Tracker::new());
    for n in 0..3 {
        let asked = shutdown.child().triggered();
        tasks.spawn(format!("worker {n}"), asked);
    }
    assert_eq!(tasks.len(), 3);
    shutdown.trigger("test");
    let report = tasks.drain(LONG).await;
    let expected = Report {
        finished: 3,
        ..Report::default()
    };
    assert_eq!(report, expected);
    assert!(tasks.is_empty());
}

/// Tells when the future that holds it is dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        if let Some(tell) = self.0.take() {
            let _nobody_waits = tell.send(());
        }
    }
}

#[tokio::test]
async fn tasks_that_do_not_stop_are_named_and_aborted() {
    let tasks = Tracker::new();
    let (tell, dropped) = oneshot::channel();
    let guard = Dropped(Some(tell));
    tasks.spawn("deaf", async move {
        let _guard = guard;
        std::future::pending::<()>().await;
    });
    tasks.spawn("quick", async {});
    tasks.spawn("deaf too", std::future::pending());
    let report = tasks.drain(Duration::from_millis(1)).await;
    let names: Vec<_> = report.cut_off.iter().map(|task| &*task.name).collect();
    assert_eq!(names, ["deaf", "deaf too"]);
    let ages: Vec<_> = report.cut_off.iter().map(|task| task.age).collect();
    assert!(ages.is_sorted_by(|a, b| a >= b) && ages[1] >= Duration::from_millis(1));
    assert_eq!(report.finished, 1);
    dropped.await.expect("the task's future is dropped");
    assert_eq!(
        tasks.drain(LONG).await.cut_off,
        Vec::new(),
        "they are gone now"
    );
}

#[tokio::test]
async fn a_panic_is_counted_and_ends_only_its_task() {
    let tasks = Tracker::new();
    let before = panics();
    tasks.spawn("faulty", async { panic!("on purpose") });
    tasks.spawn("sound", async {});
    let report = tasks.drain(LONG).await;
    let expected = Report {
        finished: 2,
        panicked: 1,
        ..Report::default()
    };
    assert_eq!(report, expected);
    assert!(panics() > before);
}

#[tokio::test]
async fn tracked_tasks_are_named_tasks() {
    let tasks = Tracker::new();
    tasks.spawn("visible by name", std::future::pending());
    let found = sync::alive()
        .into_iter()
        .find(|task| &*task.name == "visible by name");
    let location = found.expect("it is alive").location;
    assert!(
        location.file().ends_with("tracker.rs"),
        "the line that spawned it: {location}"
    );
    tasks.drain(Duration::ZERO).await;
}

#[tokio::test]
async fn a_drain_waits_for_tasks_that_tasks_start() {
    let tasks = Tracker::new();
    let inner = tasks.clone();
    let (go, wait) = oneshot::channel::<()>();
    tasks.spawn("outer", async move {
        inner.spawn("inner", async move { wait.await.expect("told to go on") });
    });
    let drain = tokio::spawn(async move { tasks.drain(LONG).await });
    go.send(()).expect("the inner task waits or will");
    assert_eq!(drain.await.expect("no panic").finished, 2);
}

#[tokio::test]
async fn an_adopted_task_is_waited_for_and_its_panic_is_its_owners_too() {
    let tasks = Tracker::new();
    let (go, wait) = oneshot::channel::<u32>();
    let adopted = tasks.adopt("adopted", wait);
    assert_eq!(&*tasks.tasks()[0].name, "adopted", "from the call on");
    let elsewhere = tokio::spawn(adopted);
    let faulty = tokio::spawn(tasks.adopt("faulty", async { panic!("on purpose") }));
    let never_run = tasks.adopt("dropped", async {});
    drop(never_run);

    let drain = tokio::spawn({
        let tasks = tasks.clone();
        async move { tasks.drain(LONG).await }
    });
    go.send(7).expect("it waits or will");
    assert_eq!(elsewhere.await.expect("no panic"), Ok(7));
    let error = faulty.await.expect_err("its owner hears of it");
    let payload = error.into_panic();
    assert_eq!(lifecycle::panic_message(&*payload), "on purpose");
    let expected = Report {
        finished: 2,
        panicked: 1,
        ..Report::default()
    };
    assert_eq!(drain.await.expect("no panic"), expected);
}

#[tokio::test]
async fn an_adopted_task_at_the_deadline_is_named_and_goes_on() {
    let tasks = Tracker::new();
    let (go, wait) = oneshot::channel::<()>();
    let elsewhere = tokio::spawn(tasks.adopt("theirs", wait));
    let report = tasks.drain(Duration::ZERO).await;
    assert_eq!(&*report.cut_off[0].name, "theirs");
    go.send(()).expect("it still runs");
    elsewhere.await.expect("no panic").expect("it was told");
}
