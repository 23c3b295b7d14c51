//! What an observer hears.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use sync::{Event, Observer, Operation, ResourceId, ResourceKind, TaskId, channel, observe};
use tokio::task::yield_now;

/// Keeps, of all events in this process, the lines about one channel and its tasks.
#[derive(Default)]
struct Recorder {
    seen: Mutex<Vec<Seen>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Started(TaskId, String, Option<TaskId>, u32),
    Ended(TaskId),
    Created(ResourceId, String, Option<usize>),
    Wait(Option<TaskId>, ResourceId, Operation),
    Go(Option<TaskId>, ResourceId, Operation, Option<TaskId>),
    Transferred(Option<TaskId>, Option<TaskId>, ResourceId),
    Depth(ResourceId, usize),
    Closed(ResourceId),
}

impl Observer for Recorder {
    fn event(&self, _at: Instant, event: &Event<'_>) {
        let seen = match event {
            Event::TaskStarted {
                task,
                name,
                parent,
                location,
            } => Seen::Started(*task, (*name).to_owned(), *parent, location.line()),
            Event::TaskEnded { task } => Seen::Ended(*task),
            Event::ResourceCreated {
                resource,
                kind,
                name,
                capacity,
            } => {
                assert_eq!(*kind, ResourceKind::Channel);
                Seen::Created(*resource, (*name).to_owned(), *capacity)
            }
            Event::WaitStarted {
                task,
                resource,
                operation,
                ..
            } => Seen::Wait(*task, *resource, *operation),
            Event::WaitEnded {
                task,
                resource,
                operation,
                by,
            } => Seen::Go(*task, *resource, *operation, *by),
            Event::Transferred { from, to, resource } => Seen::Transferred(*from, *to, *resource),
            Event::Depth { resource, len } => Seen::Depth(*resource, *len),
            Event::ResourceClosed { resource } => Seen::Closed(*resource),
            _ => return,
        };
        self.seen.lock().expect("no test panics in here").push(seen);
    }
}

impl Recorder {
    /// What was heard of one resource.
    fn of(&self, id: ResourceId) -> Vec<Seen> {
        let about = |seen: &Seen| match *seen {
            Seen::Started(..) | Seen::Ended(..) => false,
            Seen::Created(resource, ..)
            | Seen::Wait(_, resource, _)
            | Seen::Go(_, resource, ..)
            | Seen::Transferred(.., resource)
            | Seen::Depth(resource, _)
            | Seen::Closed(resource) => resource == id,
        };
        self.seen
            .lock()
            .expect("no test panics in here")
            .iter()
            .filter(|seen| about(seen))
            .cloned()
            .collect()
    }

    fn of_task(&self, id: TaskId) -> Vec<Seen> {
        let about = |seen: &Seen| matches!(*seen, Seen::Started(task, ..) | Seen::Ended(task) if task == id);
        self.seen
            .lock()
            .expect("no test panics in here")
            .iter()
            .filter(|seen| about(seen))
            .cloned()
            .collect()
    }
}

fn me() -> TaskId {
    sync::current().expect("in a named task")
}

#[tokio::test]
async fn a_rendezvous_names_who_waited_for_whom() {
    let recorder = Arc::new(Recorder::default());
    let _guard = observe(recorder.clone());
    let (sender, receiver) = channel("meeting", 0);
    let id = sender.id();
    // On one thread: the consumer waits first, the producer lets it go on, and the other way round.
    let consumer = sync::spawn("consumer", async move {
        let first = receiver.recv().await;
        (me(), first, receiver)
    });
    yield_now().await;
    let producer = sync::spawn("producer", async move {
        sender.send(1).await.expect("the consumer waits");
        (me(), sender)
    });
    let (consumer, first, receiver) = consumer.await.expect("no panic");
    let (producer, sender) = producer.await.expect("no panic");
    assert_eq!(first, Some(1));

    let (c, p) = (Some(consumer), Some(producer));
    assert_eq!(
        recorder.of(id),
        [
            Seen::Created(id, "meeting".to_owned(), Some(0)),
            Seen::Wait(c, id, Operation::Receive),
            Seen::Wait(p, id, Operation::Send),
            Seen::Go(c, id, Operation::Receive, p),
            Seen::Transferred(p, c, id),
            Seen::Go(p, id, Operation::Send, c),
        ]
    );
    drop((sender, receiver));
    assert_eq!(recorder.of(id).last(), Some(&Seen::Closed(id)));
}

