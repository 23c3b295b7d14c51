//! A channel with many senders and one receiver, as `tokio::sync::mpsc`.

use super::{Op, at_once, closes};
use crate::explore::block_long_on;
use crate::record;
use std::panic::Location;
use tokio::sync::mpsc;
pub use tokio::sync::mpsc::error::{SendError, TryRecvError, TrySendError};

mod unbounded;

pub use unbounded::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A channel that holds `capacity` values, at least one.
#[track_caller]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let resource = record::resource("channel", Location::caller());
    let (sender, receiver) = mpsc::channel(capacity);
    (
        Sender {
            inner: sender,
            resource,
        },
        Receiver {
            inner: receiver,
            resource,
        },
    )
}

/// The end that sends. The channel closes when the last one is dropped.
#[derive(Debug)]
pub struct Sender<T> {
    inner: mpsc::Sender<T>,
    resource: usize,
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender {
            inner: self.inner.clone(),
            resource: self.resource,
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        // Only the last one makes a difference to anybody.
        if self.inner.strong_count() == 1 {
            closes(self.resource, "drop the last sender");
        }
    }
}

impl<T> Sender<T> {
    /// Waits for room and sends. The value comes back if the channel is closed.
    pub async fn send(&self, value: T) -> Result<(), SendError<T>> {
        Op::new("send", Some(self.resource), self.inner.send(value))
            .saying(|result| {
                if result.is_ok() {
                    ""
                } else {
                    "refused, it is closed"
                }
            })
            .await
    }

    /// Waits for room, together with the thread: a fault in a task, which shares its thread with
    /// others.
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        block_long_on(
            "waits for room in a channel",
            "Use `send`",
            self.send(value),
        )
    }

    /// Waits for room and keeps it, for a value that is sent later.
    pub async fn reserve(&self) -> Result<Permit<'_, T>, SendError<()>> {
        let inner = Op::new("reserve room", Some(self.resource), self.inner.reserve())
            .saying(|result| {
                if result.is_ok() {
                    ""
                } else {
                    "refused, it is closed"
                }
            })
            .await?;
        Ok(Permit {
            inner: Some(inner),
            resource: self.resource,
        })
    }

    /// Sends if there is room now.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        at_once(
            self.resource,
            || self.inner.try_send(value),
            |result| match result {
                Ok(()) => "send".into(),
                Err(TrySendError::Full(_)) => "try to send: full".into(),
                Err(TrySendError::Closed(_)) => "try to send: closed".into(),
            },
        )
    }

    /// Waits until the receiver is closed or gone.
    pub async fn closed(&self) {
        Op::new("see it closed", Some(self.resource), self.inner.closed()).await;
    }

    /// Whether the receiver is closed or gone.
    pub fn is_closed(&self) -> bool {
        at_once(
            self.resource,
            || self.inner.is_closed(),
            |closed| format!("ask if it is closed: {closed}").into(),
        )
    }

    /// How many values fit in now.
    pub fn capacity(&self) -> usize {
        at_once(
            self.resource,
            || self.inner.capacity(),
            |room| format!("ask for room: {room}").into(),
        )
    }
}

/// Room for one value, until it is used or dropped.
#[derive(Debug)]
pub struct Permit<'a, T> {
    inner: Option<mpsc::Permit<'a, T>>,
    resource: usize,
}

impl<T> Permit<'_, T> {
    /// Sends, without waiting.
    pub fn send(mut self, value: T) {
        if let Some(inner) = self.inner.take() {
            at_once(self.resource, || inner.send(value), |()| "send".into());
        }
    }
}

impl<T> Drop for Permit<'_, T> {
    fn drop(&mut self) {
        if self.inner.is_some() {
            closes(self.resource, "give the room back");
        }
    }
}

/// The end that receives.
#[derive(Debug)]
pub struct Receiver<T> {
    inner: mpsc::Receiver<T>,
    resource: usize,
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        closes(self.resource, "drop the receiver");
    }
}

impl<T> Receiver<T> {
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

    /// Waits for the next value, together with the thread: a fault in a task, which shares its
    /// thread with others.
    pub fn blocking_recv(&mut self) -> Option<T> {
        block_long_on("waits for a value of a channel", "Use `recv`", self.recv())
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

    /// How many values are in it now.
    pub fn len(&self) -> usize {
        at_once(
            self.resource,
            || self.inner.len(),
            |count| format!("count: {count}").into(),
        )
    }

    /// Whether nothing is in it now.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
