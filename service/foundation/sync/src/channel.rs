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

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::task::coop::poll_proceed;

use crate::line::{Line, Wakes};
use crate::observe::{Event, Operation, ResourceId, ResourceKind, active, tell};
use crate::task::{TaskId, current};

/// Makes a channel; `capacity` is how many values may lie in it, 0 for a rendezvous.
pub fn channel<T>(name: &str, capacity: usize) -> (Sender<T>, Receiver<T>) {
    let id = ResourceId::next();
    tell(|| Event::ResourceCreated {
        resource: id,
        kind: ResourceKind::Channel,
        name,
        capacity: Some(capacity),
    });
    let shared = Arc::new(Shared {
        id,
        name: name.into(),
        capacity,
        state: Mutex::new(State::new()),
    });
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
            /// The channel's identity in [`Event`]s.
            pub fn id(&self) -> ResourceId {
                self.shared.id
            }

            /// The channel's name.
            pub fn name(&self) -> &str {
                &self.shared.name
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
    Waiting(u64),
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
    Waiting(u64),
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

enum Progress<R> {
    Done(R),
    Wait(u64),
}

struct Shared<T> {
    id: ResourceId,
    name: Box<str>,
    capacity: usize,
    state: Mutex<State<T>>,
}

struct State<T> {
    /// Values that were sent and not received.
    buffer: VecDeque<Item<T>>,
    /// Sends that wait, by ticket, each with its value: the value stays here until a receiver makes room, so that
    /// a sender that goes away takes its value with it.
    pending: BTreeMap<u64, Pending<T>>,
    next_ticket: u64,
    /// Sends whose value was taken but whose future has not run since, with the task that took it.
    accepted: HashMap<u64, Option<TaskId>>,
    /// Receives that wait. As many of them are promised a value as there are values.
    waiting: Line,
    /// Set once, with the task that closed.
    closed: Option<Option<TaskId>>,
    senders: usize,
    receivers: usize,
}

struct Item<T> {
    value: T,
    from: Option<TaskId>,
}

struct Pending<T> {
    item: Item<T>,
    waker: Waker,
}

impl<T> State<T> {
    fn new() -> Self {
        Self {
            buffer: VecDeque::new(),
            pending: BTreeMap::new(),
            next_ticket: 0,
            accepted: HashMap::new(),
            waiting: Line::default(),
            closed: None,
            senders: 1,
            receivers: 1,
        }
    }

    /// How many values receivers may take. What is pending at the close goes back to its sender.
    fn available(&self) -> usize {
        if self.closed.is_some() {
            self.buffer.len()
        } else {
            self.buffer.len() + self.pending.len()
        }
    }

    fn is_drained(&self) -> bool {
        self.closed.is_some() && self.buffer.is_empty()
    }

    /// Lets on as many waiting receivers as there are values, or all of them when there will be no more.
    fn settle(&mut self, wakes: &mut Wakes) {
        let count = if self.is_drained() {
            usize::MAX
        } else {
            self.available()
        };
        self.waiting.promise(count, wakes);
    }
}

// ---- sending ----

impl<T> Shared<T> {
    fn start_send(&self, value: T, waker: &Waker) -> Progress<Result<(), SendError<T>>> {
        let from = me();
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        if state.closed.is_some() {
            return Progress::Done(Err(SendError(value)));
        }
        let item = Item { value, from };
        let progress = if state.buffer.len() < self.capacity {
            state.buffer.push_back(item);
            self.tell_depth(&state);
            Progress::Done(Ok(()))
        } else {
            let ticket = state.next_ticket;
            state.next_ticket += 1;
            state.pending.insert(
                ticket,
                Pending {
                    item,
                    waker: waker.clone(),
                },
            );
            self.tell_wait_started(from, Operation::Send);
            Progress::Wait(ticket)
        };
        state.settle(&mut wakes);
        drop(state);
        wakes.wake();
        progress
    }

    fn resume_send(&self, ticket: u64, waker: &Waker) -> Progress<Result<(), SendError<T>>> {
        let mut state = self.lock();
        if let Some(by) = state.accepted.remove(&ticket) {
            self.tell_wait_ended(Operation::Send, by);
            return Progress::Done(Ok(()));
        }
        if let Some(by) = state.closed
            && let Some(refused) = state.pending.remove(&ticket)
        {
            self.tell_wait_ended(Operation::Send, by);
            return Progress::Done(Err(SendError(refused.item.value)));
        }
        if let Some(pending) = state.pending.get_mut(&ticket) {
            pending.waker.clone_from(waker);
        }
        Progress::Wait(ticket)
    }

    fn cancel_send(&self, ticket: u64) -> Option<T> {
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        let by = state.accepted.remove(&ticket).flatten();
        self.tell_wait_ended(Operation::Send, by);
        let pending = state.pending.remove(&ticket);
        state.settle(&mut wakes);
        drop(state);
        wakes.wake();
        pending.map(|pending| pending.item.value)
    }
}

// ---- receiving ----

impl<T> Shared<T> {
    fn start_receive(&self, waker: &Waker) -> Progress<Option<T>> {
        let mut state = self.lock();
        if state.available() > state.waiting.len() {
            return self.take(state);
        }
        if state.is_drained() {
            return Progress::Done(None);
        }
        let ticket = state.waiting.join(waker);
        self.tell_wait_started(me(), Operation::Receive);
        Progress::Wait(ticket)
    }

    fn resume_receive(&self, ticket: u64, waker: &Waker) -> Progress<Option<T>> {
        let mut state = self.lock();
        if !state.waiting.is_promised(ticket) {
            state.waiting.stay(ticket, waker);
            return Progress::Wait(ticket);
        }
        state.waiting.leave(ticket);
        let by = match state.buffer.front().or(state
            .pending
            .values()
            .next()
            .map(|pending| &pending.item))
        {
            Some(item) if !state.is_drained() => item.from,
            _ => state.closed.flatten(),
        };
        self.tell_wait_ended(Operation::Receive, by);
        if state.is_drained() {
            Progress::Done(None)
        } else {
            self.take(state)
        }
    }

    fn cancel_receive(&self, ticket: u64) {
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        state.waiting.leave(ticket);
        self.tell_wait_ended(Operation::Receive, None);
        state.settle(&mut wakes);
        drop(state);
        wakes.wake();
    }

    /// Takes the first value and lets the first pending send into the room it leaves.
    fn take(&self, mut state: MutexGuard<'_, State<T>>) -> Progress<Option<T>> {
        let mut wakes = Wakes::default();
        let to = me();
        let buffered = state.buffer.pop_front();
        let admitted = if state.closed.is_none() {
            self.admit(&mut state, to, &mut wakes)
        } else {
            None
        };
        let taken = match (buffered, admitted) {
            (Some(first), Some(next)) => {
                state.buffer.push_back(next);
                Some(first)
            }
            (first, next) => {
                if first.is_some() {
                    self.tell_depth(&state);
                }
                first.or(next)
            }
        };
        if let Some(item) = &taken {
            tell(|| Event::Transferred {
                from: item.from,
                to,
                resource: self.id,
            });
        }
        state.settle(&mut wakes);
        drop(state);
        wakes.wake();
        Progress::Done(taken.map(|item| item.value))
    }

    /// Takes the value of the send that waited longest.
    fn admit(
        &self,
        state: &mut State<T>,
        by: Option<TaskId>,
        wakes: &mut Wakes,
    ) -> Option<Item<T>> {
        let (ticket, pending) = state.pending.pop_first()?;
        state.accepted.insert(ticket, by);
        wakes.add(pending.waker);
        Some(pending.item)
    }
}

// ---- the rest ----

impl<T> Shared<T> {
    fn close(&self) {
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        if state.closed.is_some() {
            return;
        }
        state.closed = Some(me());
        tell(|| Event::ResourceClosed { resource: self.id });
        for pending in state.pending.values() {
            wakes.add(pending.waker.clone());
        }
        state.settle(&mut wakes);
        drop(state);
        wakes.wake();
    }

    /// Drops what nobody will receive, outside the lock because a value's own drop may use the channel.
    fn discard(&self) {
        let mut state = self.lock();
        let values = mem::take(&mut state.buffer);
        if !values.is_empty() {
            self.tell_depth(&state);
        }
        drop(state);
        drop(values);
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_depth(&self, state: &State<T>) {
        tell(|| Event::Depth {
            resource: self.id,
            len: state.buffer.len(),
        });
    }

    fn tell_wait_started(&self, task: Option<TaskId>, operation: Operation) {
        tell(|| Event::WaitStarted {
            task,
            resource: self.id,
            operation,
        });
    }

    fn tell_wait_ended(&self, operation: Operation, by: Option<TaskId>) {
        tell(|| Event::WaitEnded {
            task: current(),
            resource: self.id,
            operation,
            by,
        });
    }
}

/// The calling task, asked for only while somebody listens.
fn me() -> Option<TaskId> {
    if active() { current() } else { None }
}
