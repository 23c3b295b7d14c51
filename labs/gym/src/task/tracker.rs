//! Tasks counted, as `tokio_util::task::TaskTracker`.

use super::JoinHandle;
use crate::record;
use crate::sync::{Op, at_once};
use std::panic::Location;
use std::sync::Arc;
use tokio::sync::watch;

/// Counts tasks, keeps nothing of them, and waits until all are over. Clones count together.
#[derive(Clone, Debug)]
pub struct TaskTracker(Arc<Tracked>);

#[derive(Debug)]
struct Tracked {
    state: watch::Sender<State>,
    resource: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    tasks: usize,
    closed: bool,
}

impl TaskTracker {
    /// Open, without a task.
    #[track_caller]
    pub fn new() -> TaskTracker {
        TaskTracker(Arc::new(Tracked {
            state: watch::Sender::default(),
            resource: record::resource("tracker", Location::caller()),
        }))
    }

    /// Runs `future` as a task that is counted.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let name = format!("task of line {}", Location::caller().line());
        super::start(name.into(), false, self.track_future(future))
    }

    /// `future`, counted from now on until it is over or dropped.
    pub fn track_future<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let token = self.token();
        async move {
            let _token = token;
            future.await
        }
    }

    /// Counts until it is dropped.
    pub fn token(&self) -> TaskTrackerToken {
        self.change("count one more", |state| state.tasks += 1);
        TaskTrackerToken(self.clone())
    }

    /// From now on, who waits goes on once no task is left. Tasks may still be spawned. False if it
    /// was closed already.
    pub fn close(&self) -> bool {
        self.change("close", |state| !std::mem::replace(&mut state.closed, true))
    }

    /// The contrary of `close`.
    pub fn reopen(&self) -> bool {
        self.change("reopen", |state| std::mem::take(&mut state.closed))
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.look(|state| state.closed)
    }

    /// How many tasks are not over.
    pub fn len(&self) -> usize {
        self.look(|state| state.tasks)
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until it is closed and no task is left.
    pub async fn wait(&self) {
        let mut state = self.0.state.subscribe();
        let wait = async move {
            let _ = state
                .wait_for(|state| state.closed && state.tasks == 0)
                .await;
        };
        Op::new("see all tasks end", Some(self.0.resource), wait).await;
    }

    fn change<T>(&self, label: &'static str, change: impl FnOnce(&mut State) -> T) -> T {
        at_once(self.0.resource, || self.set(change), |_| label.into())
    }

    fn set<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut result = None;
        self.0
            .state
            .send_modify(|state| result = Some(change(state)));
        result.expect("the change was made")
    }

    fn look<T: std::fmt::Display>(&self, look: impl FnOnce(&State) -> T) -> T {
        at_once(
            self.0.resource,
            || look(&self.0.state.borrow()),
            |seen| format!("look: {seen}").into(),
        )
    }
}

impl Default for TaskTracker {
    #[track_caller]
    fn default() -> Self {
        TaskTracker::new()
    }
}

/// Counts as a task of its tracker, until it is dropped.
#[derive(Debug)]
pub struct TaskTrackerToken(TaskTracker);

impl Drop for TaskTrackerToken {
    fn drop(&mut self) {
        self.0.change("count one less", |state| state.tasks -= 1);
    }
}
