//! Named tasks that somebody waits for.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
    /// Missing for the moment between entering the task here and its spawn.
    abort: Option<AbortHandle>,
}

/// How a drain went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Tasks that ended by themselves since the tracker was made, those that panicked included.
    pub finished: usize,
    /// Of these, how many panicked.
    pub panicked: usize,
    /// Names of the tasks that still ran at the deadline, in the order of their start.
    pub cut_off: Vec<String>,
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
        let (id, what) = (entry.id, Arc::clone(&name));
        let future = self.tasks.track_future(async move {
            let entry = entry;
            let outcome = AssertUnwindSafe(future).catch_unwind().await;
            if let Err(payload) = &outcome {
                report_panic(&format!("task {what:?}"), &**payload);
            }
            entry.finished(outcome.is_err());
        });
        let handle = sync::spawn(name, future).abort_handle();
        if let Some(running) = self.lock().running.get_mut(&id) {
            running.abort = Some(handle);
        }
    }

    /// How many tasks run.
    pub fn len(&self) -> usize {
        self.lock().running.len()
    }

    /// True if no task runs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until every task has ended, but not longer than `deadline`; then aborts those that are left.
    ///
    /// Ask them to stop first, with a [`Shutdown`](crate::Shutdown). An aborted task ends at its next `await`: one
    /// that blocks its thread is reported and stays. What a task leaves behind by being dropped is its own affair.
    pub async fn drain(&self, deadline: Duration) -> Report {
        self.tasks.close();
        let in_time = tokio::time::timeout(deadline, self.tasks.wait()).await;
        let state = self.lock();
        let cut_off = if in_time.is_ok() {
            Vec::new()
        } else {
            state.cut_off()
        };
        Report {
            finished: state.finished,
            panicked: state.panicked,
            cut_off,
        }
    }

    fn enter(&self, name: Arc<str>) -> Entry {
        let mut state = self.lock();
        let id = state.next;
        state.next += 1;
        state.running.insert(id, Running { name, abort: None });
        drop(state);
        Entry {
            id,
            state: Arc::clone(&self.state),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    fn cut_off(&self) -> Vec<String> {
        for running in self.running.values() {
            if let Some(abort) = &running.abort {
                abort.abort();
            }
        }
        self.running
            .values()
            .map(|running| running.name.to_string())
            .collect()
    }
}

/// A task's place in the tracker. It lives in the task's future, so that an aborted task leaves too.
struct Entry {
    id: u64,
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
