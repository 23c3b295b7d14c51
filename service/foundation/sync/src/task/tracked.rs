//! The future that a named task is.

use std::cell::Cell;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::record::Record;
use super::{TaskId, probe};

thread_local! {
    static CURRENT: Cell<Option<TaskId>> = const { Cell::new(None) };
}

/// The named task that this code runs in, if it runs in one.
pub fn current() -> Option<TaskId> {
    CURRENT.get()
}

pin_project_lite::pin_project! {
    /// A future with a record. However it ends, its record ends with it.
    pub(super) struct Tracked<F> {
        #[pin]
        future: Option<F>,
        record: Arc<Record>,
        // The waker that the record has.
        waker: Option<Waker>,
    }

    impl<F> PinnedDrop for Tracked<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _entered = Entered::new(this.record.id);
            this.future.set(None);
            this.record.end();
        }
    }
}

impl<F> Tracked<F> {
    pub(super) fn new(name: Arc<str>, location: &'static Location<'static>, future: F) -> Self {
        Self {
            future: Some(future),
            record: Record::start(name, location),
            waker: None,
        }
    }
}

impl<F: Future> Future for Tracked<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let record = &**this.record;
        let _entered = Entered::new(record.id);
        if !this
            .waker
            .as_ref()
            .is_some_and(|known| known.will_wake(cx.waker()))
        {
            keep(this.waker, record, cx.waker());
        }
        let mut future = this
            .future
            .as_mut()
            .as_pin_mut()
            .expect("a finished task is not polled again");
        let output = if record.asked() {
            let mut output = Poll::Pending;
            probe::poll(record, cx, &mut |cx| {
                output = future.as_mut().poll(cx);
                output.is_ready()
            });
            output
        } else {
            let polling = Polling::new(record);
            let output = future.poll(cx);
            drop(polling);
            output
        };
        if output.is_ready() {
            this.future.set(None);
            record.end();
        }
        output
    }
}

/// A task has one waker as a rule; one that moves to another place in its parent gets another.
#[cold]
fn keep(known: &mut Option<Waker>, record: &Record, waker: &Waker) {
    *known = Some(waker.clone());
    record.set_waker(Some(waker.clone()));
}

/// Says what [`current`] is until dropped.
struct Entered {
    before: Option<TaskId>,
}

impl Entered {
    fn new(task: TaskId) -> Self {
        Self {
            before: CURRENT.replace(Some(task)),
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.before);
    }
}

/// A poll that runs. It ends when dropped, also by a panic: the task may be one whose owner goes on after that.
struct Polling<'a> {
    record: &'a Record,
    began: u64,
}

impl<'a> Polling<'a> {
    #[inline]
    fn new(record: &'a Record) -> Self {
        Self {
            record,
            began: record.begin_poll(),
        }
    }
}

impl Drop for Polling<'_> {
    #[inline]
    fn drop(&mut self) {
        self.record.end_poll(self.began);
    }
}
