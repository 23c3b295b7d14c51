//! Permits and the line of those who wait for them: what a semaphore and a pool are made of.
//!
//! Permits that come back go to those who wait, in the order of their coming: whoever is granted some has them at once,
//! not only when it runs again, so that no late comer can take them. One that wants many keeps those behind it waiting
//! until there are enough for it.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use tokio::task::coop::poll_proceed;

use super::{Closed, TryAcquireError};
use crate::event::{Event, Operation};
use crate::guard::stay_on_the_stack;
use crate::ledger::Ledger;
use crate::line::Wakes;
use crate::observe::{contention, tell};
use crate::recover;
use crate::resource::Identity;
use crate::task::{TaskId, current};

pub(crate) struct Core {
    pub(crate) identity: Identity,
    operation: Operation,
    state: Mutex<State>,
}

struct State {
    permits: usize,
    closed: Option<ClosedBy>,
    /// Who waits, by ticket.
    waiting: BTreeMap<u64, Waiter>,
    next_ticket: u64,
    /// Who has been granted what it waited for and has not run since, with the task that let it go.
    granted: HashMap<u64, Option<TaskId>>,
    ledger: Ledger,
}

/// The task that closed it, if it was a named one.
#[derive(Clone, Copy)]
struct ClosedBy(Option<TaskId>);

struct Waiter {
    amount: usize,
    waker: Waker,
    /// Whether the ledger knows of it.
    counted: bool,
}

impl Core {
    pub(crate) fn new(identity: Identity, operation: Operation, permits: usize) -> Self {
        let state = State {
            permits,
            closed: None,
            waiting: BTreeMap::new(),
            next_ticket: 0,
            granted: HashMap::new(),
            ledger: Ledger::new(),
        };
        Self {
            identity,
            operation,
            state: Mutex::new(state),
        }
    }

    /// Takes permits in its turn. Gives who has them now, if anyone listens.
    pub(crate) fn acquire(&self, amount: usize) -> Acquire<'_> {
        Acquire {
            core: self,
            amount,
            phase: Phase::New,
        }
    }

    pub(crate) fn try_acquire(&self, amount: usize) -> Result<Option<TaskId>, TryAcquireError> {
        self.take(&mut self.lock(), amount)
    }

    fn take(&self, state: &mut State, amount: usize) -> Result<Option<TaskId>, TryAcquireError> {
        if state.closed.is_some() {
            return Err(TryAcquireError::Closed);
        }
        if state.permits < amount || !state.waiting.is_empty() {
            return Err(TryAcquireError::NoPermits);
        }
        state.permits -= amount;
        Ok(self.identity.acquired(self.operation, amount))
    }

    /// Gives permits back that `holder` had.
    pub(crate) fn release(&self, amount: usize, holder: Option<TaskId>) {
        let state = self.lock();
        self.identity.released(holder, amount);
        self.give(state, amount);
    }

    /// Adds permits.
    pub(crate) fn add(&self, amount: usize) {
        self.give(self.lock(), amount);
    }

    fn give(&self, mut state: MutexGuard<'_, State>, amount: usize) {
        let mut wakes = Wakes::default();
        state.permits = state.permits.saturating_add(amount);
        let delay = state.grant(&mut wakes);
        drop(state);
        wakes.wake();
        self.identity.held_up(delay, None);
        stay_on_the_stack();
    }

    pub(crate) fn close(&self) {
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        if state.closed.is_some() {
            return;
        }
        state.closed = Some(ClosedBy(current()));
        tell(|| Event::ResourceClosed {
            resource: self.identity.id(),
        });
        for waiter in state.waiting.values() {
            wakes.add(waiter.waker.clone());
        }
        drop(state);
        wakes.wake();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed.is_some()
    }

    /// How many permits there are to take.
    pub(crate) fn available(&self) -> usize {
        self.lock().permits
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Queues up at the end.
    fn join(&self, state: &mut State, amount: usize, waker: &Waker) -> Ticket {
        let since = self.identity.wait_started(self.operation);
        if let Some(now) = since {
            state.ledger.begin(now);
        }
        let number = state.next_ticket;
        state.next_ticket += 1;
        let waiter = Waiter {
            amount,
            waker: waker.clone(),
            counted: since.is_some(),
        };
        state.waiting.insert(number, waiter);
        Ticket { number, since }
    }

    /// The caller no longer waits.
    fn end(&self, state: MutexGuard<'_, State>, ticket: &Ticket, by: Option<TaskId>) {
        let ended = self.identity.wait_ended(self.operation, by);
        drop(state);
        self.identity
            .waited(ticket.since, ended, self.operation, by);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        recover(self.state.lock())
    }
}

