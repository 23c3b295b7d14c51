//! A channel without a limit.

use crate::record;
use crate::sync::{Op, at_once, closes};
use std::panic::Location;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{SendError, TryRecvError};

/// A channel whose senders never wait: what the receiver can't keep up with, memory holds.
#[track_caller]
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let resource = record::resource("channel", Location::caller());
    let (sender, receiver) = mpsc::unbounded_channel();
    (
        UnboundedSender {
            inner: sender,
            resource,
        },
        UnboundedReceiver {
            inner: receiver,
            resource,
        },
    )
}

/// The end that sends. The channel closes when the last one is dropped.
#[derive(Debug)]
pub struct UnboundedSender<T> {
    inner: mpsc::UnboundedSender<T>,
    resource: usize,
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        UnboundedSender {
            inner: self.inner.clone(),
            resource: self.resource,
        }
    }
}

impl<T> Drop for UnboundedSender<T> {
    fn drop(&mut self) {
        // Only the last one makes a difference to anybody.
        if self.inner.strong_count() == 1 {
            closes(self.resource, "drop the last sender");
        }
    }
}

impl<T> UnboundedSender<T> {
    /// Sends. The value comes back if the channel is closed.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        at_once(
            self.resource,
            || self.inner.send(value),
            |result| {
                if result.is_ok() {
                    "send".into()
                } else {
                    "send: refused, it is closed".into()
                }
            },
        )
    }

    /// Whether the receiver is closed or gone.
    pub fn is_closed(&self) -> bool {
        at_once(
            self.resource,
            || self.inner.is_closed(),
            |closed| format!("ask if it is closed: {closed}").into(),
        )
    }
}

/// The end that receives.
#[derive(Debug)]
pub struct UnboundedReceiver<T> {
    inner: mpsc::UnboundedReceiver<T>,
    resource: usize,
}

impl<T> Drop for UnboundedReceiver<T> {
    fn drop(&mut self) {
        closes(self.resource, "drop the receiver");
    }
}

impl<T> UnboundedReceiver<T> {
    /// Waits for the next value; `None` when the channel is closed and empty.
    pub async fn recv(&mut self) -> Option<T> {
        Op::new("receive", Some(self.resource), self.inner.recv())
            .saying(|value| {
                if value.is_some() {
                    ""
                } else {
                    "None, it is closed and empty"
                }
            })
            .await
    }

    /// The next value, if one is there now.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        at_once(
            self.resource,
            || self.inner.try_recv(),
            |result| match result {
                Ok(_) => "receive".into(),
                Err(TryRecvError::Empty) => "try to receive: empty".into(),
                Err(TryRecvError::Disconnected) => "try to receive: closed".into(),
            },
        )
    }

    /// Takes no more values. What is in the channel can still be received.
    pub fn close(&mut self) {
        at_once(self.resource, || self.inner.close(), |()| "close".into());
    }
}
