//! Looks, and then leaves its waker: what is rung between the two wakes nobody.

use gym::blocking::Mutex;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A bell. Its clones are the same bell.
#[derive(Clone)]
pub struct Bell(Arc<Mutex<State>>);

struct State {
    rung: bool,
    waiting: Option<Waker>,
}

impl Bell {
    pub fn new() -> Bell {
        Bell(Arc::new(Mutex::new(State {
            rung: false,
            waiting: None,
        })))
    }

    /// Rings, for now and ever.
    pub fn ring(&self) {
        let mut state = self.0.lock().expect("nobody panics");
        state.rung = true;
        let waiting = state.waiting.take();
        drop(state);
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    /// Is ready when the bell has been rung.
    pub fn rung(&self) -> Rung {
        Rung(self.clone())
    }
}

/// What is awaited.
pub struct Rung(Bell);

impl Future for Rung {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0.0.lock().expect("nobody panics").rung {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        self.0.0.lock().expect("nobody panics").waiting = Some(waker);
        Poll::Pending
    }
}
