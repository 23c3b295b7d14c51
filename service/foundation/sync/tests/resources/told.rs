//! What observers hear of locks, semaphores and pools.

use std::convert::Infallible;
use std::sync::{Arc, Condvar};
use std::task::Poll;
use std::time::{Duration, Instant};

use sync::{
    AsyncMutex, AsyncRwLock, Event, Interest, Mutex, Observer, Operation, Pool, ResourceId,
    ResourceKind, RwLock, Semaphore, TaskId, observe,
};
use tokio::task::yield_now;

use crate::poll::poll;

/// Keeps what was said of resources, without times.
struct Recorder {
    interest: Interest,
    seen: std::sync::Mutex<Vec<Seen>>,
    changed: Condvar,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Created(ResourceId, ResourceKind, String, Option<usize>),
    Wait(Option<TaskId>, ResourceId, Operation),
    Go(Option<TaskId>, ResourceId, Operation, Option<TaskId>),
    Acquired(Option<TaskId>, ResourceId, Operation, usize),
    Released(Option<TaskId>, ResourceId, usize),
    Waited(Option<TaskId>, ResourceId, Operation, Option<TaskId>),
    HeldUp(Option<TaskId>, ResourceId),
    Other,
}

impl Seen {
    fn of(&self) -> Option<ResourceId> {
        Some(match self {
            Self::Created(id, ..)
            | Self::Wait(_, id, _)
            | Self::Go(_, id, ..)
            | Self::Acquired(_, id, ..)
            | Self::Released(_, id, _)
            | Self::Waited(_, id, ..)
            | Self::HeldUp(_, id) => *id,
            Self::Other => return None,
        })
    }
}

impl Recorder {
    fn start(interest: Interest) -> (Arc<Self>, sync::Guard) {
        let recorder = Arc::new(Self {
            interest,
            seen: std::sync::Mutex::default(),
            changed: Condvar::new(),
        });
        let guard = observe(recorder.clone());
        (recorder, guard)
    }

    fn of(&self, id: ResourceId) -> Vec<Seen> {
        let seen = self.seen.lock().expect("no panic");
        seen.iter()
            .filter(|seen| seen.of() == Some(id))
            .cloned()
            .collect()
    }

    /// Returns once that was told.
    fn until(&self, expected: &Seen) {
        let seen = self.seen.lock().expect("no panic");
        let (_seen, timeout) = self
            .changed
            .wait_timeout_while(seen, Duration::from_mins(1), |seen| {
                !seen.contains(expected)
            })
            .expect("no panic");
        assert!(!timeout.timed_out(), "{expected:?} was not told");
    }
}

impl Observer for Recorder {
    fn interest(&self) -> Interest {
        self.interest
    }

    fn event(&self, _at: Instant, event: &Event<'_>) {
        assert!(self.interest == Interest::All || event.is_contention());
        let seen = match *event {
            Event::ResourceCreated {
                resource,
                kind,
                name,
                capacity,
            } => Seen::Created(resource, kind, name.to_owned(), capacity),
            Event::WaitStarted {
                task,
                resource,
                operation,
                ..
            } => Seen::Wait(task, resource, operation),
            Event::WaitEnded {
                task,
                resource,
                operation,
                by,
            } => Seen::Go(task, resource, operation, by),
            Event::Acquired {
                task,
                resource,
                operation,
                amount,
            } => Seen::Acquired(task, resource, operation, amount),
            Event::Released {
                task,
                resource,
                amount,
            } => Seen::Released(task, resource, amount),
            Event::Waited {
                task,
                resource,
                operation,
                by,
                ..
            } => Seen::Waited(task, resource, operation, by),
            Event::HeldUp {
                task,
                resource,
                delay,
                ..
            } => {
                assert!(!delay.is_zero());
                Seen::HeldUp(task, resource)
            }
            _ => Seen::Other,
        };
        self.seen.lock().expect("no panic").push(seen);
        self.changed.notify_all();
    }
}

fn me() -> TaskId {
    sync::current().expect("in a named task")
}

/// One task holds, another waits, the first lets go. Gives who they were.
async fn contend<H: Send + 'static>(
    hold: impl Future<Output = H> + Send + 'static,
    wait: impl Future<Output = ()> + Send + 'static,
) -> (Option<TaskId>, Option<TaskId>) {
    let holder = sync::spawn("holder", async move {
        let held = hold.await;
        yield_now().await;
        yield_now().await;
        drop(held);
        me()
    });
    yield_now().await;
    let waiter = sync::spawn("waiter", async move {
        wait.await;
        me()
    });
    let holder = holder.await.expect("no panic");
    (Some(holder), Some(waiter.await.expect("no panic")))
}

