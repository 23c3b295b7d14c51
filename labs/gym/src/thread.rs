//! Threads, as `std::thread`: each may block, and no other task stands still for that.

use crate::explore::{block_long_on, block_on, guarded, turn};
use crate::record::{self, What};
use crate::sync::Op;
use crate::task::{self, Over, Tells};
use crate::time;
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
pub use std::thread::Result;
use std::time::Duration;

/// Runs `work` on a thread of its own.
#[track_caller]
pub fn spawn<F, T>(work: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    spawn_named(
        format!("thread of line {}", Location::caller().line()),
        work,
    )
}

/// Runs `work` on a thread with a name, which the picture of a schedule shows.
pub fn spawn_named<F, T>(name: impl Into<Cow<'static, str>>, work: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    JoinHandle(task::start(name.into(), true, async move { work() }))
}

/// A thread's end to wait for. Dropping it lets the thread go on alone.
#[derive(Debug)]
pub struct JoinHandle<T>(task::JoinHandle<T>);

impl<T> JoinHandle<T> {
    /// Waits, together with the thread that calls it. A panic ends the whole schedule, so this is
    /// never an error.
    pub fn join(self) -> Result<T> {
        block_on(self.0).map_err(|error| Box::new(error.to_string()) as _)
    }

    /// Whether the thread is over.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

/// Waits until `duration` has passed, together with the thread: a fault in a task, which shares
/// its thread with others.
pub fn sleep(duration: Duration) {
    block_long_on(
        &format!("sleeps for {duration:?}"),
        "Use `tokio::time::sleep`",
        time::sleep(duration),
    );
}

/// Lets the others go first.
pub fn yield_now() {
    block_on(task::yield_now());
}

/// Runs `work`, in which threads can be spawned that borrow; returns when they are over.
pub fn scope<'env, F, T>(work: F) -> T
where
    F: for<'scope> FnOnce(&Scope<'scope, 'env>) -> T,
{
    shuttle_std::thread::scope(|inner| {
        let scope = Scope {
            inner,
            spawned: Mutex::default(),
        };
        let result = work(&scope);
        let spawned = std::mem::take(&mut *lock(&scope.spawned));
        for (name, over) in spawned {
            wait(&name, &over);
        }
        result
    })
}

/// Where threads can be spawned that borrow what is around it.
pub struct Scope<'scope, 'env> {
    inner: &'scope shuttle_std::thread::Scope<'scope, 'env>,
    spawned: Mutex<Vec<(String, Arc<Over>)>>,
}

impl<'scope> Scope<'scope, '_> {
    /// Runs `work` on a thread of its own.
    #[track_caller]
    pub fn spawn<F, T>(&self, work: F) -> ScopedJoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let count = lock(&self.spawned).len() + 1;
        let name = format!("thread {count} of line {}", Location::caller().line());
        let lane = task::lane(&name, true);
        let over = Arc::new(Over::default());
        let tells = Tells {
            lane,
            over: Arc::clone(&over),
        };
        let result = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&result);
        let run = move || {
            let value = guarded(lane, work);
            *lock(&slot) = Some(value);
            record::event(What::Ends, "ends", None, None);
            drop(tells);
        };
        turn::keeping(|| self.inner.spawn(run));
        lock(&self.spawned).push((name.clone(), Arc::clone(&over)));
        ScopedJoinHandle { name, over, result }
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// The end of a thread of a [`Scope`] to wait for.
#[derive(Debug)]
pub struct ScopedJoinHandle<T> {
    name: String,
    over: Arc<Over>,
    result: Arc<Mutex<Option<T>>>,
}

impl<T> ScopedJoinHandle<T> {
    /// Waits, together with the thread that calls it. A panic ends the whole schedule, so this is
    /// never an error.
    pub fn join(self) -> Result<T> {
        wait(&self.name, &self.over);
        let result = lock(&self.result).take();
        result.ok_or_else(|| Box::new("the schedule is over") as _)
    }
}

fn wait(name: &str, over: &Arc<Over>) {
    let end = std::future::poll_fn(|cx| {
        if over.is_set(cx.waker()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    });
    block_on(Op::join(format!("join {name}"), end));
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