impl State {
    /// Lets those go for whom there are permits now. Gives for how long they all have waited.
    fn grant(&mut self, wakes: &mut Wakes) -> Duration {
        if self.waiting.is_empty() || self.closed.is_some() {
            return Duration::ZERO;
        }
        let (mut delay, mut by, mut now) = (Duration::ZERO, None, None);
        if contention() || !self.ledger.is_empty() {
            let time = Instant::now();
            (delay, by, now) = (self.ledger.charge(time), current(), Some(time));
        }
        while let Some(first) = self.waiting.first_entry()
            && first.get().amount <= self.permits
        {
            let (number, waiter) = first.remove_entry();
            self.permits -= waiter.amount;
            self.granted.insert(number, by);
            self.ledger_end(&waiter, now);
            wakes.add(waiter.waker);
        }
        delay
    }

    /// Leaves the line, before its turn.
    fn leave(&mut self, number: u64) {
        if let Some(waiter) = self.waiting.remove(&number) {
            self.ledger_end(&waiter, None);
        }
    }

    fn ledger_end(&mut self, waiter: &Waiter, now: Option<Instant>) {
        if waiter.counted {
            self.ledger.end(now.unwrap_or_else(Instant::now));
        }
    }
}

/// Permits being acquired. Dropped early, the turn is given up; permits that had been granted go to the next one.
pub(crate) struct Acquire<'a> {
    core: &'a Core,
    amount: usize,
    phase: Phase,
}

enum Phase {
    New,
    Waiting(Ticket),
    Done,
}

#[derive(Clone, Copy)]
struct Ticket {
    number: u64,
    since: Option<Instant>,
}

impl Acquire<'_> {
    fn start(&mut self, waker: &Waker) -> Poll<Result<Option<TaskId>, Closed>> {
        let mut state = self.core.lock();
        match self.core.take(&mut state, self.amount) {
            Ok(holder) => Poll::Ready(Ok(holder)),
            Err(TryAcquireError::Closed) => Poll::Ready(Err(Closed)),
            Err(TryAcquireError::NoPermits) => {
                let ticket = self.core.join(&mut state, self.amount, waker);
                self.phase = Phase::Waiting(ticket);
                Poll::Pending
            }
        }
    }

    fn resume(&mut self, ticket: Ticket, waker: &Waker) -> Poll<Result<Option<TaskId>, Closed>> {
        let core = self.core;
        let mut state = core.lock();
        if let Some(by) = state.granted.remove(&ticket.number) {
            self.phase = Phase::Done;
            core.end(state, &ticket, by);
            return Poll::Ready(Ok(core.identity.acquired(core.operation, self.amount)));
        }
        if let Some(ClosedBy(by)) = state.closed {
            self.phase = Phase::Done;
            state.leave(ticket.number);
            core.end(state, &ticket, by);
            return Poll::Ready(Err(Closed));
        }
        if let Some(waiter) = state.waiting.get_mut(&ticket.number) {
            waiter.waker.clone_from(waker);
        }
        Poll::Pending
    }
}

impl Future for Acquire<'_> {
    type Output = Result<Option<TaskId>, Closed>;

    /// # Panics
    /// If polled again after it finished.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let budget = ready!(poll_proceed(cx));
        let polled = match self.phase {
            Phase::New => self.start(cx.waker()),
            Phase::Waiting(ticket) => self.resume(ticket, cx.waker()),
            Phase::Done => panic!("a finished acquire was polled again"),
        };
        if polled.is_ready() {
            self.phase = Phase::Done;
            budget.made_progress();
        }
        polled
    }
}

impl Drop for Acquire<'_> {
    fn drop(&mut self) {
        let Phase::Waiting(ticket) = self.phase else {
            return;
        };
        let mut wakes = Wakes::default();
        let mut state = self.core.lock();
        if state.granted.remove(&ticket.number).is_some() {
            state.permits = state.permits.saturating_add(self.amount);
        } else {
            state.leave(ticket.number);
        }
        // It may have kept others waiting who want less. That it had to wait is not its fault, so it is not charged.
        state.grant(&mut wakes);
        self.core.end(state, &ticket, None);
        wakes.wake();
    }
}
