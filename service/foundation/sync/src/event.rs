//! What the hook tells.

use std::panic::Location;
use std::time::Duration;

use crate::{ResourceId, ResourceKind, TaskId};

/// What a task or a resource did.
///
/// Most events are for an [`Observer`](crate::Observer) with [`Interest::All`](crate::Interest::All); [`Event::Waited`]
/// and [`Event::HeldUp`], which happen under contention only, are for those with
/// [`Interest::Contention`](crate::Interest::Contention) too.
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
    /// A task is being polled, on this thread. For observers with [`Interest::Polls`](crate::Interest::Polls), as is its
    /// end.
    PollStarted {
        /// The task.
        task: TaskId,
    },
    /// A poll is over, also by a panic.
    PollEnded {
        /// The task.
        task: TaskId,
    },
    /// Something that tasks can wait for was made. One that was made as a constant is told of when it is first used.
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
        /// What that is.
        kind: ResourceKind,
        /// Its name.
        name: &'a str,
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
        /// Who let it go on: the task at the other end, the one that released what was waited for, or the one that
        /// closed the resource. `None` if that was not a named task, or if the wait was given up.
        by: Option<TaskId>,
    },
    /// A lock was taken, or permits, or an item of a pool.
    Acquired {
        /// Who has it now.
        task: Option<TaskId>,
        /// What was taken.
        resource: ResourceId,
        /// How: a lock may be taken to read or to write.
        operation: Operation,
        /// How many permits; 1 for a lock or an item.
        amount: usize,
    },
    /// What was acquired is given back.
    Released {
        /// Who had acquired it; `None` also if nobody listened then.
        task: Option<TaskId>,
        /// What is given back.
        resource: ResourceId,
        /// How many permits; 1 for a lock or an item.
        amount: usize,
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
    /// The caller has waited. Told by the one that waited, where it goes on: its stack shows what it waited for.
    Waited {
        /// Who waited.
        task: Option<TaskId>,
        /// For what.
        resource: ResourceId,
        /// What that is.
        kind: ResourceKind,
        /// Its name.
        name: &'a str,
        /// To do what.
        operation: Operation,
        /// For how long.
        waited: Duration,
        /// Who let it go on, as in [`Event::WaitEnded`].
        by: Option<TaskId>,
    },
    /// The caller has just given back what others were waiting for. Told after that, by the one that gave it back.
    ///
    /// Of a channel, it is its room that others wait for and its receivers give back.
    HeldUp {
        /// Who gave it back.
        task: Option<TaskId>,
        /// What was given back.
        resource: ResourceId,
        /// What that is.
        kind: ResourceKind,
        /// Its name.
        name: &'a str,
        /// How long others have waited since it was last given back, all of them together: each moment that somebody
        /// waited is in one such event.
        delay: Duration,
    },
}

impl Event<'_> {
    /// True for the events that an observer of [`Interest::Contention`](crate::Interest::Contention) hears.
    pub fn is_contention(&self) -> bool {
        matches!(self, Self::Waited { .. } | Self::HeldUp { .. })
    }
}

/// What a waiting task is about to do, or has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Hand over a value.
    Send,
    /// Take a value.
    Receive,
    /// Take a mutex.
    Lock,
    /// Take a read-write lock together with other readers.
    Read,
    /// Take a read-write lock alone.
    Write,
    /// Take permits of a semaphore.
    Acquire,
    /// Take an item of a pool.
    CheckOut,
}

impl Operation {
    /// A verb that fits after "waits to".
    pub fn verb(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Lock => "lock",
            Self::Read => "read",
            Self::Write => "write",
            Self::Acquire => "acquire",
            Self::CheckOut => "check out",
        }
    }
}
