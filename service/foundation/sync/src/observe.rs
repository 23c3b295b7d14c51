//! The one hook that hears what tasks and resources do.

use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use crate::TaskId;

/// Hears every [`Event`] of this process from the moment it is installed with [`observe`].
pub trait Observer: Send + Sync {
    /// Is called where the event happens, with the time at which it did.
    ///
    /// Events of one resource come one after another, in their true order, because they are told while the resource
    /// is locked. So be quick, and use nothing of this crate in here other than [`current`](crate::current): events that
    /// an observer causes are not told to anyone.
    fn event(&self, at: Instant, event: &Event<'_>);
}

/// What a task or a resource did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A named task was spawned or adopted.
    TaskStarted {
        /// The new task.
        task: TaskId,
        /// Its name, not necessarily unique.
        name: &'a str,
        /// The named task that started it, if one did.
        parent: Option<TaskId>,
        /// The line that started it.
        location: &'static Location<'static>,
    },
    /// A task finished, panicked or was aborted.
    TaskEnded {
        /// The task.
        task: TaskId,
    },
    /// Something that tasks can wait for was made.
    ResourceCreated {
        /// The new resource.
        resource: ResourceId,
        /// What it is.
        kind: ResourceKind,
        /// Its name, not necessarily unique.
        name: &'a str,
        /// How much it holds, where that means something.
        capacity: Option<usize>,
    },
    /// A task could not go on and began to wait.
    WaitStarted {
        /// Who waits; `None` for code outside named tasks.
        task: Option<TaskId>,
        /// For what.
        resource: ResourceId,
        /// To do what.
        operation: Operation,
    },
    /// A wait is over: the task runs again, or gave up.
    WaitEnded {
        /// Who waited.
        task: Option<TaskId>,
        /// For what.
        resource: ResourceId,
        /// To do what.
        operation: Operation,
        /// Who let it go on: the task at the other end, or the one that closed the resource. `None` if that was not a
        /// named task, or if the wait was given up.
        by: Option<TaskId>,
    },
    /// A value went from one task to another.
    Transferred {
        /// Who sent it.
        from: Option<TaskId>,
        /// Who has it now.
        to: Option<TaskId>,
        /// Through what.
        resource: ResourceId,
    },
    /// The number of values a resource holds has changed.
    Depth {
        /// The resource.
        resource: ResourceId,
        /// How many it holds now.
        len: usize,
    },
    /// A resource was closed: nothing more goes in.
    ResourceClosed {
        /// The resource.
        resource: ResourceId,
    },
}

/// What kind of thing tasks wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResourceKind {
    /// A [`channel`](crate::channel()).
    Channel,
}

/// What a waiting task is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Hand over a value.
    Send,
    /// Take a value.
    Receive,
}

/// Identity of a resource, unique in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(u64);

impl ResourceId {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The number behind it: counts from 1 in the order of creation.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

type Subscribers = Vec<(u64, Arc<dyn Observer>)>;

static ACTIVE: AtomicBool = AtomicBool::new(false);
static SUBSCRIBERS: RwLock<Option<Arc<Subscribers>>> = RwLock::new(None);

thread_local! {
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Installs an observer. It stays until the guard is dropped; several may be installed at once.
///
/// It hears nothing of what happened before: list the tasks that run already with [`alive`](crate::alive).
#[must_use = "dropping the guard removes the observer at once"]
pub fn observe(observer: Arc<dyn Observer>) -> Guard {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    change(|subscribers| subscribers.push((id, observer)));
    Guard { id }
}

/// Keeps an observer installed; removes it when dropped.
#[derive(Debug)]
pub struct Guard {
    id: u64,
}

impl Drop for Guard {
    fn drop(&mut self) {
        change(|subscribers| subscribers.retain(|(id, _)| *id != self.id));
    }
}

/// True while anyone listens.
#[inline]
pub(crate) fn active() -> bool {
    ACTIVE.load(Ordering::Relaxed)
}

/// Tells the event to everyone who listens; `event` is not even built when nobody does.
#[inline]
pub(crate) fn tell<'a>(event: impl FnOnce() -> Event<'a>) {
    if active() {
        tell_all(&event());
    }
}

#[cold]
fn tell_all(event: &Event<'_>) {
    let Some(subscribers) = read() else { return };
    if TELLING.replace(true) {
        return;
    }
    let _telling = Telling;
    let now = Instant::now();
    for (_, observer) in subscribers.iter() {
        observer.event(now, event);
    }
}

/// Ends the telling even when an observer panics.
struct Telling;

impl Drop for Telling {
    fn drop(&mut self) {
        TELLING.set(false);
    }
}

fn read() -> Option<Arc<Subscribers>> {
    SUBSCRIBERS
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

fn change(edit: impl FnOnce(&mut Subscribers)) {
    let mut current = SUBSCRIBERS.write().unwrap_or_else(PoisonError::into_inner);
    let mut next = current.as_deref().cloned().unwrap_or_default();
    edit(&mut next);
    ACTIVE.store(!next.is_empty(), Ordering::Relaxed);
    *current = (!next.is_empty()).then(|| Arc::new(next));
}
