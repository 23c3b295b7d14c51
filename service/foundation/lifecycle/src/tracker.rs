//! Named tasks that somebody waits for.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;

use crate::panics::report_panic;

/// Runs named tasks and waits for all of them. Clones share the tasks.
///
/// A task that panics ends alone: the panic is counted in [`panics`](crate::panics()) and logged.
#[derive(Debug, Clone, Default)]
pub struct Tracker {
    tasks: TaskTracker,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    running: BTreeMap<u64, Running>,
    finished: usize,
    panicked: usize,
}

#[derive(Debug)]
struct Running {
    name: Arc<str>,
    started: Instant,
    /// Missing for the moment between entering the task here and its spawn, and for a task that somebody else runs.
    abort: Option<AbortHandle>,
}

/// A task that runs, or ran until it was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// Its name, not necessarily unique.
    pub name: Arc<str>,
    /// How long it has been running.
    pub age: Duration,
}

/// How a drain went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Tasks that ended by themselves since the tracker was made, those that panicked included.
    pub finished: usize,
    /// Of these, how many panicked.
    pub panicked: usize,
    /// The tasks that still ran at the deadline, oldest first.
    pub cut_off: Vec<Tracked>,
}

impl Tracker {
    /// A tracker without tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a named task on the runtime this is called in.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[track_caller]
    pub fn spawn<F>(&self, name: impl Into<Arc<str>>, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let name = name.into();
        let entry = self.enter(Arc::clone(&name));
        let id = entry.id;
        let handle = sync::spawn(name, self.track(entry, future).map(drop)).abort_handle();
        if let Some(running) = self.lock().running.get_mut(&id) {
            running.abort = Some(handle);
        }
    }

    /// Adopts a future that somebody else runs: awaits, spawns, or hands to a library that does. From this call until it
    /// ends or is dropped it is a named task of this tracker, which [`drain`](Self::drain) waits for and reports, but
    /// cannot abort. A panic is counted and logged, and goes on to whoever runs the future.
    #[track_caller]
    pub fn adopt<F: Future>(
        &self,
        name: &str,
        future: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        let entry = self.enter(name.into());
        let tracked = self
            .track(entry, future)
            .map(|outcome| outcome.unwrap_or_else(|payload| resume_unwind(payload)));
        sync::adopt(name, tracked)
    }

    /// The tasks that run, oldest first.
    pub fn tasks(&self) -> Vec<Tracked> {
        self.lock().tasks()
    }

    /// How many tasks run.
    pub fn len(&self) -> usize {
        self.lock().running.len()
    }

    /// True if no task runs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many tasks have ended by themselves, and how many of these panicked.
    pub fn ended(&self) -> (usize, usize) {
        let state = self.lock();
        (state.finished, state.panicked)
    }

    /// Waits until every task has ended, but not longer than `deadline`; then aborts those that are left, and waits for a
    /// moment until they are dropped with all they hold.
    ///
    /// Ask them to stop first, with a [`Shutdown`](crate::Shutdown). An aborted task ends at its next `await`: one
    /// that blocks its thread is reported and stays, and so does an adopted one. What a task leaves behind by being
    /// dropped is its own affair.
    pub async fn drain(&self, deadline: Duration) -> Report {
        // ANCHOR: drain
        self.tasks.close();
        let in_time = tokio::time::timeout(deadline, self.tasks.wait()).await;
        let cut_off = if in_time.is_ok() {
            Vec::new()
        } else {
            self.cut_off().await
        };
        // ANCHOR_END: drain
        let (finished, panicked) = self.ended();
        Report {
            finished,
            panicked,
            cut_off,
        }
    }

    async fn cut_off(&self) -> Vec<Tracked> {
        let (left, handles): (_, Vec<_>) = {
            let state = self.lock();
            let handles = state.running.values().filter_map(|task| task.abort.clone());
            (state.tasks(), handles.collect())
        };
        handles.iter().for_each(AbortHandle::abort);
        let _blocked_or_gone = tokio::time::timeout(DROPPED_WITHIN, self.tasks.wait()).await;
        left
    }

    /// The future with its place in the tracker, which it leaves when it ends or is dropped.
    fn track<F: Future>(
        &self,
        entry: Entry,
        future: F,
    ) -> impl Future<Output = std::thread::Result<F::Output>> + use<F> {
        self.tasks.track_future(async move {
            let outcome = AssertUnwindSafe(future).catch_unwind().await;
            if let Err(payload) = &outcome {
                report_panic(&format!("task {:?}", entry.name), &**payload);
            }
            entry.finished(outcome.is_err());
            outcome
        })
    }

    fn enter(&self, name: Arc<str>) -> Entry {
        let mut state = self.lock();
        let id = state.next;
        state.next += 1;
        let running = Running {
            name: Arc::clone(&name),
            started: Instant::now(),
            abort: None,
        };
        state.running.insert(id, running);
        drop(state);
        Entry {
            id,
            name,
            state: Arc::clone(&self.state),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// How long aborted tasks have to be dropped: at once, unless one blocks its thread.
const DROPPED_WITHIN: Duration = Duration::from_millis(100);

impl State {
    fn tasks(&self) -> Vec<Tracked> {
        let now = Instant::now();
        let tasks = self.running.values().map(|running| Tracked {
            name: Arc::clone(&running.name),
            age: now.saturating_duration_since(running.started),
        });
        tasks.collect()
    }
}

impl fmt::Display for Tracked {
    /// `mailer (for 3.2 s)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (for {:.1} s)", self.name, self.age.as_secs_f64())
    }
}

/// A task's place in the tracker. It lives in the task's future, so that an aborted task leaves too.
struct Entry {
    id: u64,
    name: Arc<str>,
    state: Arc<Mutex<State>>,
}

impl Entry {
    fn finished(self, panicked: bool) {
        let mut state = lock(&self.state);
        state.finished += 1;
        state.panicked += usize::from(panicked);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        lock(&self.state).running.remove(&self.id);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
