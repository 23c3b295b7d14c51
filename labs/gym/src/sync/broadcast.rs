//! A channel whose values go to every receiver, as `tokio::sync::broadcast`.

use super::{Op, at_once, closes};
use crate::record;
use std::panic::Location;
use tokio::sync::broadcast;
pub use tokio::sync::broadcast::error::{RecvError, SendError, TryRecvError};

/// A channel that keeps the last `capacity` values for those who have not seen them.
#[track_caller]
pub fn channel<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let resource = record::resource("broadcast", Location::caller());
    let (sender, receiver) = broadcast::channel(capacity);
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
    inner: broadcast::Sender<T>,
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

impl<T: Clone> Sender<T> {
    /// Sends without waiting, and says to how many; an error if there is no receiver.
    pub fn send(&self, value: T) -> Result<usize, SendError<T>> {
        at_once(
            self.resource,
            || self.inner.send(value),
            |result| match result {
                Ok(receivers) => format!("send to {receivers}").into(),
                Err(_) => "send: refused, there is no receiver".into(),
            },
        )
    }

    /// A receiver of what is sent from now on.
    pub fn subscribe(&self) -> Receiver<T> {
        let inner = at_once(
            self.resource,
            || self.inner.subscribe(),
            |_| "subscribe".into(),
        );
        Receiver {
            inner,
            resource: self.resource,
        }
    }

    /// How many receivers there are now.
    pub fn receiver_count(&self) -> usize {
        at_once(
            self.resource,
            || self.inner.receiver_count(),
            |count| format!("count receivers: {count}").into(),
        )
    }
}

/// The end that receives.
#[derive(Debug)]
pub struct Receiver<T> {
    inner: broadcast::Receiver<T>,
    resource: usize,
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        closes(self.resource, "drop a receiver");
    }
}

impl<T: Clone> Receiver<T> {
    /// Waits for the next value. `Lagged` says how many it has missed because it was too slow.
    pub async fn recv(&mut self) -> Result<T, RecvError> {
        Op::new("receive", Some(self.resource), self.inner.recv())
            .saying(|result| match result {
                Ok(_) => "",
                Err(RecvError::Closed) => "it is closed and empty",
                Err(RecvError::Lagged(_)) => "too late, some are gone",
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
                Err(TryRecvError::Closed) => "try to receive: closed".into(),
                Err(TryRecvError::Lagged(missed)) => {
                    format!("try to receive: {missed} are gone").into()
                }
            },
        )
    }

    /// Another receiver, of what is sent from now on.
    pub fn resubscribe(&self) -> Receiver<T> {
        let inner = at_once(
            self.resource,
            || self.inner.resubscribe(),
            |_| "subscribe".into(),
        );
        Receiver {
            inner,
            resource: self.resource,
        }
    }
}
