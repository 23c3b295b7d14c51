//! A waiting line: first come, first served, and anyone may leave it at any time.

use std::collections::BTreeMap;
use std::task::Waker;

/// Those who wait, in the order of their coming.
///
/// The first few are *promised* their turn: they have been woken, and what they wait for is kept for them although
/// they have not run yet. Everyone before `promised_until` is promised, nobody after it is, so that asking costs one
/// comparison.
#[derive(Default)]
pub(crate) struct Line {
    waiting: BTreeMap<u64, Waker>,
    next_ticket: u64,
    promised_until: u64,
    promised: usize,
}

impl Line {
    /// Queues up at the end; the ticket says who one is from now on.
    pub(crate) fn join(&mut self, waker: &Waker) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.insert(ticket, waker.clone());
        ticket
    }

    /// Leaves, served or not.
    pub(crate) fn leave(&mut self, ticket: u64) {
        let was_here = self.waiting.remove(&ticket).is_some();
        if was_here && self.is_promised(ticket) {
            self.promised -= 1;
        }
    }

    /// Waits on, perhaps in another task than before.
    pub(crate) fn stay(&mut self, ticket: u64, waker: &Waker) {
        if let Some(old) = self.waiting.get_mut(&ticket) {
            old.clone_from(waker);
        }
    }

    pub(crate) fn is_promised(&self, ticket: u64) -> bool {
        ticket < self.promised_until
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Promises the first `count` their turn and wakes those who were not promised it before; takes the promise back
    /// from those behind.
    pub(crate) fn promise(&mut self, count: usize, wakes: &mut Wakes) {
        while self.promised < count {
            let Some((ticket, waker)) = self.waiting.range(self.promised_until..).next() else {
                return;
            };
            wakes.add(waker.clone());
            self.promised_until = ticket + 1;
            self.promised += 1;
        }
        while self.promised > count {
            let Some((ticket, _)) = self.waiting.range(..self.promised_until).next_back() else {
                return;
            };
            self.promised_until = *ticket;
            self.promised -= 1;
        }
    }
}

/// Tasks to wake after the lock is released. Most operations wake one, so one needs no allocation.
#[derive(Default)]
#[must_use]
pub(crate) struct Wakes {
    first: Option<Waker>,
    others: Vec<Waker>,
}

impl Wakes {
    pub(crate) fn add(&mut self, waker: Waker) {
        if self.first.is_none() {
            self.first = Some(waker);
        } else {
            self.others.push(waker);
        }
    }

    pub(crate) fn wake(self) {
        if let Some(waker) = self.first {
            waker.wake();
        }
        self.others.into_iter().for_each(Waker::wake);
    }
}
