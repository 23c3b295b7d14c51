//! Named tasks: who they are, who started them, which are alive.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU64;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::observe::{Event, tell};

tokio::task_local! {
    static CURRENT: TaskId;
}

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
    tokio::spawn(track(name.into(), Location::caller(), future))
}

/// Makes a named task of a future without spawning it: for `main`'s own future, or for one that something else spawns.
///
/// It counts as alive from this call until the returned future finishes or is dropped.
#[track_caller]
pub fn adopt<F: Future>(name: &str, future: F) -> impl Future<Output = F::Output> + use<F> {
    track(name.into(), Location::caller(), future)
}

fn track<F: Future>(
    name: Arc<str>,
    location: &'static Location<'static>,
    future: F,
) -> impl Future<Output = F::Output> {
    let alive = Alive::register(name, location);
    CURRENT.scope(alive.id, async move {
        let _alive = alive;
        future.await
    })
}

/// The named task that this code runs in, if it runs in one.
pub fn current() -> Option<TaskId> {
    CURRENT.try_with(|id| *id).ok()
}

/// Every named task that has not ended, oldest first.
pub fn alive() -> Vec<TaskInfo> {
    let now = Instant::now();
    let mut tasks = Vec::new();
    for shard in TABLE.iter() {
        tasks.extend(lock(shard).iter().map(|(id, entry)| entry.info(*id, now)));
    }
    tasks.sort_unstable_by_key(|task| task.id);
    tasks
}

/// How many named tasks have not ended.
pub fn alive_count() -> usize {
    TABLE.iter().map(|shard| lock(shard).len()).sum()
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
}

/// Entries are spread over several locks, so that spawning scales with threads.
const SHARDS: u64 = 16;

static TABLE: LazyLock<Vec<Shard>> =
    LazyLock::new(|| (0..SHARDS).map(|_| Shard::default()).collect());

type Shard = Mutex<HashMap<TaskId, Entry>>;

struct Entry {
    name: Arc<str>,
    parent: Option<TaskId>,
    location: &'static Location<'static>,
    started: Instant,
}

impl Entry {
    fn info(&self, id: TaskId, now: Instant) -> TaskInfo {
        TaskInfo {
            id,
            name: Arc::clone(&self.name),
            parent: self.parent,
            location: self.location,
            age: now.saturating_duration_since(self.started),
        }
    }
}

/// Keeps a task in the table; lives inside the task's future, so however the task ends, it ends here.
struct Alive {
    id: TaskId,
}

impl Alive {
    fn register(name: Arc<str>, location: &'static Location<'static>) -> Self {
        let (task, parent) = (TaskId::next(), current());
        tell(|| Event::TaskStarted {
            task,
            name: &name,
            parent,
            location,
        });
        let entry = Entry {
            name,
            parent,
            location,
            started: Instant::now(),
        };
        lock(shard(task)).insert(task, entry);
        Self { id: task }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        lock(shard(self.id)).remove(&self.id);
        tell(|| Event::TaskEnded { task: self.id });
    }
}

fn shard(id: TaskId) -> &'static Shard {
    &TABLE[(id.get() % SHARDS) as usize]
}

fn lock(shard: &Shard) -> MutexGuard<'_, HashMap<TaskId, Entry>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
