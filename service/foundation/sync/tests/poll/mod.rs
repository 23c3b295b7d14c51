//! Polling by hand.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Polls once, with a waker that does nothing.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls once, with a waker that raises the flag.
pub(crate) fn polls<F: Future + Unpin>(future: &mut F, flag: &Flag) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(&flag.waker()))
}

/// Tells whether a future was woken.
#[derive(Clone)]
pub(crate) struct Flag(Arc<Raised>);

struct Raised(AtomicBool);

impl Wake for Raised {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Flag {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Raised(AtomicBool::new(false))))
    }

    pub(crate) fn waker(&self) -> Waker {
        Arc::clone(&self.0).into()
    }

    /// True if it was raised; lowers it.
    pub(crate) fn take(&self) -> bool {
        self.0.0.swap(false, Ordering::Relaxed)
    }
}
