//! Tasks, as tokio has them.

use crate::explore::{Guarded, fail, turn};
use crate::record::{self, Fault, FaultKind, What};
use crate::sync::Op;
use std::borrow::Cow;
use std::fmt;
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
    let name = name.into();
    let lane = record::lane(name.clone());
    if lane >= MOST_TASKS {
        fail(Fault {
            kind: FaultKind::Tasks,
            expected: format!("at most {MOST_TASKS} tasks"),
            observed: "more and more tasks are spawned".to_owned(),
            why: "A task is cheap, but not free: whatever spawns one for each of something needs a limit.".to_owned(),
        });
    }
    let over = Arc::new(Over::default());
    let tells = Tells(Arc::clone(&over));
    let guarded = Guarded::new(lane, async move {
        let output = future.await;
        record::event(What::Ends, "ends", None, None);
        drop(tells);
        output
    });
    let inner = turn::keeping(|| shuttle_std::future::spawn(guarded));
    JoinHandle {
        name,
        over,
        waiting: None,
        inner: Some(inner),
    }
}

/// Waits until all of them are over, and gives what they return, in their order.
///
/// Cheaper to explore than waiting for one after the other: the task that waits goes on once, and
/// not after each of them.
pub async fn join_all<T>(
    tasks: impl IntoIterator<Item = JoinHandle<T>>,
) -> Vec<Result<T, JoinError>> {
    let tasks: Vec<JoinHandle<T>> = tasks.into_iter().collect();
    let all: Vec<Arc<Over>> = tasks.iter().map(|task| Arc::clone(&task.over)).collect();
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
        results.push(match task.inner {
            Some(inner) => inner.await.map_err(|_| JoinError(())),
            None => Err(JoinError(())),
        });
    }
    results
}

/// Whether a task is over, and who wants to know.
#[derive(Debug, Default)]
struct Over(Mutex<(bool, Option<Waker>)>);

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
    fn is_set(&self, waker: &Waker) -> bool {
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
struct Tells(Arc<Over>);

impl Drop for Tells {
    fn drop(&mut self) {
        self.0.set();
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

/// A task's end to wait for. Dropping it detaches the task: it goes on alone.
pub struct JoinHandle<T> {
    name: Cow<'static, str>,
    over: Arc<Over>,
    waiting: Option<Op<shuttle_std::future::JoinHandle<T>>>,
    inner: Option<shuttle_std::future::JoinHandle<T>>,
}

impl<T> JoinHandle<T> {
    /// Ends the task at its next `.await`.
    pub fn abort(&self) {
        turn::point();
        record::event(What::Does, format!("abort {}", self.name), None, None);
        if let Some(inner) = &self.inner {
            turn::keeping(|| inner.abort());
        }
    }

    /// Whether the task is over.
    pub fn is_finished(&self) -> bool {
        turn::point();
        self.inner
            .as_ref()
            .is_none_or(shuttle_std::future::JoinHandle::is_finished)
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(inner) = self.inner.take() {
            self.waiting = Some(Op::join(format!("join {}", self.name), inner));
        }
        let Some(waiting) = &mut self.waiting else {
            return Poll::Pending;
        };
        Pin::new(waiting)
            .poll(cx)
            .map(|result| result.map_err(|_| JoinError(())))
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinHandle({})", self.name)
    }
}

/// The task was aborted.
#[derive(Debug, PartialEq, Eq)]
pub struct JoinError(());

impl JoinError {
    /// Whether it was aborted: always, because a panic ends the whole schedule.
    pub fn is_cancelled(&self) -> bool {
        true
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task was cancelled")
    }
}

impl std::error::Error for JoinError {}
