//! How much may be under way at once, and who waits for how long.
//!
//! A gate lets so many in at once; the others wait in a bounded queue, those of the higher priority in front. As long as the
//! queue empties now and then it only evens out bursts, first come, first served. When nobody got in quickly for a whole
//! interval it is of no use any more: everybody waits and as many are served as without it. The gate is overloaded then. It
//! lets nobody wait longer than a short target, and serves the newest first, whose client is the most likely to be there
//! still. (The idea is that of controlled delay, RFC 8289.)
//!
//! Whoever cannot get in before its deadline, as fast as the queue moves at present, is refused at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use expvar::{Counter, Error, Family, Histogram, Map};
use http::StatusCode;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::ApiError;
use crate::limits::deadline::Deadline;
use crate::limits::overload::Overload;

/// After what time a refused client should try again.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How much a gate lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// How many are inside at once. Default: 256.
    pub concurrency: usize,
    /// How many wait. Default: 1,024.
    pub queue: usize,
    /// How long one may wait under overload, and what counts as getting in quickly. Should be about the time that the work
    /// inside takes, or a little more. Default: 10 ms.
    pub target: Duration,
    /// How long it must go badly for an overload, and how long well for its end. Default: 100 ms.
    pub interval: Duration,
    /// How long one may wait otherwise: what a burst may cost those who are served. Default: 100 ms.
    pub patience: Duration,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            concurrency: 256,
            queue: 1024,
            target: Duration::from_millis(10),
            interval: Duration::from_millis(100),
            patience: Duration::from_millis(100),
        }
    }
}

/// Who goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Neither waits nor is refused nor counted: questions after the service's health.
    Vital,
    /// Goes before all that are low.
    High,
    /// The first to wait, and the first to be refused.
    Low,
}

/// Why somebody was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shed {
    /// The queue is full.
    Full,
    /// Somebody of a higher priority, or newer under overload, took the place in the queue.
    Displaced,
    /// It waited as long as one may.
    Waited,
    /// It would not have got in before its deadline.
    Late,
}

impl Shed {
    /// A word for it, as in the variables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Displaced => "displaced",
            Self::Waited => "waited",
            Self::Late => "late",
        }
    }
}

/// 503 `overloaded`, with `Retry-After`.
impl From<Shed> for ApiError {
    fn from(why: Shed) -> Self {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "overloaded",
            "more requests than can be served; try again shortly",
        )
        .with_retry_after(RETRY_AFTER)
        .with_cause(why.word())
    }
}

/// Lets so many in at once. Clones share the places. Publishes, in the map it is given:
///
/// | variable | what it holds |
/// |---|---|
/// | `limit`, `running` | places, and how many of them are taken |
/// | `queue_limit`, `waiting` | the same of the queue |
/// | `overloaded` | 1 while it is, otherwise 0 |
/// | `admitted` | how many were let in |
/// | `shed` | how many were refused, by priority and reason (`full`, `displaced`, `waited`, `late`): `shed.low.waited` |
/// | `wait_ns` | nanoseconds that those waited who waited and were let in |
#[derive(Debug, Clone)]
pub struct Gate {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    capacity: Capacity,
    state: Mutex<State>,
    admitted: Counter,
    shed: Family<Counter>,
    wait: Histogram,
}

#[derive(Debug)]
struct State {
    running: usize,
    next: u64,
    /// By priority, [`Priority::High`] first; in each the oldest first.
    queues: [VecDeque<Waiter>; 2],
    overload: Overload,
}

#[derive(Debug)]
struct Waiter {
    id: u64,
    since: Instant,
    deadline: Deadline,
    verdict: oneshot::Sender<Verdict>,
}

type Verdict = Result<(), Shed>;

