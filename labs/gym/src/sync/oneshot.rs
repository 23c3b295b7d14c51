//! A channel for one value, as `tokio::sync::oneshot`.

use super::{Op, at_once, closes};
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
