//! One operation on something shared: a scheduling point, then what it does, on record.

use crate::explore::turn;
use crate::record::{self, What};
use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// An operation that may have to wait. `Unpin` and owned by one task, whatever it wraps.
pub(crate) struct Op<F: Future> {
    verb: Cow<'static, str>,
    resource: Option<usize>,
    /// What the record says when it is over.
    said: fn(&F::Output) -> &'static str,
    future: Pin<Box<F>>,
    stage: Stage,
    /// Whether anybody may go before it.
    point: bool,
    caller: Arc<Caller>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    Waiting,
    Over,
}

impl<F: Future> Op<F> {
    pub(crate) fn new(verb: &'static str, resource: Option<usize>, future: F) -> Op<F> {
        Op {
            verb: verb.into(),
            resource,
            said: |_| "",
            future: Box::pin(future),
            stage: Stage::New,
            point: true,
            caller: Arc::default(),
        }
    }

    /// Waiting for a task's end: it makes no difference to anybody when that begins.
    pub(crate) fn join(verb: String, future: F) -> Op<F> {
        let mut op = Op::new("", None, future);
        op.verb = verb.into();
        op.point = false;
        op
    }

    /// Waiting for something that counts this task in already.
    pub(crate) fn join_on(verb: &'static str, resource: usize, future: F) -> Op<F> {
        let mut op = Op::new(verb, Some(resource), future);
        op.point = false;
        op
    }

    /// Whether it has come to its end.
    pub(crate) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// On what.
    pub(crate) fn resource(&self) -> Option<usize> {
        self.resource
    }

    /// What it waits for.
    pub(crate) fn inner(&mut self) -> Pin<&mut F> {
        self.future.as_mut()
    }

    /// Says more about how it ended.
    pub(crate) fn saying(mut self, said: fn(&F::Output) -> &'static str) -> Op<F> {
        self.said = said;
        self
    }

    fn label(&self, output: &F::Output) -> Cow<'static, str> {
        match (self.said)(output) {
            "" => self.verb.clone(),
            said => format!("{}: {said}", self.verb).into(),
        }
    }
}

impl<F: Future> Future for Op<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if self.stage == Stage::New && self.point {
            turn::point();
        }
        turn::acted();
        self.caller.listen(cx.waker());
        let waker = Waker::from(Arc::clone(&self.caller));
        let polled = self.future.as_mut().poll(&mut Context::from_waker(&waker));
        match &polled {
            Poll::Pending if self.stage == Stage::New => {
                self.stage = Stage::Waiting;
                record::event(What::Waits, self.verb.clone(), self.resource, None);
            }
            Poll::Pending => {}
            Poll::Ready(output) => {
                let (what, by) = match self.stage {
                    Stage::Waiting => (What::Resumes, self.caller.by()),
                    _ => (What::Does, None),
                };
                let label = self.label(output);
                self.stage = Stage::Over;
                record::event(what, label, self.resource, by);
            }
        }
        polled
    }
}

impl<F: Future> Drop for Op<F> {
    fn drop(&mut self) {
        if self.stage == Stage::Waiting && !turn::is_over() {
            // Who gives up waiting concerns those who wait behind it.
            if self.point {
                turn::point();
            }
            record::event(What::Leaves, self.verb.clone(), self.resource, None);
        }
    }
}

/// Wakes the task, and remembers who did.
#[derive(Default)]
struct Caller {
    task: Mutex<Option<Waker>>,
    /// The lane, from 1; 0 is nobody.
    by: AtomicUsize,
}

impl Caller {
    fn listen(&self, waker: &Waker) {
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
    }

    fn by(&self) -> Option<usize> {
        self.by.load(Ordering::Relaxed).checked_sub(1)
    }
}

impl Wake for Caller {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.by
            .store(record::record().running.wrapping_add(1), Ordering::Relaxed);
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(task) = task {
            task.wake();
        }
    }
}

/// An operation that never waits.
pub(crate) fn at_once<T>(
    resource: usize,
    act: impl FnOnce() -> T,
    said: impl FnOnce(&T) -> Cow<'static, str>,
) -> T {
    turn::point();
    turn::acted();
    let result = act();
    if !turn::is_over() {
        record::event(What::Does, said(&result), Some(resource), None);
    }
    result
}

/// The running task has the resource from here on.
pub(crate) fn holds(resource: usize, label: &'static str) {
    if !turn::is_over() {
        record::event(What::Holds, label, Some(resource), None);
    }
}

/// What is dropped next gives the resource back: what was done while it was held concerns others
/// only from here on.
pub(crate) fn frees(resource: usize, label: &'static str) {
    turn::point();
    turn::acted();
    if !turn::is_over() {
        record::event(What::Frees, label, Some(resource), None);
    }
}

/// What is dropped next closes something: anybody may go before that.
pub(crate) fn closes(resource: usize, label: &'static str) {
    turn::point();
    turn::acted();
    if !turn::is_over() {
        record::event(What::Does, label, Some(resource), None);
    }
}
