//! What is kept of each task that is alive. Only the thread that polls the task writes most of it, so plain loads and
//! stores are enough, and a poll costs two reads of the coarse clock and a few stores.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::{TaskId, TaskInfo, TaskState, clock, current};
use crate::observe::{Event, tell, tell_poll};

/// Every named task that has not ended, oldest first.
pub fn alive() -> Vec<TaskInfo> {
    records().iter().map(|record| record.info()).collect()
}

/// How many named tasks have not ended.
pub fn alive_count() -> usize {
    TABLE.iter().map(|shard| lock(shard).len()).sum()
}

/// The name of a task that has not ended.
pub fn task_name(task: TaskId) -> Option<Arc<str>> {
    let tasks = lock(shard(task));
    tasks.get(&task).map(|record| Arc::clone(&record.name))
}

/// The records of all tasks that have not ended, oldest first.
pub(super) fn records() -> Vec<Arc<Record>> {
    let mut records = Vec::new();
    for shard in TABLE.iter() {
        records.extend(lock(shard).values().cloned());
    }
    records.sort_unstable_by_key(|record| record.id);
    records
}

/// A task, from its start to its end.
pub(super) struct Record {
    pub(super) id: TaskId,
    name: Arc<str>,
    parent: Option<TaskId>,
    location: &'static Location<'static>,
    started: u64,
    /// Twice the number of polls that have ended, and one more while one runs.
    polls: AtomicU64,
    /// When the poll that runs began, or the last one ended.
    since: AtomicU64,
    busy: AtomicU64,
    /// Somebody wants the next poll to be a probe's.
    asked: AtomicBool,
    ended: AtomicBool,
    /// Wakes the task. Kept until the task ends, so that it can be woken from outside at any time.
    waker: Mutex<Option<Waker>>,
}

impl Record {
    /// Enters a new task into the table.
    pub(super) fn start(name: Arc<str>, location: &'static Location<'static>) -> Arc<Self> {
        let (id, parent, now) = (TaskId::next(), current(), clock::now());
        tell(|| Event::TaskStarted {
            task: id,
            name: &name,
            parent,
            location,
        });
        let record = Arc::new(Self {
            id,
            name,
            parent,
            location,
            started: now,
            polls: AtomicU64::new(0),
            since: AtomicU64::new(now),
            busy: AtomicU64::new(0),
            asked: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            waker: Mutex::new(None),
        });
        lock(shard(id)).insert(id, Arc::clone(&record));
        record
    }

    /// Takes the task out of the table, the first time it is called.
    pub(super) fn end(&self) {
        if self.ended.swap(true, Ordering::AcqRel) {
            return;
        }
        self.set_waker(None);
        lock(shard(self.id)).remove(&self.id);
        tell(|| Event::TaskEnded { task: self.id });
    }

    /// Notes that a poll begins; the number is for [`end_poll`](Self::end_poll).
    #[inline]
    pub(super) fn begin_poll(&self) -> u64 {
        let now = clock::now();
        let polls = self.polls.load(Ordering::Relaxed);
        self.since.store(now, Ordering::Relaxed);
        self.polls.store(polls | 1, Ordering::Release);
        tell_poll(|| Event::PollStarted { task: self.id });
        now
    }

    #[inline]
    pub(super) fn end_poll(&self, began: u64) {
        let now = clock::now();
        if now > began {
            let busy = self.busy.load(Ordering::Relaxed) + (now - began);
            self.busy.store(busy, Ordering::Relaxed);
        }
        let polls = self.polls.load(Ordering::Relaxed);
        self.since.store(now, Ordering::Relaxed);
        self.polls.store((polls | 1) + 1, Ordering::Release);
        tell_poll(|| Event::PollEnded { task: self.id });
    }

    /// Whether the next poll shall be a probe's. True once for each time it was asked for.
    #[inline]
    pub(super) fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) && self.asked.swap(false, Ordering::Acquire)
    }

    /// Notes that a probe's poll begins. What it gives back puts everything as it was: a task that has been idle for an
    /// hour is so still after somebody had a look at it.
    pub(super) fn begin_probe(&self) -> (u64, u64) {
        let before = (
            self.polls.load(Ordering::Relaxed),
            self.since.load(Ordering::Relaxed),
        );
        self.begin_poll();
        before
    }

    pub(super) fn end_probe(&self, (polls, since): (u64, u64)) {
        if polls == 0 {
            self.end_poll(clock::now());
            return;
        }
        self.since.store(since, Ordering::Relaxed);
        self.polls.store(polls, Ordering::Release);
        tell_poll(|| Event::PollEnded { task: self.id });
    }

    pub(super) fn set_waker(&self, waker: Option<Waker>) {
        // Dropped after the lock is released: a waker may be the last owner of something that takes its time.
        let _old = std::mem::replace(&mut *self.lock_waker(), waker);
    }

    /// Asks for a probe's poll, and wakes the task for it.
    pub(super) fn ask(&self) {
        self.asked.store(true, Ordering::Release);
        let waker = self.lock_waker().clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn no_longer_asked(&self) {
        self.asked.store(false, Ordering::Relaxed);
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    pub(super) fn info(&self) -> TaskInfo {
        let (polls, since) = self.polls_and_since();
        let now = clock::now();
        let ago = |then: u64| Duration::from_nanos(now.saturating_sub(then));
        let state = match polls {
            _ if self.is_ended() => TaskState::Ended,
            0 => TaskState::New,
            running if running % 2 == 1 => TaskState::Running,
            _ => TaskState::Idle,
        };
        TaskInfo {
            id: self.id,
            name: Arc::clone(&self.name),
            parent: self.parent,
            location: self.location,
            age: ago(self.started),
            state,
            since: ago(since),
            polls: polls.div_ceil(2),
            busy: Duration::from_nanos(self.busy.load(Ordering::Relaxed)),
        }
    }

    /// Both at one moment, unless the task is polled so often that a few looks do not find such a moment.
    fn polls_and_since(&self) -> (u64, u64) {
        let mut polls = self.polls.load(Ordering::Acquire);
        for _ in 0..8 {
            let since = self.since.load(Ordering::Relaxed);
            let again = self.polls.load(Ordering::Acquire);
            if again == polls {
                return (polls, since);
            }
            polls = again;
        }
        (polls, self.since.load(Ordering::Relaxed))
    }

    fn lock_waker(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records are spread over several locks, so that spawning scales with threads.
const SHARDS: u64 = 16;

static TABLE: LazyLock<Vec<Shard>> =
    LazyLock::new(|| (0..SHARDS).map(|_| Shard::default()).collect());

type Shard = Mutex<Tasks>;
type Tasks = HashMap<TaskId, Arc<Record>, BuildHasherDefault<Spread>>;

fn shard(id: TaskId) -> &'static Shard {
    &TABLE[(id.get() % SHARDS) as usize]
}

fn lock(shard: &Shard) -> MutexGuard<'_, Tasks> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Spreads numbers that count up. They are ours, so no one can choose them to collide.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        self.0 = (self.0 ^ number).wrapping_mul(GOLDEN);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(32)
    }
}
