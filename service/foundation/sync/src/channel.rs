//! A channel for many senders and many receivers.
//!
//! - Capacity 0 is a rendezvous: a send ends when a receiver has taken the value, not before. Capacity n lets n values
//!   lie in the channel; a send ends when its value lies there.
//! - Whoever waited longest goes first, at both ends, and a late comer does not take what a waiting task was woken for.
//! - Both ends are safe to cancel. A dropped [`Receiving`] has taken nothing: the value goes to the next receiver. A
//!   dropped [`Sending`] either handed its value over already (the receiver has it, once) or drops the value with itself
//!   (no receiver ever sees it); [`Sending::cancel`] tells which, and gives the value back in the second case.
//! - After [`Sender::close`], [`Receiver::close`] or the end of the last sender, values in the channel are still
//!   received, then `recv` gives `None`. Values that never got in go back to their senders in a [`SendError`].
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let (sender, receiver) = sync::channel("jobs", 2);
//! for job in 1..=2 {
//!     sender.send(job).await.expect("there is a receiver");
//! }
//! sender.close();
//!
//! assert_eq!(sender.send(3).await.map_err(|refused| refused.0), Err(3));
//! assert_eq!(receiver.recv().await, Some(1));
//! assert_eq!(receiver.recv().await, Some(2));
//! assert_eq!(receiver.recv().await, None);
//! # }
//! ```

mod core;

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::coop::poll_proceed;

use self::core::{Progress, Shared, Ticket};
use crate::ResourceId;

/// Makes a channel; `capacity` is how many values may lie in it, 0 for a rendezvous.
pub fn channel<T>(name: &str, capacity: usize) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared::new(name, capacity));
    (
        Sender {
            shared: Arc::clone(&shared),
        },
        Receiver { shared },
    )
}

/// The end that values go into. Clones send into the same channel; it closes when the last one is dropped.
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Sender<T> {
    /// Sends a value: waits for room, or at capacity 0 for a receiver to take it.
    ///
    /// # Errors
    /// The channel is closed; the error holds the value.
    pub fn send(&self, value: T) -> Sending<'_, T> {
        Sending {
            shared: &self.shared,
            phase: SendPhase::New(value),
        }
    }

    /// Closes the channel: nothing more goes in, what lies in it is still received.
    pub fn close(&self) {
        self.shared.close();
    }
}

/// The end that values come out of. Clones share the values: each value goes to one receiver.
///
/// When the last receiver is dropped the channel closes and what lies in it is dropped.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Receiver<T> {
    /// Takes the next value, or waits for one; `None` when the channel is closed and empty.
    pub fn recv(&self) -> Receiving<'_, T> {
        Receiving {
            shared: &self.shared,
            phase: ReceivePhase::New,
        }
    }

    /// Closes the channel: nothing more goes in, what lies in it is still received.
    pub fn close(&self) {
        self.shared.close();
    }
}

/// The channel was closed before it took this value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the channel is closed")
    }
}

impl<T> std::error::Error for SendError<T> {}

macro_rules! both_ends {
    ($($end:ident counted in $halves:ident)*) => {$(
        impl<T> $end<T> {
            /// The channel's identity in [`Event`](crate::Event)s.
            pub fn id(&self) -> ResourceId {
                self.shared.identity.id()
            }

            /// The channel's name.
            pub fn name(&self) -> &str {
                &self.shared.identity.name
            }

            /// How many values may lie in the channel; 0 for a rendezvous.
            pub fn capacity(&self) -> usize {
                self.shared.capacity
            }

            /// How many values lie in the channel now.
            pub fn len(&self) -> usize {
                self.shared.lock().buffer.len()
            }

            /// True if no value lies in the channel now.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// True if nothing more goes in.
            pub fn is_closed(&self) -> bool {
                self.shared.lock().closed.is_some()
            }
        }

        impl<T> Clone for $end<T> {
            fn clone(&self) -> Self {
                self.shared.lock().$halves += 1;
                Self { shared: Arc::clone(&self.shared) }
            }
        }

        impl<T> fmt::Debug for $end<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($end)).field("name", &self.name()).finish_non_exhaustive()
            }
        }
    )*};
}

both_ends! {
    Sender counted in senders
    Receiver counted in receivers
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.senders -= 1;
        let last = state.senders == 0;
        drop(state);
        if last {
            self.shared.close();
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.receivers -= 1;
        let last = state.receivers == 0;
        drop(state);
        if last {
            self.shared.close();
            self.shared.discard();
        }
    }
}

/// A send under way; await it. Made by [`Sender::send`].
#[must_use = "nothing is sent until it is awaited"]
pub struct Sending<'a, T> {
    shared: &'a Shared<T>,
    phase: SendPhase<T>,
}

enum SendPhase<T> {
    New(T),
    Waiting(Ticket),
    Done,
}

// The value is moved in and out, never pinned.
impl<T> Unpin for Sending<'_, T> {}

impl<T> Sending<'_, T> {
    /// Gives up: the value comes back unless it was handed over already.
    pub fn cancel(&mut self) -> Option<T> {
        match mem::replace(&mut self.phase, SendPhase::Done) {
            SendPhase::New(value) => Some(value),
            SendPhase::Waiting(ticket) => self.shared.cancel_send(ticket),
            SendPhase::Done => None,
        }
    }
}

impl<T> Future for Sending<'_, T> {
    type Output = Result<(), SendError<T>>;

    /// # Panics
    /// If polled again after it finished or was cancelled.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let budget = ready!(poll_proceed(cx));
        let outcome = match mem::replace(&mut self.phase, SendPhase::Done) {
            SendPhase::New(value) => self.shared.start_send(value, cx.waker()),
            SendPhase::Waiting(ticket) => self.shared.resume_send(ticket, cx.waker()),
            SendPhase::Done => panic!("a finished send was polled again"),
        };
        match outcome {
            Progress::Done(result) => {
                budget.made_progress();
                Poll::Ready(result)
            }
            Progress::Wait(ticket) => {
                self.phase = SendPhase::Waiting(ticket);
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Sending<'_, T> {
    fn drop(&mut self) {
        drop(self.cancel());
    }
}

/// A receive under way; await it. Made by [`Receiver::recv`].
#[must_use = "nothing is received until it is awaited"]
pub struct Receiving<'a, T> {
    shared: &'a Shared<T>,
    phase: ReceivePhase,
}

enum ReceivePhase {
    New,
    Waiting(Ticket),
    Done,
}

impl<T> Future for Receiving<'_, T> {
    type Output = Option<T>;

    /// # Panics
    /// If polled again after it finished.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let budget = ready!(poll_proceed(cx));
        let outcome = match mem::replace(&mut self.phase, ReceivePhase::Done) {
            ReceivePhase::New => self.shared.start_receive(cx.waker()),
            ReceivePhase::Waiting(ticket) => self.shared.resume_receive(ticket, cx.waker()),
            ReceivePhase::Done => panic!("a finished receive was polled again"),
        };
        match outcome {
            Progress::Done(value) => {
                budget.made_progress();
                Poll::Ready(value)
            }
            Progress::Wait(ticket) => {
                self.phase = ReceivePhase::Waiting(ticket);
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Receiving<'_, T> {
    fn drop(&mut self) {
        if let ReceivePhase::Waiting(ticket) = self.phase {
            self.shared.cancel_receive(ticket);
        }
    }
}
