//! Events as they come, the last so many.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::Instant;

use sync::{Event, Interest, Observer, Operation, ResourceId, ResourceKind, TaskId};

/// One event.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Counts from 1 in the order of coming.
    number: u64,
    /// Nanoseconds since the recording began.
    pub(super) at: u64,
    pub(super) task: TaskId,
    /// The thread's number in [`Recorded::threads`].
    pub(super) thread: u32,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Started {
        name: Arc<str>,
        parent: Option<TaskId>,
        location: &'static Location<'static>,
    },
    Ended,
    PollStarted,
    PollEnded,
    WaitStarted(Wait),
    WaitEnded {
        wait: Wait,
        by: Option<TaskId>,
    },
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) resource: ResourceId,
    pub(super) operation: Operation,
}

/// A finished recording.
#[derive(Debug)]
pub(super) struct Recorded {
    /// In the order of time.
    pub(super) records: Vec<Record>,
    pub(super) tasks: HashMap<TaskId, Arc<str>>,
    pub(super) resources: HashMap<ResourceId, (ResourceKind, Arc<str>)>,
    pub(super) threads: HashMap<u32, String>,
    pub(super) dropped: u64,
    /// Nanoseconds from the beginning to the end.
    pub(super) end: u64,
}

impl Recorded {
    /// Whether who waits for this blocks its thread.
    pub(super) fn blocks(&self, wait: Wait) -> bool {
        let kind = self.resources.get(&wait.resource);
        kind.is_some_and(|(kind, _)| kind.blocks())
    }
}

/// The observer. Each event takes the next place, and with it the lock of that place alone: threads do not wait for each
/// other unless they are a whole round apart.
pub(super) struct Ring {
    id: u64,
    began: Instant,
    next: AtomicU64,
    places: Box<[Mutex<Option<Record>>]>,
    names: RwLock<Names>,
}

/// Names, which come seldom. Bounded by the number of events that are kept.
#[derive(Default)]
struct Names {
    tasks: HashMap<TaskId, Arc<str>>,
    resources: HashMap<ResourceId, (ResourceKind, Arc<str>)>,
    threads: HashMap<u32, String>,
}

impl Observer for Ring {
    fn event(&self, at: Instant, event: &Event<'_>) {
        if let Event::WaitStarted {
            task: Some(_),
            resource,
            kind,
            name,
            ..
        } = *event
        {
            self.name(resource, kind, name);
        }
        if let Some((task, what)) = read(event) {
            self.push(at, task, what);
        }
    }

    fn interest(&self) -> Interest {
        Interest::Polls
    }
}

/// The part of an event that is kept. Waits outside of named tasks are nobody's row.
fn read(event: &Event<'_>) -> Option<(TaskId, What)> {
    Some(match *event {
        Event::TaskStarted {
            task,
            name,
            parent,
            location,
        } => (
            task,
            What::Started {
                name: name.into(),
                parent,
                location,
            },
        ),
        Event::TaskEnded { task } => (task, What::Ended),
        Event::PollStarted { task } => (task, What::PollStarted),
        Event::PollEnded { task } => (task, What::PollEnded),
        Event::WaitStarted {
            task: Some(task),
            resource,
            operation,
            ..
        } => (
            task,
            What::WaitStarted(Wait {
                resource,
                operation,
            }),
        ),
        Event::WaitEnded {
            task: Some(task),
            resource,
            operation,
            by,
        } => (
            task,
            What::WaitEnded {
                wait: Wait {
                    resource,
                    operation,
                },
                by,
            },
        ),
        _ => return None,
    })
}

impl Ring {
    pub(super) fn new(events: usize) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let alive = sync::alive().into_iter().rev().take(events);
        let tasks = alive.map(|task| (task.id, task.name)).collect();
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            began: Instant::now(),
            next: AtomicU64::new(0),
            places: (0..events).map(|_| Mutex::default()).collect(),
            names: RwLock::new(Names {
                tasks,
                ..Names::default()
            }),
        }
    }

    fn push(&self, at: Instant, task: TaskId, what: What) {
        let thread = self.thread();
        let number = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let index = (number - 1) % self.places.len() as u64;
        let Some(place) = self.places.get(index as usize) else {
            return;
        };
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        // A thread that was late by a whole round must not undo what came after it.
        if place.as_ref().is_none_or(|record| record.number < number) {
            *place = Some(Record {
                number,
                at: at.saturating_duration_since(self.began).as_nanos() as u64,
                task,
                thread,
                what,
            });
        }
    }

    fn name(&self, resource: ResourceId, kind: ResourceKind, name: &str) {
        // Most have been heard of before: those who tell of them do not wait for each other.
        if self.names().resources.contains_key(&resource) {
            return;
        }
        let mut names = self.names_to_add();
        if names.resources.len() < self.places.len() {
            names.resources.insert(resource, (kind, name.into()));
        }
    }

    /// This thread's number; its name is noted the first time.
    fn thread(&self) -> u32 {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
        thread_local! {
            static MINE: Cell<(u32, u64)> = const { Cell::new((0, 0)) };
        }
        let (mut number, noted) = MINE.get();
        if number == 0 {
            number = NEXT.fetch_add(1, Ordering::Relaxed);
        }
        if noted != self.id {
            let name = thread::current().name().unwrap_or("thread").to_owned();
            let mut names = self.names_to_add();
            if names.threads.len() < self.places.len() {
                names.threads.insert(number, name);
            }
            MINE.set((number, self.id));
        }
        number
    }

    /// What has been recorded; the observer is removed already.
    pub(super) fn take(&self) -> Recorded {
        let end = self.began.elapsed().as_nanos() as u64;
        let records = self.places.iter().filter_map(|place| {
            let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
            place.take()
        });
        let mut records: Vec<Record> = records.collect();
        records.sort_unstable_by_key(|record| (record.at, record.number));
        let total = self.next.load(Ordering::Relaxed);
        let Names {
            mut tasks,
            resources,
            threads,
        } = std::mem::take(&mut *self.names_to_add());
        for record in &records {
            if let What::Started { name, .. } = &record.what {
                tasks.insert(record.task, Arc::clone(name));
            }
        }
        // Those whose start came too early to be kept.
        for task in sync::alive() {
            if records.len() as u64 == total {
                break;
            }
            tasks.insert(task.id, task.name);
        }
        Recorded {
            dropped: total.saturating_sub(records.len() as u64),
            records,
            tasks,
            resources,
            threads,
            end,
        }
    }

    fn names(&self) -> RwLockReadGuard<'_, Names> {
        self.names.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn names_to_add(&self) -> RwLockWriteGuard<'_, Names> {
        self.names.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("places", &self.places.len())
            .finish_non_exhaustive()
    }
}