/// What is told when `holder` has had it and `waiter` waits for it and has it then.
fn handed_over(
    id: ResourceId,
    (holder, how): (Option<TaskId>, Operation),
    (waiter, operation): (Option<TaskId>, Operation),
) -> [Seen; 8] {
    [
        Seen::Acquired(holder, id, how, 1),
        Seen::Wait(waiter, id, operation),
        Seen::Released(holder, id, 1),
        Seen::HeldUp(holder, id),
        Seen::Go(waiter, id, operation, holder),
        Seen::Waited(waiter, id, operation, holder),
        Seen::Acquired(waiter, id, operation, 1),
        Seen::Released(waiter, id, 1),
    ]
}

#[tokio::test]
async fn async_resources_tell_who_waited_for_whom() {
    let (recorder, _guard) = Recorder::start(Interest::All);
    let one = Arc::new(AsyncMutex::new("lock", ()));
    let (id, other) = (one.id(), Arc::clone(&one));
    let (holder, waiter) = contend(one.lock_owned(), async move {
        drop(other.lock().await);
    })
    .await;
    let lock = Operation::Lock;
    let created = Seen::Created(id, ResourceKind::AsyncMutex, "lock".to_owned(), None);
    assert_eq!(recorder.of(id)[0], created);
    assert_eq!(
        recorder.of(id)[1..],
        handed_over(id, (holder, lock), (waiter, lock))
    );

    let one = Arc::new(AsyncRwLock::new("prices", ()));
    let (id, other) = (one.id(), Arc::clone(&one));
    let (holder, waiter) = contend(Arc::clone(&one).write_owned(), async move {
        drop(other.read().await);
    })
    .await;
    assert_eq!(
        recorder.of(id)[1..],
        handed_over(id, (holder, Operation::Write), (waiter, Operation::Read))
    );
    let told = recorder.of(id).len();
    let other = Arc::clone(&one);
    let (holder, waiter) = contend(one.read_owned(), async move {
        drop(other.write().await);
    })
    .await;
    assert_eq!(
        recorder.of(id)[told..],
        handed_over(id, (holder, Operation::Read), (waiter, Operation::Write))
    );

    let one = Arc::new(Semaphore::new("permits", 1));
    let (id, other) = (one.id(), Arc::clone(&one));
    let (holder, waiter) = contend(one.acquire_owned(), async move {
        drop(other.acquire().await);
    })
    .await;
    let created = Seen::Created(id, ResourceKind::Semaphore, "permits".to_owned(), Some(1));
    assert_eq!(recorder.of(id)[0], created);
    let acquire = Operation::Acquire;
    assert_eq!(
        recorder.of(id)[1..],
        handed_over(id, (holder, acquire), (waiter, acquire))
    );

    let one = Pool::new("items", 1, || async { Ok::<_, Infallible>(()) });
    let (id, other) = (one.id(), one.clone());
    let (holder, waiter) = contend(async move { one.get().await }, async move {
        drop(other.get().await);
    })
    .await;
    let check_out = Operation::CheckOut;
    assert_eq!(
        recorder.of(id)[1..],
        handed_over(id, (holder, check_out), (waiter, check_out))
    );
}

#[test]
fn blocking_locks_tell_who_waited_for_whom() {
    let (recorder, _guard) = Recorder::start(Interest::All);
    let mutex = Mutex::new("blocking", ());
    let id = mutex.id();
    let (holder, waiter) = in_two_threads(
        |until| {
            let held = mutex.lock();
            until();
            drop(held);
        },
        || drop(mutex.lock()),
        &recorder,
        |waiter| Seen::Wait(Some(waiter), id, Operation::Lock),
    );
    let lock = Operation::Lock;
    assert_sequence(
        &recorder.of(id)[1..],
        &handed_over(id, (holder, lock), (waiter, lock)),
    );

    let rwlock = RwLock::new("prices", ());
    let id = rwlock.id();
    let (holder, waiter) = in_two_threads(
        |until| {
            let held = rwlock.write();
            until();
            drop(held);
        },
        || drop(rwlock.read()),
        &recorder,
        |waiter| Seen::Wait(Some(waiter), id, Operation::Read),
    );
    assert_sequence(
        &recorder.of(id)[1..],
        &handed_over(id, (holder, Operation::Write), (waiter, Operation::Read)),
    );
}