impl Gate {
    /// An empty gate.
    ///
    /// # Errors
    /// One of the names holds another kind of variable.
    pub fn new(capacity: Capacity, variables: &Map) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            capacity,
            state: Mutex::new(State {
                running: 0,
                next: 0,
                queues: Default::default(),
                overload: Overload::new(capacity.target, capacity.interval, Instant::now()),
            }),
            admitted: variables.counter("admitted")?,
            shed: variables.counters("shed", &["priority", "reason"])?,
            wait: variables.histogram("wait_ns")?,
        });
        let publish = |name: &str, read: fn(&Shared) -> usize| {
            let shared = Arc::clone(&shared);
            variables.func(name, move || read(&shared).into())
        };
        publish("limit", |shared| shared.capacity.concurrency)?;
        publish("running", |shared| shared.lock().running)?;
        publish("queue_limit", |shared| shared.capacity.queue)?;
        publish("waiting", |shared| shared.lock().waiting())?;
        publish("overloaded", |shared| {
            let mut state = shared.lock();
            state.overload.pass(Instant::now());
            usize::from(state.overload.is_on())
        })?;
        Ok(Self { shared })
    }

    /// Waits for a place, which is given back when the permit is dropped. Dropping this future gives up waiting.
    ///
    /// # Errors
    /// Why it was not let in.
    pub async fn enter(&self, priority: Priority, deadline: Deadline) -> Result<Permit, Shed> {
        let queue = match priority {
            Priority::Vital => return Ok(Permit { shared: None }),
            Priority::High => 0,
            Priority::Low => 1,
        };
        let waiting = match self.shared.arrive(queue, deadline) {
            Ok(None) => {
                self.shared.admitted.inc();
                return Ok(Permit {
                    shared: Some(Arc::clone(&self.shared)),
                });
            }
            Ok(Some(waiting)) => waiting,
            Err(why) => {
                self.shared.count(queue, why);
                return Err(why);
            }
        };
        waiting.wait().await
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place at once, or one in the queue.
    fn arrive(self: &Arc<Self>, queue: usize, deadline: Deadline) -> Result<Option<Waiting>, Shed> {
        let mut state = self.lock();
        if state.running < self.capacity.concurrency {
            // Nobody waits: whoever leaves lets the next one in.
            state.running += 1;
            state.overload.quick();
            return Ok(None);
        }
        let now = Instant::now();
        state.overload.pass(now);
        self.shed_overdue(&mut state, now);
        self.make_room(&mut state, queue)?;
        // Under overload the newest is the next.
        let ahead = if state.overload.is_on() {
            0
        } else {
            state.queues[..=queue].iter().map(VecDeque::len).sum()
        };
        if state.overload.expected_wait(ahead) >= deadline.at().saturating_duration_since(now) {
            return Err(Shed::Late);
        }
        let until = (now + self.longest_wait(&state)).min(deadline.at());
        let id = state.next;
        state.next += 1;
        let (sender, verdict) = oneshot::channel();
        state.queues[queue].push_back(Waiter {
            id,
            since: now,
            deadline,
            verdict: sender,
        });
        Ok(Some(Waiting {
            shared: Arc::clone(self),
            queue,
            id,
            until,
            deadline,
            since: now,
            verdict,
            ended: false,
        }))
    }

    /// Makes sure that one more of this queue finds a place.
    fn make_room(&self, state: &mut State, queue: usize) -> Result<(), Shed> {
        if state.waiting() < self.capacity.queue {
            return Ok(());
        }
        // Of the lower ones the one that is served last; of the own ones only under overload, when that is the oldest.
        let is_on = state.overload.is_on();
        let lower = state.queues.iter_mut().enumerate().skip(queue).rev();
        for (victims, waiting) in lower {
            let victim = match (is_on, victims > queue) {
                (true, _) => waiting.pop_front(),
                (false, true) => waiting.pop_back(),
                (false, false) => None,
            };
            if let Some(victim) = victim {
                state.overload.shed();
                self.refuse(victims, victim, Shed::Displaced);
                return Ok(());
            }
        }
        Err(Shed::Full)
    }

    /// Somebody leaves: the next one comes in.
    fn leave(&self) {
        let mut state = self.lock();
        state.running -= 1;
        if state.waiting() == 0 {
            return;
        }
        let now = Instant::now();
        state.overload.pass(now);
        state.overload.left(now);
        self.shed_overdue(&mut state, now);
        while let Some((queue, next)) = state.next() {
            if next.deadline.at() <= now {
                self.refuse(queue, next, Shed::Late);
                continue;
            }
            let waited = now - next.since;
            if next.verdict.send(Ok(())).is_ok() {
                state.running += 1;
                state.overload.waited(waited);
                self.admitted.inc();
                self.wait.record_duration(waited);
                return;
            }
        }
    }

    /// Nobody waits for longer than is allowed now, whatever it was when they came.
    fn shed_overdue(&self, state: &mut State, now: Instant) {
        let longest = self.longest_wait(state);
        for queue in 0..state.queues.len() {
            let is_overdue = |waiter: &Waiter| now - waiter.since > longest;
            while state.queues[queue].front().is_some_and(is_overdue) {
                if let Some(waiter) = state.queues[queue].pop_front() {
                    state.overload.shed();
                    self.refuse(queue, waiter, Shed::Waited);
                }
            }
        }
    }

    fn longest_wait(&self, state: &State) -> Duration {
        if state.overload.is_on() {
            self.capacity.target
        } else {
            self.capacity.patience
        }
    }

    fn refuse(&self, queue: usize, waiter: Waiter, why: Shed) {
        if waiter.verdict.send(Err(why)).is_ok() {
            self.count(queue, why);
        }
    }

    fn count(&self, queue: usize, why: Shed) {
        let priority = ["high", "low"][queue];
        self.shed.update(&[priority, why.word()], Counter::inc);
    }
}

