//! Named tasks: who they are, who started them, which are alive and what each is doing.

mod clock;
mod probe;
mod record;
mod tracked;

use std::fmt;
use std::num::NonZeroU64;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

pub use probe::{Probe, Probing, Subject, probe};
pub use record::{alive, alive_count, task_name};
use tracked::Tracked;
pub use tracked::current;

/// Starts a task under a name on the runtime this is called in.
///
/// The task counts as alive until it finishes, panics or is aborted. Dropping the handle leaves it running.
///
/// # Panics
/// Outside a tokio runtime, as `tokio::spawn` does.
#[track_caller]
pub fn spawn<F>(name: impl Into<Arc<str>>, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(Tracked::new(name.into(), Location::caller(), future))
}

/// Makes a named task of a future without spawning it: for `main`'s own future, or for one that something else spawns.
///
/// It counts as alive from this call until the returned future finishes or is dropped.
#[track_caller]
pub fn adopt<F: Future>(name: &str, future: F) -> impl Future<Output = F::Output> + use<F> {
    Tracked::new(name.into(), Location::caller(), future)
}

/// Identity of a named task, unique in this process and never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(NonZeroU64);

impl TaskId {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NonZeroU64::MIN.saturating_add(NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// The number behind it: counts from 1 in the order of starting.
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is known of a task that is alive.
///
/// Times come from the system's coarse clock, which moves every 1 to 10 ms: reading it twice in each poll costs less
/// than reading the precise one once.
#[derive(Debug, Clone)]
pub struct TaskInfo {
    /// Its identity.
    pub id: TaskId,
    /// Its name, not necessarily unique.
    pub name: Arc<str>,
    /// The named task that started it, if one did.
    pub parent: Option<TaskId>,
    /// The line that started it.
    pub location: &'static Location<'static>,
    /// How long ago it was started.
    pub age: Duration,
    /// What it is doing.
    pub state: TaskState,
    /// For how long it has been doing that.
    pub since: Duration,
    /// How many times it has been polled; a poll that a [`Probe`] asked for does not count.
    pub polls: u64,
    /// How long its polls took together, the one that runs left out. Each poll's part is a whole number of the clock's
    /// ticks, too many as often as too few: right over many polls, not for a single one.
    pub busy: Duration,
}

/// What a task is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskState {
    /// It was started and has not been polled yet.
    New,
    /// It is being polled: it runs, or blocks its thread.
    Running,
    /// Its last poll left it waiting. Whether it has been woken since is known to its runtime alone.
    Idle,
    /// It has finished, panicked, or been aborted.
    Ended,
}
