//! Tasks, as tokio has them; [`TaskTracker`] is `tokio_util::task`'s.

mod handle;
mod set;
mod tracker;

pub use handle::{AbortHandle, JoinError, JoinHandle};
pub use set::JoinSet;
pub use tracker::{TaskTracker, TaskTrackerToken};

use crate::explore::{Guarded, fail, turn};
use crate::record::{self, Fault, FaultKind, What};
use crate::sync::Op;
use std::borrow::Cow;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// More tasks than any sound solution of an exercise needs.
const MOST_TASKS: usize = 500;

/// Runs `future` as a task of its own.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    spawn_named(
        format!("task of line {}", Location::caller().line()),
        future,
    )
}

/// Runs `future` as a task with a name, which the picture of a schedule shows.
pub fn spawn_named<F>(name: impl Into<Cow<'static, str>>, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    start(name.into(), false, future)
}

/// Runs `work` on a thread of its own, where it may block.
#[track_caller]
pub fn spawn_blocking<F, T>(work: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let name = format!("blocking of line {}", Location::caller().line());
    start(name.into(), true, async move { work() })
}

/// A task with a lane of its own; one that is a `thread` may block.
pub(crate) fn start<F>(name: Cow<'static, str>, thread: bool, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let lane = lane(&name, thread);
    let over = Arc::new(Over::default());
    let tells = Tells {
        lane,
        over: Arc::clone(&over),
    };
    let guarded = Guarded::new(lane, async move {
        let output = future.await;
        record::event(What::Ends, "ends", None, None);
        drop(tells);
        output
    });
    let inner = turn::keeping(|| shuttle_std::future::spawn(guarded));
    JoinHandle::new(name, thread, over, inner)
}

/// A lane for a new task, unless there are too many.
pub(crate) fn lane(name: &str, thread: bool) -> usize {
    let lane = record::lane(name.to_owned());
    if thread {
        record::thread(lane);
    }
    if lane >= MOST_TASKS {
        fail(Fault {
            kind: FaultKind::Tasks,
            expected: format!("at most {MOST_TASKS} tasks"),
            observed: "more and more tasks are spawned".to_owned(),
            why: "A task is cheap, but not free: whatever spawns one for each of something needs a limit.".to_owned(),
        });
    }
    lane
}

/// Waits until all of them are over, and gives what they return, in their order.
///
/// Cheaper to explore than waiting for one after the other: the task that waits goes on once, and
/// not after each of them.
pub async fn join_all<T>(
    tasks: impl IntoIterator<Item = JoinHandle<T>>,
) -> Vec<Result<T, JoinError>> {
    let tasks: Vec<JoinHandle<T>> = tasks.into_iter().collect();
    let all: Vec<Arc<Over>> = tasks.iter().map(JoinHandle::over).collect();
    let wait = std::future::poll_fn(|cx| {
        let gate = Gate {
            tasks: all.clone(),
            waiting: cx.waker().clone(),
        };
        let gate = Waker::from(Arc::new(gate));
        let over = all.iter().filter(|over| over.is_set(&gate)).count();
        if over < all.len() {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    });
    Op::join("join all".to_owned(), wait).await;
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.result().await);
    }
    results
}

/// Whether a task is over, and who wants to know.
#[derive(Debug, Default)]
pub(crate) struct Over(Mutex<(bool, Option<Waker>)>);

impl Over {
    fn set(&self) {
        let waker = {
            let mut over = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            over.0 = true;
            over.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn is_over(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Whether it is over; if not, `waker` will be told.
    pub(crate) fn is_set(&self, waker: &Waker) -> bool {
        let mut over = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !over.0 {
            over.1 = Some(waker.clone());
        }
        over.0
    }
}

/// Wakes who waits for all of these once the last one is over.
struct Gate {
    tasks: Vec<Arc<Over>>,
    waiting: Waker,
}

impl Wake for Gate {
    fn wake(self: Arc<Self>) {
        if self.tasks.iter().all(|task| task.is_over()) {
            self.waiting.wake_by_ref();
        }
    }
}

/// Goes away with its task, whether that has ended or was aborted.
pub(crate) struct Tells {
    pub(crate) lane: usize,
    pub(crate) over: Arc<Over>,
}

impl Drop for Tells {
    fn drop(&mut self) {
        record::over(self.lane);
        self.over.set();
    }
}

/// Lets the others go first.
pub async fn yield_now() {
    Op::new("go on", None, Yield(false)).await;
}

struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        turn::yields();
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