#[tokio::test]
async fn a_full_buffer_blames_the_receiver_and_a_close_the_closer() {
    let recorder = Arc::new(Recorder::default());
    let _guard = observe(recorder.clone());
    let (sender, receiver) = channel("belt", 1);
    let id = sender.id();
    let producer = sync::spawn("producer", async move {
        sender.send(1).await.expect("room");
        sender.send(2).await.expect("room in the end");
        sender.send(3).await.expect_err("closed meanwhile");
        me()
    });
    yield_now().await;
    let consumer = sync::spawn("consumer", async move {
        assert_eq!(receiver.recv().await, Some(1));
        yield_now().await;
        receiver.close();
        assert_eq!(receiver.recv().await, Some(2));
        me()
    });
    let (p, c) = (
        Some(producer.await.expect("no panic")),
        Some(consumer.await.expect("no panic")),
    );
    assert_eq!(
        recorder.of(id),
        [
            Seen::Created(id, "belt".to_owned(), Some(1)),
            Seen::Depth(id, 1),
            Seen::Wait(p, id, Operation::Send),
            Seen::Transferred(p, c, id),
            Seen::Go(p, id, Operation::Send, c),
            Seen::Wait(p, id, Operation::Send),
            Seen::Closed(id),
            Seen::Depth(id, 0),
            Seen::Transferred(p, c, id),
            Seen::Go(p, id, Operation::Send, c),
        ]
    );
}

#[tokio::test]
async fn a_wait_that_is_given_up_ends_by_nobody() {
    let recorder = Arc::new(Recorder::default());
    let _guard = observe(recorder.clone());
    let (sender, receiver) = channel::<u8>("empty", 0);
    let id = sender.id();
    let task = sync::spawn("impatient", async move {
        tokio::select! {
            biased;
            _ = receiver.recv() => unreachable!("nothing is sent"),
            () = yield_now() => me(),
        }
    });
    let task = Some(task.await.expect("no panic"));
    assert_eq!(
        recorder.of(id)[1..3],
        [
            Seen::Wait(task, id, Operation::Receive),
            Seen::Go(task, id, Operation::Receive, None),
        ]
    );
}

#[tokio::test]
async fn tasks_are_told_with_their_parents_and_lines() {
    let recorder = Arc::new(Recorder::default());
    let _guard = observe(recorder.clone());
    let line = line!() + 1;
    let parent = sync::spawn("parent", async {
        let child = sync::spawn("child", async { me() })
            .await
            .expect("no panic");
        (me(), child)
    });
    let (parent, child) = parent.await.expect("no panic");
    assert_eq!(
        recorder.of_task(parent),
        [
            Seen::Started(parent, "parent".to_owned(), None, line),
            Seen::Ended(parent)
        ]
    );
    assert_eq!(
        recorder.of_task(child),
        [
            Seen::Started(child, "child".to_owned(), Some(parent), line + 1),
            Seen::Ended(child),
        ]
    );
}

#[test]
fn an_observer_hears_nothing_after_its_guard_and_several_hear_the_same() {
    let (first, second) = (Arc::new(Recorder::default()), Arc::new(Recorder::default()));
    let first_guard = observe(first.clone());
    let _second_guard = observe(second.clone());
    let (both, _receiver) = channel::<u8>("both", 0);
    drop(first_guard);
    let (one, _receiver) = channel::<u8>("one", 0);
    assert_eq!(first.of(both.id()).len(), 1);
    assert_eq!(second.of(both.id()).len(), 1);
    assert_eq!(first.of(one.id()), []);
    assert_eq!(second.of(one.id()).len(), 1);
}

#[test]
fn an_observer_that_uses_the_crate_does_not_hear_itself() {
    #[derive(Default)]
    struct Maker(Mutex<usize>);
    impl Observer for Maker {
        fn event(&self, _at: Instant, event: &Event<'_>) {
            if matches!(
                event,
                Event::ResourceCreated {
                    name: "outer" | "inner",
                    ..
                }
            ) {
                *self.0.lock().expect("no panic") += 1;
                drop(channel::<u8>("inner", 0));
            }
        }
    }
    let maker = Arc::new(Maker::default());
    let _guard = observe(maker.clone());
    drop(channel::<u8>("outer", 0));
    assert_eq!(*maker.0.lock().expect("no panic"), 1);
}
