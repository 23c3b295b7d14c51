//! What is behind both ends of a channel.
//!
//! A value is in the buffer, or with its pending send. Receivers that wait are promised a turn for each value there
//! is, in the order of their coming ([`Line`]); whoever comes later takes only what is promised to nobody. A promise is
//! not the value itself: the value stays here until the receiver runs, so that a receiver that goes away loses nothing
//! and a rendezvous ends when, and only when, the value is in the receiver's hands.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::mem;
use std::sync::{Mutex, MutexGuard};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::SendError;
use crate::event::{Event, Operation};
use crate::ledger::Ledger;
use crate::line::{Line, Wakes};
use crate::observe::{all, contention, tell, tell_since};
use crate::recover;
use crate::resource::{Identity, ResourceKind};
use crate::task::{TaskId, current};

/// How far an operation got in one poll.
pub(super) enum Progress<R> {
    /// It is over, with this result.
    Done(R),
    /// It waits under this ticket.
    Wait(Ticket),
}

/// A place among those who wait.
#[derive(Clone, Copy)]
pub(super) struct Ticket {
    number: u64,
    /// When the wait began, if anyone listened.
    since: Option<Instant>,
}

/// What both ends of a channel share.
pub(super) struct Shared<T> {
    pub(super) identity: Identity,
    pub(super) capacity: usize,
    state: Mutex<State<T>>,
}

/// A channel's state: the values in it, and who waits at its ends.
pub(super) struct State<T> {
    /// Values that were sent and not received.
    pub(super) buffer: VecDeque<Item<T>>,
    /// Sends that wait, by ticket, each with its value: the value stays here until a receiver makes room, so that
    /// a sender that goes away takes its value with it.
    pending: BTreeMap<u64, Pending<T>>,
    next_ticket: u64,
    /// Sends whose value was taken but whose future has not run since, with the task that took it.
    accepted: HashMap<u64, Option<TaskId>>,
    /// How long senders have waited for room since there was last some.
    ledger: Ledger,
    /// Receives that wait. As many of them are promised a value as there are values.
    waiting: Line,
    /// Set once.
    pub(super) closed: Option<Closed>,
    pub(super) senders: usize,
    pub(super) receivers: usize,
}

#[derive(Clone, Copy)]
pub(super) struct Closed {
    by: Option<TaskId>,
}

pub(super) struct Item<T> {
    value: T,
    from: Option<TaskId>,
}

struct Pending<T> {
    item: Item<T>,
    waker: Waker,
    /// Whether the ledger knows of it.
    counted: bool,
}

