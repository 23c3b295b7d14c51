//! A channel that holds the latest value, as `tokio::sync::watch`.

use super::{Op, at_once, closes};
use crate::record;
use std::panic::Location;
use tokio::sync::watch;
pub use tokio::sync::watch::Ref;
pub use tokio::sync::watch::error::{RecvError, SendError};

/// A channel that begins with `value`.
#[track_caller]
pub fn channel<T>(value: T) -> (Sender<T>, Receiver<T>) {
    let resource = record::resource("watch", Location::caller());
    let (sender, receiver) = watch::channel(value);
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

/// The end that sets the value.
#[derive(Debug)]
pub struct Sender<T> {
    inner: watch::Sender<T>,
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
        // Without a receiver, nobody can tell.
        if self.inner.receiver_count() > 0 {
            closes(self.resource, "drop a sender");
        }
    }
}

impl<T> Sender<T> {
    /// A sender whose value nobody watches yet.
    #[track_caller]
    pub fn new(value: T) -> Sender<T> {
        Sender {
            inner: watch::Sender::new(value),
            resource: record::resource("watch", Location::caller()),
        }
    }

    /// Sets the value if there is a receiver; otherwise it comes back.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        at_once(
            self.resource,
            || self.inner.send(value),
            |result| {
                if result.is_ok() {
                    "set".into()
                } else {
                    "set: refused, there is no receiver".into()
                }
            },
        )
    }

    /// Sets the value, whether there is a receiver or not; gives the one before.
    pub fn send_replace(&self, value: T) -> T {
        at_once(
            self.resource,
            || self.inner.send_replace(value),
            |_| "set".into(),
        )
    }

    /// Changes the value in place; receivers hear of it if `change` says so.
    pub fn send_if_modified(&self, change: impl FnOnce(&mut T) -> bool) -> bool {
        at_once(
            self.resource,
            || self.inner.send_if_modified(change),
            |modified| {
                if *modified {
                    "change".into()
                } else {
                    "leave as it is".into()
                }
            },
        )
    }

    /// Changes the value in place; receivers hear of it.
    pub fn send_modify(&self, change: impl FnOnce(&mut T)) {
        at_once(
            self.resource,
            || self.inner.send_modify(change),
            |()| "change".into(),
        );
    }

    /// Waits until no receiver is left.
    pub async fn closed(&self) {
        Op::new(
            "see all receivers gone",
            Some(self.resource),
            self.inner.closed(),
        )
        .await;
    }

    /// The value now.
    pub fn borrow(&self) -> Ref<'_, T> {
        at_once(self.resource, || self.inner.borrow(), |_| "look".into())
    }

    /// A receiver that has seen the value of now.
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
}

/// The end that watches.
#[derive(Debug)]
pub struct Receiver<T> {
    inner: watch::Receiver<T>,
    resource: usize,
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Receiver {
            inner: self.inner.clone(),
            resource: self.resource,
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        closes(self.resource, "drop a receiver");
    }
}

impl<T> Receiver<T> {
    /// The value now; it doesn't count as seen.
    pub fn borrow(&self) -> Ref<'_, T> {
        at_once(self.resource, || self.inner.borrow(), |_| "look".into())
    }

    /// The value now; it counts as seen.
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        at_once(
            self.resource,
            || self.inner.borrow_and_update(),
            |_| "look".into(),
        )
    }

    /// Whether there is a value that was not seen yet; an error if the sender is gone.
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        at_once(
            self.resource,
            || self.inner.has_changed(),
            |_| "look for a change".into(),
        )
    }

    /// Waits for a value that was not seen yet.
    pub async fn changed(&mut self) -> Result<(), RecvError> {
        Op::new("see a change", Some(self.resource), self.inner.changed())
            .saying(|result| {
                if result.is_ok() {
                    ""
                } else {
                    "the sender is gone"
                }
            })
            .await
    }

    /// Waits for a value for which `holds`; looks at the one of now first.
    pub async fn wait_for(
        &mut self,
        holds: impl FnMut(&T) -> bool,
    ) -> Result<Ref<'_, T>, RecvError> {
        Op::new(
            "see the value",
            Some(self.resource),
            self.inner.wait_for(holds),
        )
        .saying(|result| {
            if result.is_ok() {
                ""
            } else {
                "the sender is gone"
            }
        })
        .await
    }
}