/// The holder tells that it held others up when it no longer holds the lock, so that may come at any later point.
#[track_caller]
fn assert_sequence(seen: &[Seen], expected: &[Seen]) {
    let without = |events: &[Seen]| -> Vec<Seen> {
        let others = events
            .iter()
            .filter(|seen| !matches!(seen, Seen::HeldUp(..)));
        others.cloned().collect()
    };
    assert_eq!(without(seen), without(expected));
    assert_eq!(seen.len(), expected.len(), "{seen:?}");
}

/// A named task in each of two threads: one holds until the other is told to wait.
fn in_two_threads(
    hold: impl FnOnce(&mut dyn FnMut()) + Send,
    wait: impl FnOnce() + Send,
    recorder: &Recorder,
    waits: impl Fn(TaskId) -> Seen + Send,
) -> (Option<TaskId>, Option<TaskId>) {
    let (ready, go) = std::sync::mpsc::channel();
    let (name, named) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let holder = scope.spawn(move || {
            run(sync::adopt("holder", async move {
                hold(&mut || {
                    ready.send(()).expect("the waiter is there");
                    let waiter = named.recv().expect("the waiter is there");
                    recorder.until(&waits(waiter));
                });
                me()
            }))
        });
        let waiter = scope.spawn(move || {
            run(sync::adopt("waiter", async move {
                go.recv().expect("the holder is there");
                name.send(me()).expect("the holder is there");
                wait();
                me()
            }))
        });
        let holder = holder.join().expect("no panic");
        (Some(holder), Some(waiter.join().expect("no panic")))
    })
}

/// Runs a future that blocks instead of waiting.
fn run<F: Future>(future: F) -> F::Output {
    match poll(&mut Box::pin(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("it blocks"),
    }
}

#[tokio::test]
async fn a_wait_that_is_given_up_ends_by_nobody_and_still_counts() {
    let (recorder, _guard) = Recorder::start(Interest::All);
    let mutex = AsyncMutex::new("given up", ());
    let semaphore = Semaphore::new("given up", 1);
    let (held, permit) = (mutex.lock().await, semaphore.acquire().await);
    let told = [mutex.id(), semaphore.id()].map(|id| recorder.of(id).len());
    tokio::select! {
        biased;
        _ = mutex.lock() => unreachable!("it is held"),
        _ = semaphore.acquire() => unreachable!("it is held"),
        () = yield_now() => {}
    }
    for (id, operation, told) in [
        (mutex.id(), Operation::Lock, told[0]),
        (semaphore.id(), Operation::Acquire, told[1]),
    ] {
        assert_eq!(
            recorder.of(id)[told..],
            [
                Seen::Wait(None, id, operation),
                Seen::Go(None, id, operation, None),
                Seen::Waited(None, id, operation, None),
            ]
        );
    }
    drop((held, permit));
}

#[tokio::test]
async fn who_listens_to_contention_hears_of_nothing_else() {
    let (recorder, _guard) = Recorder::start(Interest::Contention);
    let one = Arc::new(AsyncMutex::new("lock", ()));
    for _ in 0..10 {
        drop(one.lock().await);
    }
    let (id, other) = (one.id(), Arc::clone(&one));
    assert_eq!(recorder.of(id), []);
    let (holder, waiter) = contend(one.lock_owned(), async move {
        drop(other.lock().await);
    })
    .await;
    assert_eq!(
        recorder.of(id),
        [
            Seen::HeldUp(holder, id),
            Seen::Waited(waiter, id, Operation::Lock, holder),
        ]
    );
    let (sender, receiver) = sync::channel("belt", 1);
    let id = sender.id();
    sender.send(1).await.expect("room");
    let waiter = sync::spawn("waiter", async move {
        sender.send(2).await.expect("room in the end");
        me()
    });
    yield_now().await;
    assert_eq!(receiver.recv().await, Some(1));
    let waiter = Some(waiter.await.expect("no panic"));
    assert_eq!(
        recorder.of(id),
        [
            Seen::HeldUp(None, id),
            Seen::Waited(waiter, id, Operation::Send, None),
        ]
    );
}
