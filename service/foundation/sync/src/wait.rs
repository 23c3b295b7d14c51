//! Waiting, holding and letting go, as all resources tell of it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::event::{Event, Operation};
use crate::ledger::Ledger;
use crate::observe::{Interest, all, contention, tell, tell_at, tell_contention, tell_since};
use crate::recover;
use crate::resource::Identity;
use crate::task::{TaskId, current};

impl Identity {
    /// Somebody begins to wait. Gives the time, if anyone listens.
    pub(crate) fn wait_started(&self, operation: Operation) -> Option<Instant> {
        let now = contention().then(Instant::now)?;
        self.tell_wait_started(operation, now);
        Some(now)
    }

    fn tell_wait_started(&self, operation: Operation, now: Instant) {
        if all() {
            let event = Event::WaitStarted {
                task: current(),
                resource: self.id(),
                kind: self.kind,
                name: &self.name,
                operation,
            };
            tell_at(Interest::All, now, &event);
        }
    }

    /// The caller's wait is over; told while the resource is locked. Gives the time, if anyone listens: what else comes
    /// of it happens at the same moment, and the clock is read once.
    pub(crate) fn wait_ended(&self, operation: Operation, by: Option<TaskId>) -> Option<Instant> {
        let now = contention().then(Instant::now)?;
        tell_since(Some(now), || Event::WaitEnded {
            task: current(),
            resource: self.id(),
            operation,
            by,
        });
        Some(now)
    }

    /// The caller has waited from then until then; told while nothing is locked.
    pub(crate) fn waited(
        &self,
        since: Option<Instant>,
        until: Option<Instant>,
        operation: Operation,
        by: Option<TaskId>,
    ) {
        let (Some(since), Some(now)) = (since, until) else {
            return;
        };
        tell_contention(now, || Event::Waited {
            task: current(),
            resource: self.id(),
            kind: self.kind,
            name: &self.name,
            operation,
            waited: now.saturating_duration_since(since),
            by,
        });
    }

    /// The caller has let somebody go who waited; told while nothing is locked.
    /// `at` is the time, if it has been read already.
    pub(crate) fn held_up(&self, delay: Duration, at: Option<Instant>) {
        if delay.is_zero() || !contention() {
            return;
        }
        tell_contention(at.unwrap_or_else(Instant::now), || Event::HeldUp {
            task: current(),
            resource: self.id(),
            kind: self.kind,
            name: &self.name,
            delay,
        });
    }

    /// The caller has it now. Gives who that is, if anyone listens.
    #[inline]
    pub(crate) fn acquired(&self, operation: Operation, amount: usize) -> Option<TaskId> {
        if all() {
            self.tell_acquired(operation, amount)
        } else {
            None
        }
    }

    #[cold]
    fn tell_acquired(&self, operation: Operation, amount: usize) -> Option<TaskId> {
        let task = current();
        tell(|| Event::Acquired {
            task,
            resource: self.id(),
            operation,
            amount,
        });
        task
    }

    pub(crate) fn released(&self, holder: Option<TaskId>, amount: usize) {
        tell(|| Event::Released {
            task: holder,
            resource: self.id(),
            amount,
        });
    }
}

/// A lock as the hook sees it.
pub(crate) struct Gate {
    pub(crate) identity: Identity,
    /// How many wait, so that a release need not look further while nobody does.
    waiting: AtomicU32,
    history: Mutex<History>,
}

struct History {
    ledger: Ledger,
    /// Who released the lock last: lets writers go.
    released_by: Option<TaskId>,
    /// Who released it last that had it alone: lets readers go.
    written_by: Option<TaskId>,
}

impl Gate {
    pub(crate) const fn new(identity: Identity) -> Self {
        let history = History {
            ledger: Ledger::new(),
            released_by: None,
            written_by: None,
        };
        Self {
            identity,
            waiting: AtomicU32::new(0),
            history: Mutex::new(history),
        }
    }

    /// Waits in `lock`; nothing is noted while nobody listens.
    pub(crate) fn wait<R>(&self, operation: Operation, lock: impl FnOnce() -> R) -> R {
        let waiting = self.begin(operation);
        let result = lock();
        if let Some(waiting) = waiting {
            waiting.over();
        }
        result
    }

    /// Waits until the future gives the lock, or is given up.
    pub(crate) async fn until<F: Future>(&self, operation: Operation, lock: F) -> F::Output {
        let waiting = self.begin(operation);
        let output = lock.await;
        if let Some(waiting) = waiting {
            waiting.over();
        }
        output
    }

    fn begin(&self, operation: Operation) -> Option<Waiting<'_>> {
        let since = contention().then(Instant::now)?;
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let mut history = recover(self.history.lock());
        if before == 0 && !all() {
            // Known only from when others waited, or somebody listened to everything.
            (history.released_by, history.written_by) = (None, None);
        }
        history.ledger.begin(since);
        drop(history);
        let waiting = Waiting {
            gate: self,
            operation,
            since,
            over: false,
        };
        // Told when it is counted: whoever lets it go because of that is charged for it.
        self.identity.tell_wait_started(operation, since);
        Some(waiting)
    }

    /// The lock is about to be released. Gives for how long it held others up.
    #[inline]
    pub(crate) fn release(&self, exclusive: bool, holder: Option<TaskId>) -> Duration {
        if self.waiting.load(Ordering::Relaxed) == 0 && !all() {
            return Duration::ZERO;
        }
        self.note_release(exclusive, holder)
    }

    #[cold]
    fn note_release(&self, exclusive: bool, holder: Option<TaskId>) -> Duration {
        self.identity.released(holder, 1);
        let by = current();
        let mut history = recover(self.history.lock());
        history.released_by = by;
        if exclusive {
            history.written_by = by;
        }
        if history.ledger.is_empty() {
            Duration::ZERO
        } else {
            history.ledger.charge(Instant::now())
        }
    }
}

/// Somebody waits for a lock; dropped early, it was given up.
struct Waiting<'a> {
    gate: &'a Gate,
    operation: Operation,
    since: Instant,
    over: bool,
}

impl Waiting<'_> {
    /// The lock was given.
    fn over(mut self) {
        self.over = true;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let (gate, operation) = (self.gate, self.operation);
        let mut history = recover(gate.history.lock());
        history.ledger.end(Instant::now());
        let by = match operation {
            _ if !self.over => None,
            Operation::Read => history.written_by,
            _ => history.released_by,
        };
        drop(history);
        gate.waiting.fetch_sub(1, Ordering::Relaxed);
        let ended = gate.identity.wait_ended(operation, by);
        gate.identity.waited(Some(self.since), ended, operation, by);
    }
}
