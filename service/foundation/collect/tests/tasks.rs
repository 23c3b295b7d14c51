//! Dumps of this process's tasks. A dump sees the tasks of all tests, some of which are made not to answer: so there is
//! one test at a time.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::Duration;

use collect::tasks::{Dump, Group, Task, dump};
use profile::{LabelValue, Profile};
use sync::TaskState;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Mutex, MutexGuard, oneshot};
use tokio::task::yield_now;

/// Long enough for any machine; a dump that nothing keeps waiting is over long before.
const PATIENCE: Duration = Duration::from_mins(1);

/// Held by each test while it runs.
async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}

fn named<'a>(dump: &'a Dump, name: &'a str) -> impl Iterator<Item = &'a Task> {
    dump.tasks().iter().filter(move |task| &*task.name == name)
}

fn one<'a>(dump: &'a Dump, name: &'a str) -> &'a Task {
    let mut tasks = named(dump, name);
    let task = tasks.next().expect("the task is in the dump");
    assert!(tasks.next().is_none(), "{name} is there once");
    task
}

fn group<'a>(groups: &'a [Group<'a>], name: &str) -> &'a Group<'a> {
    let has = |group: &&Group<'_>| group.names.iter().any(|(known, _)| &**known == name);
    groups.iter().find(has).expect("the group is there")
}

fn two_workers() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Waits until a task of this name is idle: it has been polled and waits.
async fn until_idle(name: &str, count: usize) {
    let idle = || {
        let tasks = sync::alive().into_iter();
        tasks
            .filter(|task| &*task.name == name && task.state == TaskState::Idle)
            .count()
    };
    while idle() < count {
        yield_now().await;
    }
}

#[test]
fn ten_thousand_tasks_answer_and_none_is_missing() {
    const COUNT: usize = 10_000;
    let runtime = two_workers();
    let alone = runtime.block_on(alone());
    runtime.block_on(async {
        let (stop, stopped) = tokio::sync::watch::channel(());
        for _ in 0..COUNT {
            let mut stopped = stopped.clone();
            sync::spawn("one of many", async move { stopped.changed().await });
        }
        until_idle("one of many", COUNT).await;
        let dump = dump(PATIENCE).await.expect("a dump");
        assert_eq!(named(&dump, "one of many").count(), COUNT);
        assert!(named(&dump, "one of many").all(|task| task.asked && task.answered));
        let groups = dump.groups();
        let many = group(&groups, "one of many");
        assert_eq!(
            (many.count, &many.names[..]),
            (COUNT, &[("one of many".into(), COUNT)][..])
        );
        drop(stop);
    });
    // Their end is not for the next test to wait for.
    drop(runtime);
    drop(alone);
}