impl State {
    fn waiting(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }

    /// Whose turn it is.
    fn next(&mut self) -> Option<(usize, Waiter)> {
        let newest_first = self.overload.is_on();
        self.queues
            .iter_mut()
            .enumerate()
            .find_map(|(queue, waiting)| {
                let next = if newest_first {
                    waiting.pop_back()
                } else {
                    waiting.pop_front()
                };
                next.map(|next| (queue, next))
            })
    }
}

/// Somebody in the queue.
struct Waiting {
    shared: Arc<Shared>,
    queue: usize,
    id: u64,
    since: Instant,
    until: Instant,
    deadline: Deadline,
    verdict: oneshot::Receiver<Verdict>,
    ended: bool,
}

impl Waiting {
    async fn wait(mut self) -> Result<Permit, Shed> {
        let verdict = tokio::time::timeout_at(self.until, &mut self.verdict).await;
        let verdict = match verdict {
            Ok(verdict) => verdict.unwrap_or(Err(Shed::Waited)),
            Err(_) => self.give_up(),
        };
        self.ended = true;
        verdict?;
        Ok(Permit {
            shared: Some(Arc::clone(&self.shared)),
        })
    }

    /// Too long, unless the verdict has come in this very moment.
    fn give_up(&mut self) -> Verdict {
        let mut state = self.shared.lock();
        if let Ok(verdict) = self.verdict.try_recv() {
            return verdict;
        }
        state.remove(self.queue, self.id);
        let why = if self.until >= self.deadline.at() {
            Shed::Late
        } else {
            Shed::Waited
        };
        if self.until - self.since >= self.shared.capacity.target {
            state.overload.shed();
        }
        drop(state);
        self.shared.count(self.queue, why);
        Err(why)
    }
}

impl State {
    fn remove(&mut self, queue: usize, id: u64) {
        let waiting = &mut self.queues[queue];
        if let Ok(place) = waiting.binary_search_by_key(&id, |waiter| waiter.id) {
            waiting.remove(place);
        }
    }
}

/// Given up from outside: the client has left.
impl Drop for Waiting {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let mut state = self.shared.lock();
        match self.verdict.try_recv() {
            Ok(Ok(())) => {
                drop(state);
                self.shared.leave();
            }
            Ok(Err(_)) => {}
            Err(_) => state.remove(self.queue, self.id),
        }
    }
}

/// A place inside, until it is dropped.
#[derive(Debug)]
#[must_use = "the place is given back when this is dropped"]
pub struct Permit {
    shared: Option<Arc<Shared>>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            shared.leave();
        }
    }
}