impl<T> State<T> {
    fn new() -> Self {
        Self {
            buffer: VecDeque::new(),
            pending: BTreeMap::new(),
            next_ticket: 0,
            accepted: HashMap::new(),
            ledger: Ledger::new(),
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

    /// Takes the first value, after letting the send that waited longest into the room this leaves. Sets `delay` to how
    /// long senders have waited for that, and to the time, which is `at` if it has been read already.
    fn pop(
        &mut self,
        by: Option<TaskId>,
        at: Option<Instant>,
        wakes: &mut Wakes,
        delay: &mut Option<(Duration, Instant)>,
    ) -> Option<Item<T>> {
        if self.closed.is_none()
            && let Some((number, pending)) = self.pending.pop_first()
        {
            if pending.counted {
                let now = at.unwrap_or_else(Instant::now);
                *delay = Some((self.ledger.charge(now), now));
                self.ledger.end(now);
            }
            self.accepted.insert(number, by);
            wakes.add(pending.waker);
            self.buffer.push_back(pending.item);
        }
        self.buffer.pop_front()
    }

    /// Takes a send back that waits.
    fn withdraw(&mut self, number: u64) -> Option<T> {
        let pending = self.pending.remove(&number)?;
        if pending.counted {
            self.ledger.end(Instant::now());
        }
        Some(pending.item.value)
    }
}

impl<T> Shared<T> {
    pub(super) fn new(name: &str, capacity: usize) -> Self {
        let name = name.to_owned().into();
        Self {
            identity: Identity::new(ResourceKind::Channel, name, Some(capacity)),
            capacity,
            state: Mutex::new(State::new()),
        }
    }
}

// ---- sending ----

impl<T> Shared<T> {
    pub(super) fn start_send(&self, value: T, waker: &Waker) -> Progress<Result<(), SendError<T>>> {
        let from = me();
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        if state.closed.is_some() {
            return Progress::Done(Err(SendError(value)));
        }
        let item = Item { value, from };
        let progress = if state.buffer.len() < self.capacity {
            state.buffer.push_back(item);
            self.tell_depth(&state, None);
            Progress::Done(Ok(()))
        } else {
            let since = self.identity.wait_started(Operation::Send);
            if let Some(now) = since {
                state.ledger.begin(now);
            }
            let number = state.next_ticket;
            state.next_ticket += 1;
            state.pending.insert(
                number,
                Pending {
                    item,
                    waker: waker.clone(),
                    counted: since.is_some(),
                },
            );
            Progress::Wait(Ticket { number, since })
        };
        state.settle(&mut wakes);
        drop(state);
        wakes.wake();
        progress
    }

    pub(super) fn resume_send(
        &self,
        ticket: Ticket,
        waker: &Waker,
    ) -> Progress<Result<(), SendError<T>>> {
        let mut state = self.lock();
        if let Some(by) = state.accepted.remove(&ticket.number) {
            self.end_wait(state, ticket, Operation::Send, by);
            return Progress::Done(Ok(()));
        }
        if let Some(Closed { by }) = state.closed
            && let Some(refused) = state.withdraw(ticket.number)
        {
            self.end_wait(state, ticket, Operation::Send, by);
            return Progress::Done(Err(SendError(refused)));
        }
        if let Some(pending) = state.pending.get_mut(&ticket.number) {
            pending.waker.clone_from(waker);
        }
        Progress::Wait(ticket)
    }

    pub(super) fn cancel_send(&self, ticket: Ticket) -> Option<T> {
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        let by = state.accepted.remove(&ticket.number).flatten();
        let withdrawn = state.withdraw(ticket.number);
        state.settle(&mut wakes);
        self.end_wait(state, ticket, Operation::Send, by);
        wakes.wake();
        withdrawn
    }
}

// ---- receiving ----

impl<T> Shared<T> {
    pub(super) fn start_receive(&self, waker: &Waker) -> Progress<Option<T>> {
        let mut state = self.lock();
        if state.available() > state.waiting.len() {
            return self.take(state, None);
        }
        if state.is_drained() {
            return Progress::Done(None);
        }
        let number = state.waiting.join(waker);
        let since = self.identity.wait_started(Operation::Receive);
        Progress::Wait(Ticket { number, since })
    }

    pub(super) fn resume_receive(&self, ticket: Ticket, waker: &Waker) -> Progress<Option<T>> {
        let mut state = self.lock();
        if !state.waiting.is_promised(ticket.number) {
            state.waiting.stay(ticket.number, waker);
            return Progress::Wait(ticket);
        }
        state.waiting.leave(ticket.number);
        let by = match state.buffer.front().or(state
            .pending
            .values()
            .next()
            .map(|pending| &pending.item))
        {
            Some(item) if !state.is_drained() => item.from,
            _ => state.closed.and_then(|closed| closed.by),
        };
        let ended = self.identity.wait_ended(Operation::Receive, by);
        let progress = if state.is_drained() {
            drop(state);
            Progress::Done(None)
        } else {
            self.take(state, ended)
        };
        self.identity
            .waited(ticket.since, ended, Operation::Receive, by);
        progress
    }

    pub(super) fn cancel_receive(&self, ticket: Ticket) {
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        state.waiting.leave(ticket.number);
        state.settle(&mut wakes);
        self.end_wait(state, ticket, Operation::Receive, None);
        wakes.wake();
    }

    /// `at` is the time, if it has been read already.
    fn take(
        &self,
        mut state: MutexGuard<'_, State<T>>,
        at: Option<Instant>,
    ) -> Progress<Option<T>> {
        let (mut wakes, mut delay) = (Wakes::default(), None);
        let at = at.or_else(|| all().then(Instant::now));
        let (to, depth) = (me(), state.buffer.len());
        let taken = state.pop(to, at, &mut wakes, &mut delay);
        if state.buffer.len() != depth {
            self.tell_depth(&state, at);
        }
        if let Some(item) = &taken {
            tell_since(at, || Event::Transferred {
                from: item.from,
                to,
                resource: self.identity.id(),
            });
        }
        state.settle(&mut wakes);
        drop(state);
        wakes.wake();
        if let Some((delay, at)) = delay {
            self.identity.held_up(delay, Some(at));
        }
        Progress::Done(taken.map(|item| item.value))
    }
}

// ---- the rest ----

impl<T> Shared<T> {
    pub(super) fn close(&self) {
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        if state.closed.is_some() {
            return;
        }
        state.closed = Some(Closed { by: me() });
        tell(|| Event::ResourceClosed {
            resource: self.identity.id(),
        });
        for pending in state.pending.values() {
            wakes.add(pending.waker.clone());
        }
        state.settle(&mut wakes);
        drop(state);
        wakes.wake();
    }

    /// Drops what nobody will receive, outside the lock because a value's own drop may use the channel.
    pub(super) fn discard(&self) {
        let mut state = self.lock();
        let values = mem::take(&mut state.buffer);
        if !values.is_empty() {
            self.tell_depth(&state, None);
        }
        drop(state);
        drop(values);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State<T>> {
        recover(self.state.lock())
    }

    fn tell_depth(&self, state: &State<T>, at: Option<Instant>) {
        tell_since(at, || Event::Depth {
            resource: self.identity.id(),
            len: state.buffer.len(),
        });
    }

    /// The caller no longer waits.
    fn end_wait(
        &self,
        state: MutexGuard<'_, State<T>>,
        ticket: Ticket,
        operation: Operation,
        by: Option<TaskId>,
    ) {
        let ended = self.identity.wait_ended(operation, by);
        drop(state);
        self.identity.waited(ticket.since, ended, operation, by);
    }
}

/// The calling task, asked for only while somebody listens.
fn me() -> Option<TaskId> {
    if contention() { current() } else { None }
}