/// Short tasks come and go while a dump waits for a slow one: they were there when it was asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_has_answered_and_then_ended_is_there() {
    let _alone = alone().await;
    let (open, mut gate) = oneshot::channel::<()>();
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&polls);
    sync::spawn(
        "short",
        poll_fn(move |context| {
            let polled = Pin::new(&mut gate).poll(context);
            counted.fetch_add(1, Ordering::SeqCst);
            polled
        }),
    );
    until_idle("short", 1).await;
    let is_there = || sync::alive().iter().any(|task| &*task.name == "short");
    let (mut open, mut is_asked) = (Some(open), false);
    let slow = sync::spawn(
        "slow",
        poll_fn(move |_| {
            if !std::mem::replace(&mut is_asked, true) {
                return Poll::Pending;
            }
            while polls.load(Ordering::SeqCst) < 2 {
                std::thread::yield_now();
            }
            let open = open.take().expect("it ends with this poll");
            // By another thread: this worker would keep for itself whom it wakes.
            let opened = std::thread::spawn(move || open.send(()));
            let sent = opened.join().expect("no panic");
            sent.expect("the short one waits");
            while is_there() {
                std::thread::yield_now();
            }
            Poll::Ready(())
        }),
    );
    until_idle("slow", 1).await;
    let dump = dump(PATIENCE).await.expect("a dump");
    slow.await.expect("no panic");
    assert!(one(&dump, "short").answered);
    assert_eq!(
        named(&dump, "slow").count(),
        0,
        "it ended when it was asked"
    );
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod traces {
    use super::*;

    /// Traces depend on compiler flags; a build without them says why there are none, and these tests have no object.
    fn available() -> bool {
        collect::tasks::supported().is_ok()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_trace_leads_through_async_functions_to_the_wait() {
        #[inline(never)]
        async fn inner(gate: oneshot::Receiver<()>) {
            let _ = gate.await;
        }
        #[inline(never)]
        async fn outer(gate: oneshot::Receiver<()>) {
            inner(gate).await;
        }
        let _alone = alone().await;
        let (_open, gate) = oneshot::channel();
        sync::spawn("traced", outer(gate));
        until_idle("traced", 1).await;
        let dump = dump(PATIENCE).await.expect("a dump");
        let task = one(&dump, "traced");
        assert!(task.answered);
        if !available() {
            assert!(dump.trace(task).is_none());
            assert_eq!(dump.doing(task), "waiting");
            assert!(dump.text(1).contains("no traces"));
            return;
        }
        let trace = dump.trace(task).expect("a trace");
        assert_eq!((trace.reason, trace.stacks.len()), ("chan receive", 1));
        let [leaf, .., root] = &trace.stacks[0][..] else {
            panic!("more than one frame: {trace:?}");
        };
        assert!(
            leaf.name.starts_with("<tokio::sync::oneshot::Receiver<T>"),
            "{leaf:?}"
        );
        assert!(root.file.ends_with("tests/tasks.rs"), "{root:?}");
        let lines = trace.stacks[0]
            .iter()
            .filter(|frame| frame.file.ends_with("tests/tasks.rs"));
        assert_eq!(
            lines.filter(|frame| frame.line > 0).count(),
            2,
            "inner and outer: {trace:?}"
        );
    }

    #[tokio::test]
    async fn a_wait_for_several_things_has_a_stack_for_each() {
        let _alone = alone().await;
        let (_first, one_gate) = oneshot::channel::<()>();
        let (sender, other_gate) = sync::channel::<()>("gate", 0);
        sync::spawn("choosing", async move {
            tokio::select! {
                _ = one_gate => {}
                _ = other_gate.recv() => {}
            }
        });
        until_idle("choosing", 1).await;
        let dump = dump(PATIENCE).await.expect("a dump");
        if available() {
            let trace = dump.trace(one(&dump, "choosing")).expect("a trace");
            assert_eq!((trace.reason, trace.stacks.len()), ("select", 2));
        }
        let profile = dump.profile();
        assert_eq!(
            profile.total(0),
            dump.tasks().len() as i64,
            "each task counts once"
        );
        drop(sender);
    }

    #[tokio::test]
    async fn a_dump_takes_no_wake_up_from_anyone() {
        let _alone = alone().await;
        let (sender, receiver) = sync::channel("numbers", 0);
        let consumer = sync::spawn("counting", async move {
            let mut sum = 0;
            while let Some(number) = receiver.recv().await {
                sum += number;
            }
            sum
        });
        let producer = sync::spawn("producing", async move {
            for number in 0..2_000_u64 {
                sender.send(number).await.expect("there is a receiver");
            }
        });
        while !consumer.is_finished() {
            let dump = dump(PATIENCE).await.expect("a dump");
            assert!(dump.stuck().all(|task| !task.name.ends_with("ing")));
        }
        producer.await.expect("no panic");
        assert_eq!(consumer.await.expect("no panic"), 1_999_000);
    }
}

#[test]
fn a_blocked_worker_is_named_and_keeps_nobody_else_from_answering() {
    let runtime = two_workers();
    let _alone = runtime.block_on(alone());
    let (begin, begun) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    runtime.spawn(sync::adopt("blocking", async move {
        begin.send(()).expect("the test waits");
        // The worst there is: a task that blocks its thread.
        let _ = released.recv();
    }));
    begun.recv().expect("the task begins");
    runtime.spawn(sync::adopt("not blocked", std::future::pending::<()>()));
    let other = Builder::new_current_thread().build().expect("a runtime");
    let dump = other
        .block_on(dump(Duration::from_millis(200)))
        .expect("a dump although a worker is blocked");
    let blocking = one(&dump, "blocking");
    assert!(blocking.asked && !blocking.answered);
    assert_eq!(
        (blocking.state, dump.doing(blocking)),
        (TaskState::Running, "running")
    );
    assert!(blocking.location.file().ends_with("tests/tasks.rs"));
    assert!(dump.stuck().any(|task| task.id == blocking.id));
    let text = dump.text(2);
    assert!(text.contains("\"blocking\" [running, "), "{text}");
    assert!(
        dump.text(1).contains("no answer: task "),
        "{}",
        dump.text(1)
    );
    let profile = dump.profile();
    let state = |state: &str| LabelValue::Text(state.into());
    assert!(profile.samples.iter().any(|sample| {
        let has = |value: LabelValue| sample.labels.iter().any(|label| label.value == value);
        has(state("blocking")) && has(state("running"))
    }));
    release.send(()).expect("the task waits");
}

#[test]
fn tasks_that_never_ran_are_told_from_those_that_wait() {
    // Nobody polls what is on this runtime.
    let idle = Builder::new_current_thread().build().expect("a runtime");
    let _alone = idle.block_on(alone());
    idle.spawn(sync::adopt("never polled", async {}));
    let other = Builder::new_current_thread().build().expect("a runtime");
    let dump = other
        .block_on(dump(Duration::from_millis(50)))
        .expect("a dump");
    let task = one(&dump, "never polled");
    assert_eq!(
        (task.state, task.polls, task.answered),
        (TaskState::New, 0, false)
    );
    assert_eq!(dump.doing(task), "runnable");
}

#[test]
fn tasks_of_several_runtimes_are_in_one_dump() {
    let (many, single) = (
        two_workers(),
        Builder::new_current_thread().build().expect("a runtime"),
    );
    let _many = many.enter();
    sync::spawn("on many threads", std::future::pending::<()>());
    single.block_on(async {
        let _alone = alone().await;
        sync::spawn("on one thread", std::future::pending::<()>());
        until_idle("on many threads", 1).await;
        until_idle("on one thread", 1).await;
        let dump = dump(PATIENCE).await.expect("a dump");
        for name in ["on many threads", "on one thread"] {
            let task = one(&dump, name);
            // It waits for something that can never wake it, so there is no way to it.
            assert!(task.answered && dump.trace(task).is_none());
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_panics_or_ends_when_it_is_asked_is_not_in_the_dump() {
    let _alone = alone().await;
    for end in ["panics when asked", "ends when asked"] {
        let mut polls = 0;
        let task = sync::spawn(
            end,
            poll_fn(move |_| {
                polls += 1;
                assert!(polls == 1 || end.starts_with("ends"), "on purpose");
                if polls == 1 {
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            }),
        );
        until_idle(end, 1).await;
        let dump = dump(PATIENCE).await.expect("a dump");
        assert_eq!(named(&dump, end).count(), 0);
        assert_eq!(task.await.is_err(), end.starts_with("panics"));
    }
}

#[tokio::test]
async fn a_task_that_has_been_idle_is_so_still_after_a_dump() {
    let _alone = alone().await;
    let (_open, gate) = oneshot::channel::<()>();
    sync::spawn("looked at", gate);
    until_idle("looked at", 1).await;
    let first = dump(PATIENCE).await.expect("a dump");
    let second = dump(PATIENCE).await.expect("a dump");
    let (before, after) = (one(&first, "looked at"), one(&second, "looked at"));
    assert_eq!((before.polls, after.polls), (1, 1));
    assert!(after.since >= before.since && after.age >= before.age);
}

#[tokio::test]
async fn whoever_asks_at_the_same_time_gets_what_was_there_when_asking() {
    let _alone = alone().await;
    let (_open, gate) = tokio::sync::watch::channel(());
    let mut dumps = Vec::new();
    for number in 0..5 {
        let name = format!("there before {number}");
        let mut gate = gate.clone();
        sync::spawn(name.clone(), async move { gate.changed().await });
        dumps.push(tokio::spawn(async move {
            let dump = dump(PATIENCE).await.expect("a dump");
            assert!(one(&dump, &name).answered);
        }));
        yield_now().await;
    }
    for dump in dumps {
        dump.await.expect("no panic");
    }
}

#[tokio::test]
async fn the_profile_is_gos_goroutine_profile() {
    let _alone = alone().await;
    let (_open, gate) = tokio::sync::watch::channel(());
    for number in 0..250 {
        let mut gate = gate.clone();
        let name = if number < 50 {
            "profiled".to_owned()
        } else {
            format!("profiled {number}")
        };
        sync::spawn(name, async move { gate.changed().await });
    }
    until_idle("profiled 249", 1).await;
    let dump = dump(PATIENCE).await.expect("a dump");
    let profile = Profile::decode(&dump.profile().encode_gzip()).expect("a profile");
    assert_eq!(
        profile.sample_types,
        [profile::ValueType::new("goroutine", "count")]
    );
    assert_eq!(profile.total(0), dump.tasks().len() as i64);
    assert!(profile.time_nanos > 0);
    let labelled = |name: Option<&str>| {
        let samples = profile.samples.iter().filter(move |sample| {
            let spawned_here = sample.labels.iter().any(|label| {
                &*label.key == "spawned"
                    && matches!(&label.value, LabelValue::Text(line) if line.contains("tests/tasks.rs"))
            });
            let named = sample.labels.iter().find(|label| &*label.key == "name");
            spawned_here && named.map(|label| &label.value) == name.map(|name| LabelValue::Text(name.into())).as_ref()
        });
        samples.map(|sample| sample.value(0)).sum::<i64>()
    };
    assert_eq!(labelled(Some("profiled")), 50);
    assert_eq!(labelled(None), 101, "of 201 names a hundred are told apart");
}
