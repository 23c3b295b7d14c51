//! A channel for one value, as `tokio::sync::oneshot`.

use super::{Op, at_once, closes};
use crate::explore::block_long_on;
use crate::record;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::oneshot;
pub use tokio::sync::oneshot::error::{RecvError, TryRecvError};

/// A channel for one value.
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let resource = record::resource("oneshot", Location::caller());
    let (sender, receiver) = oneshot::channel();
    let receiver = Op::new("receive", Some(resource), receiver).saying(|result| {
        if result.is_ok() {
            ""
        } else {
            "the sender is gone"
        }
    });
    (
        Sender {
            inner: Some(sender),
            resource,
        },
        Receiver {
            inner: receiver,
            resource,
        },
    )
}

/// The end that sends, once.
#[derive(Debug)]
pub struct Sender<T> {
    inner: Option<oneshot::Sender<T>>,
    resource: usize,
}

impl<T> Sender<T> {
    /// Sends the value. It comes back if the receiver is gone.
    pub fn send(mut self, value: T) -> Result<(), T> {
        let Some(inner) = self.inner.take() else {
            return Err(value);
        };
        at_once(
            self.resource,
            || inner.send(value),
            |result| {
                if result.is_ok() {
                    "send".into()
                } else {
                    "send: refused, the receiver is gone".into()
                }
            },
        )
    }

    /// Whether the receiver is gone.
    pub fn is_closed(&self) -> bool {
        let closed = || self.inner.as_ref().is_none_or(oneshot::Sender::is_closed);
        at_once(self.resource, closed, |closed| {
            format!("ask if it is closed: {closed}").into()
        })
    }
}

impl<T> Sender<T> {
    /// Waits until the receiver is closed or gone.
    pub async fn closed(&mut self) {
        if let Some(inner) = &mut self.inner {
            Op::new("see it closed", Some(self.resource), inner.closed()).await;
        }
    }
}

impl<T> Receiver<T> {
    /// The value, if it is there now.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let inner = &mut self.inner;
        at_once(
            self.resource,
            || inner.inner().get_mut().try_recv(),
            |result| match result {
                Ok(_) => "receive".into(),
                Err(TryRecvError::Empty) => "try to receive: empty".into(),
                Err(TryRecvError::Closed) => "try to receive: the sender is gone".into(),
            },
        )
    }

    /// Takes no value any more; one that was sent can still be received.
    pub fn close(&mut self) {
        let inner = &mut self.inner;
        at_once(
            self.resource,
            || inner.inner().get_mut().close(),
            |()| "close".into(),
        );
    }

    /// Waits for the value, together with the thread: a fault in a task, which shares its thread
    /// with others.
    pub fn blocking_recv(self) -> Result<T, RecvError> {
        block_long_on("waits for a value of a channel", "Use `.await`", self)
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.inner.is_some() {
            closes(self.resource, "drop the sender");
        }
    }
}

/// The end that receives: a future.
pub struct Receiver<T> {
    inner: Op<oneshot::Receiver<T>>,
    resource: usize,
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if !self.inner.is_over() {
            closes(self.resource, "drop the receiver");
        }
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.inner).poll(cx)
    }
}
