//! Threads, as `std::thread`.

use crate::explore::fail;
use crate::record::{self, Fault, FaultKind, What};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
pub use std::thread::Result;

loom::thread_local! {
    /// The lane of the thread that asks. The first one's is 0.
    static LANE: Cell<usize> = Cell::new(0);
}

/// Says in the record that the thread runs that asks.
pub(super) fn runs() {
    if let Ok(lane) = LANE.try_with(Cell::get) {
        record::record().running = lane;
    }
}

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

/// Runs `work` on a thread with a name, which the picture of an execution shows.
pub fn spawn_named<F, T>(name: impl Into<Cow<'static, str>>, work: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let name = name.into();
    let lane = record::lane(name.clone().into_owned());
    if lane >= loom::MAX_THREADS {
        fail(Fault {
            kind: FaultKind::Tasks,
            expected: format!(
                "at most {} threads, the first one included",
                loom::MAX_THREADS
            ),
            observed: "one more is spawned".to_owned(),
            why: "Orderings are explored with few threads. An error that needs many is rare."
                .to_owned(),
        });
    }
    let over = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&over);
    let inner = loom::thread::spawn(move || {
        LANE.with(|mine| mine.set(lane));
        runs();
        let value = work();
        runs();
        record::event(What::Ends, "ends", None, None);
        record::over(lane);
        ends.store(true, Ordering::Relaxed);
        value
    });
    JoinHandle {
        name,
        lane,
        over,
        inner,
    }
}

/// A thread's end to wait for. Dropping it lets the thread go on alone.
pub struct JoinHandle<T> {
    name: Cow<'static, str>,
    lane: usize,
    over: Arc<AtomicBool>,
    inner: loom::thread::JoinHandle<T>,
}

impl<T> JoinHandle<T> {
    /// Waits for its end. A panic ends the whole execution, so this is never an error.
    pub fn join(self) -> Result<T> {
        let label = format!("join {}", self.name);
        let waits = !self.over.load(Ordering::Relaxed);
        if waits {
            record::event(What::Waits, label.clone(), None, None);
        }
        let result = self.inner.join();
        runs();
        if waits {
            record::event(What::Resumes, label, None, Some(self.lane));
        } else {
            record::event(What::Does, label, None, None);
        }
        result
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinHandle({})", self.name)
    }
}

/// Lets the others go first.
pub fn yield_now() {
    if std::thread::panicking() {
        return;
    }
    record::event(What::Does, "let others go first", None, None);
    loom::thread::yield_now();
    runs();
}
