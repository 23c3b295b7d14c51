//! What is left of a task in the hands of who spawned it.

use super::Over;
use crate::explore::turn;
use crate::record::{self, What};
use crate::sync::Op;
use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A task's end to wait for. Dropping it detaches the task: it goes on alone.
pub struct JoinHandle<T> {
    name: Cow<'static, str>,
    thread: bool,
    over: Arc<Over>,
    abort: shuttle_std::future::AbortHandle,
    waiting: Option<Op<shuttle_std::future::JoinHandle<T>>>,
    inner: Option<shuttle_std::future::JoinHandle<T>>,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(
        name: Cow<'static, str>,
        thread: bool,
        over: Arc<Over>,
        inner: shuttle_std::future::JoinHandle<T>,
    ) -> JoinHandle<T> {
        JoinHandle {
            name,
            thread,
            over,
            abort: inner.abort_handle(),
            waiting: None,
            inner: Some(inner),
        }
    }

    /// Ends the task at its next `.await`. What runs on a thread of its own can't be ended.
    pub fn abort(&self) {
        self.abort_handle().abort();
    }

    /// What ends the task, and does not wait for it.
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle {
            name: self.name.clone(),
            thread: self.thread,
            inner: self.abort.clone(),
        }
    }

    /// Whether the task is over.
    pub fn is_finished(&self) -> bool {
        turn::point();
        turn::acted();
        self.abort.is_finished()
    }

    pub(super) fn over(&self) -> Arc<Over> {
        Arc::clone(&self.over)
    }

    /// What it returns, when it is over.
    pub(super) async fn result(self) -> Result<T, JoinError> {
        match self.inner {
            Some(inner) => inner.await.map_err(|_| JoinError(())),
            None => Err(JoinError(())),
        }
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

/// Ends a task.
#[derive(Clone, Debug)]
pub struct AbortHandle {
    name: Cow<'static, str>,
    thread: bool,
    inner: shuttle_std::future::AbortHandle,
}

impl AbortHandle {
    /// Ends the task at its next `.await`. What runs on a thread of its own can't be ended.
    pub fn abort(&self) {
        turn::point();
        if turn::is_over() {
            return;
        }
        record::event(What::Does, format!("abort {}", self.name), None, None);
        if !self.thread {
            turn::keeping(|| self.inner.abort());
        }
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

    /// Whether it has panicked: never, because that ends the whole schedule.
    pub fn is_panic(&self) -> bool {
        false
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task was cancelled")
    }
}

impl std::error::Error for JoinError {}
