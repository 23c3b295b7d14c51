//! A wake-up call without a value, as `tokio::sync::Notify`.

use super::{Op, at_once};
use crate::record;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Wakes tasks that wait.
#[derive(Debug)]
pub struct Notify {
    inner: tokio::sync::Notify,
    resource: usize,
}

impl Default for Notify {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl Notify {
    /// Nobody waits yet.
    #[track_caller]
    pub fn new() -> Notify {
        Notify {
            inner: tokio::sync::Notify::new(),
            resource: record::resource("notify", Location::caller()),
        }
    }

    /// Wakes one task that waits; if there is none, the next one that would wait goes on at once.
    pub fn notify_one(&self) {
        at_once(
            self.resource,
            || self.inner.notify_one(),
            |()| "notify one".into(),
        );
    }

    /// Wakes the tasks that wait now, and nobody else.
    pub fn notify_waiters(&self) {
        at_once(
            self.resource,
            || self.inner.notify_waiters(),
            |()| "notify who waits".into(),
        );
    }

    /// Waits to be notified. As in tokio, it hears a `notify_waiters` from the moment it is made.
    pub fn notified(&self) -> Notified<'_> {
        let inner = at_once(
            self.resource,
            || self.inner.notified(),
            |_| "begin to listen".into(),
        );
        Notified(Op::new("be notified", Some(self.resource), inner))
    }
}

/// Waits to be notified.
pub struct Notified<'a>(Op<tokio::sync::futures::Notified<'a>>);

impl Notified<'_> {
    /// Stands in the queue from now on, before it is first awaited; whether it was notified already.
    pub fn enable(mut self: Pin<&mut Self>) -> bool {
        let op = &mut self.0;
        at_once(
            op.resource().unwrap_or_default(),
            || op.inner().enable(),
            |notified| format!("stand in the queue: {notified}").into(),
        )
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}
