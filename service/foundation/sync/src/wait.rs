//! Waiting, holding and letting go, as all resources tell of it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::event::{Event, Operation};
use crate::observe::{Interest, all, contention, tell, tell_at, tell_contention};
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

    /// The caller's wait is over; told while the resource is locked.
    pub(crate) fn wait_ended(&self, operation: Operation, by: Option<TaskId>) {
        tell(|| Event::WaitEnded {
            task: current(),
            resource: self.id(),
            operation,
            by,
        });
    }

    /// The caller has waited since then; told while nothing is locked.
    pub(crate) fn waited(&self, since: Option<Instant>, operation: Operation, by: Option<TaskId>) {
        let Some(since) = since else { return };
        if !contention() {
            return;
        }
        let now = Instant::now();
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
    pub(crate) fn held_up(&self, delay: Duration) {
        if delay.is_zero() || !contention() {
            return;
        }
        tell_contention(Instant::now(), || Event::HeldUp {
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

/// How long all who wait have waited since what they wait for was last given back.
#[derive(Default)]
pub(crate) struct Ledger {
    waiting: u32,
    counted_until: Option<Instant>,
    accrued: Duration,
}

impl Ledger {
    pub(crate) const fn new() -> Self {
        Self {
            waiting: 0,
            counted_until: None,
            accrued: Duration::ZERO,
        }
    }

    pub(crate) fn begin(&mut self, now: Instant) {
        self.count(now);
        self.waiting += 1;
    }

    pub(crate) fn end(&mut self, now: Instant) {
        self.count(now);
        self.waiting = self.waiting.saturating_sub(1);
        if self.waiting == 0 {
            self.accrued = Duration::ZERO;
        }
    }

    /// What whoever gives it back now is charged with.
    pub(crate) fn charge(&mut self, now: Instant) -> Duration {
        self.count(now);
        std::mem::take(&mut self.accrued)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Threads read the clock before they get here, so that one may be a little behind another.
    fn count(&mut self, now: Instant) {
        let until = self.counted_until.unwrap_or(now);
        let passed = now.saturating_duration_since(until);
        self.accrued = self.accrued.saturating_add(passed * self.waiting);
        self.counted_until = Some(until.max(now));
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
    fn release(&self, exclusive: bool, holder: Option<TaskId>) -> Duration {
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
        gate.identity.wait_ended(operation, by);
        gate.identity.waited(Some(self.since), operation, by);
    }
}

/// Somebody holds a lock: the part of a guard that tells of it.
///
/// It is the guard's last field, so that it is dropped when the lock is released: whoever hears what holding it took
/// from others takes its time, and the lock is not to be held meanwhile.
pub(crate) struct Held<G: Gated> {
    gate: G,
    holder: Option<TaskId>,
    delay: Duration,
}

/// What leads to a lock's [`Gate`].
pub(crate) trait Gated {
    fn gate(&self) -> &Gate;
}

impl Gated for &Gate {
    #[inline]
    fn gate(&self) -> &Gate {
        self
    }
}

impl<G: Gated> Held<G> {
    /// The lock has been taken.
    #[inline]
    pub(crate) fn new(gate: G, operation: Operation) -> Self {
        let holder = gate.gate().identity.acquired(operation, 1);
        Self {
            gate,
            holder,
            delay: Duration::ZERO,
        }
    }

    /// The lock is about to be released.
    #[inline]
    pub(crate) fn release(&mut self, exclusive: bool) {
        self.delay = self.gate.gate().release(exclusive, self.holder);
    }
}

impl<G: Gated> Drop for Held<G> {
    #[inline]
    fn drop(&mut self) {
        if !self.delay.is_zero() {
            self.gate.gate().identity.held_up(self.delay);
            stay_on_the_stack();
        }
    }
}

/// Called after something whose observers look at the stack: were that the last thing that a function does, the function
/// would jump there and be gone from the stack.
#[inline]
pub(crate) fn stay_on_the_stack() {
    std::hint::black_box(());
}

/// A guard: derefs to what it locks; when it is dropped, the lock is first released, then told of.
macro_rules! guard {
    ($(#[$doc:meta])* $Guard:ident [$($params:tt)*] [$($args:tt)*], of $Inner:ty, told by $Gated:ty,
     exclusive: $exclusive:literal) => {
        $(#[$doc])*
        #[must_use = "the lock is released at once if the guard is not kept"]
        pub struct $Guard<$($params)*> {
            inner: $Inner,
            held: $crate::wait::Held<$Gated>,
        }

        impl<$($params)*> $Guard<$($args)*> {
            #[inline]
            fn new(gate: $Gated, operation: $crate::event::Operation, inner: $Inner) -> Self {
                Self {
                    held: $crate::wait::Held::new(gate, operation),
                    inner,
                }
            }
        }

        impl<$($params)*> Drop for $Guard<$($args)*> {
            #[inline]
            fn drop(&mut self) {
                self.held.release($exclusive);
            }
        }

        impl<$($params)*> std::ops::Deref for $Guard<$($args)*> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                &self.inner
            }
        }

        impl<$($params)*> std::fmt::Debug for $Guard<$($args)*>
        where
            T: std::fmt::Debug,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

/// A guard that lets its holder change what it locks.
macro_rules! deref_mut {
    ($Guard:ident [$($params:tt)*] [$($args:tt)*]) => {
        impl<$($params)*> std::ops::DerefMut for $Guard<$($args)*> {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                &mut self.inner
            }
        }
    };
}

/// What every lock has: a name, an identity.
macro_rules! named {
    ($Lock:ident [$($bound:tt)*]) => {
        impl<T: $($bound)*> $Lock<T> {
            /// Its identity in [`Event`](crate::Event)s.
            pub fn id(&self) -> $crate::ResourceId {
                self.gate.identity.id()
            }

            /// Its name.
            pub fn name(&self) -> &str {
                &self.gate.identity.name
            }
        }

        impl<T: $($bound)* + std::fmt::Debug> std::fmt::Debug for $Lock<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($Lock))
                    .field("name", &self.name())
                    .field("inner", &&self.inner)
                    .finish()
            }
        }
    };
}

pub(crate) use {deref_mut, guard, named};
