//! Records what tasks, channels and locks do, and what a lab says of itself.
//!
//! Recording must not change what it shows. An event is three words, written into a buffer that belongs to the thread it
//! happens on; no lock is taken, nothing is moved or looked up meanwhile. What an event costs is measured by
//! `make bench BENCH=recorder`.

mod part;
mod record;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use lab_format::Timeline;
use sync::{Event, Interest, Observer, ResourceKind};

use self::part::{Chunk, Part};
pub(crate) use self::record::{Record, What};
use crate::assemble;

/// What is recorded at most, over all threads: 2 million events, 48 MiB.
const MOST_RECORDS: usize = 2 << 20;
/// How many names of tasks, resources and labels are kept at most; what comes later has a number only.
const MOST_NAMES: usize = 200_000;

/// A recording under way.
pub(crate) struct Recorder {
    tape: Arc<Tape>,
    /// Removes the tape from the hook.
    hook: sync::Guard,
}

impl Recorder {
    /// Begins to record everything that happens in this process; each poll of a task too, if that is wanted.
    pub(crate) fn start(polls: bool) -> Self {
        let tape = Arc::new(Tape::new(polls));
        for task in sync::alive() {
            let known = || Name::Task(short(task.id.get()), task.name.to_string());
            tape.name(known);
        }
        let hook = sync::observe(Arc::clone(&tape) as Arc<dyn Observer>);
        Self { tape, hook }
    }

    /// Where a lab's own events go.
    pub(crate) fn tape(&self) -> &Arc<Tape> {
        &self.tape
    }

    /// Ends the recording and makes a timeline of it.
    pub(crate) fn finish(self) -> Timeline {
        drop(self.hook);
        let end = self.tape.since_start(Instant::now());
        assemble::timeline(self.tape.take(), end)
    }
}

/// What a recording is made of.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// Each thread's name and its records, in their order.
    pub(crate) threads: Vec<(String, Vec<Record>)>,
    pub(crate) tasks: HashMap<u32, String>,
    pub(crate) resources: HashMap<u32, Resource>,
    /// What the lab says: of spans, marks and counters.
    pub(crate) labels: HashMap<u32, String>,
    /// What counters cannot exceed.
    pub(crate) limits: HashMap<u32, f64>,
    /// Whether polls were recorded.
    pub(crate) polls: bool,
    pub(crate) dropped: u64,
}

/// A channel, a lock, or whatever else is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) name: String,
    pub(crate) kind: ResourceKind,
    pub(crate) capacity: Option<usize>,
}

/// A name that was given while recording.
enum Name {
    Task(u32, String),
    Resource(u32, Resource),
    Label(u32, String),
    /// What a counter cannot exceed.
    Limit(u32, f64),
}

/// The shared part: a list of what each thread has recorded.
pub(crate) struct Tape {
    id: u64,
    began: Instant,
    polls: bool,
    parts: Mutex<Vec<Arc<Part>>>,
    /// How many more records and names there may be.
    room: AtomicUsize,
    names: AtomicUsize,
    dropped: AtomicU64,
}

/// This thread's part of a tape.
struct Mine {
    tape: u64,
    part: Arc<Part>,
    /// Where the next record goes; `None` until there is one, and once there is no room.
    chunk: Option<Arc<Chunk>>,
    /// The resources that this thread has named: those made before the recording began are when somebody waits for them.
    named: HashSet<u32>,
}

thread_local! {
    /// One as a rule; more while several recordings go on.
    static MINE: RefCell<Vec<Mine>> = const { RefCell::new(Vec::new()) };
}

impl Observer for Tape {
    fn event(&self, at: Instant, event: &Event<'_>) {
        if let Some((task, what)) = self.read(event) {
            self.add(at, task, what);
        }
    }

    fn interest(&self) -> Interest {
        if self.polls {
            Interest::Polls
        } else {
            Interest::All
        }
    }
}

impl Tape {
    fn new(polls: bool) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            began: Instant::now(),
            polls,
            parts: Mutex::default(),
            room: AtomicUsize::new(MOST_RECORDS),
            names: AtomicUsize::new(MOST_NAMES),
            dropped: AtomicU64::new(0),
        }
    }

    /// Keeps one event of the calling thread.
    pub(crate) fn add(&self, at: Instant, task: u32, what: What) {
        let at = self.since_start(at);
        let words = Record { at, task, what }.pack();
        let kept = self.with_mine(|mine| {
            let open = mine.chunk.as_ref().is_some_and(|chunk| chunk.push(words));
            open || self.push_further(mine, words)
        });
        if kept != Some(true) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Opens the next chunk for a record, unless there are too many already.
    #[cold]
    fn push_further(&self, mine: &mut Mine, words: [u64; 3]) -> bool {
        let size = mine.part.next_size();
        let taken = self
            .room
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |room| {
                room.checked_sub(size)
            });
        mine.chunk = taken.is_ok().then(|| mine.part.open_chunk(size));
        mine.chunk.as_ref().is_some_and(|chunk| chunk.push(words))
    }

    /// Does something with this thread's part; `None` in a thread that is ending and has none any more.
    #[inline]
    fn with_mine<R>(&self, work: impl FnOnce(&mut Mine) -> R) -> Option<R> {
        let with = |all: &RefCell<Vec<Mine>>| {
            let mut all = all.borrow_mut();
            let index = match all.iter().position(|mine| mine.tape == self.id) {
                Some(index) => index,
                None => self.begin_mine(&mut all),
            };
            work(&mut all[index])
        };
        MINE.try_with(with).ok()
    }

    #[cold]
    fn begin_mine(&self, all: &mut Vec<Mine>) -> usize {
        // A tape that is over has let go of its parts.
        all.retain(|mine| Arc::strong_count(&mine.part) > 1);
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        let part = Arc::new(Part::new(name));
        lock(&self.parts).push(Arc::clone(&part));
        all.push(Mine {
            tape: self.id,
            part,
            chunk: None,
            named: HashSet::new(),
        });
        all.len() - 1
    }

    /// Gives a number a name.
    fn name(&self, name: impl FnOnce() -> Name) {
        let room = self
            .names
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |room| {
                room.checked_sub(1)
            });
        if room.is_ok() {
            self.with_mine(|mine| mine.part.name(name()));
        }
    }

    /// Names a resource, the first time that this thread has to do with it.
    fn resource(&self, number: u32, name: &str, kind: ResourceKind, capacity: Option<usize>) {
        if self.with_mine(|mine| mine.named.insert(number)) == Some(true) {
            let known = || Resource {
                name: name.to_owned(),
                kind,
                capacity,
            };
            self.name(|| Name::Resource(number, known()));
        }
    }

    /// Gives a label's number its text; once in a recording is enough.
    pub(crate) fn label(&self, number: u32, text: &str) {
        self.name(|| Name::Label(number, text.to_owned()));
    }

    /// Says what the counter of that number cannot exceed.
    pub(crate) fn limit(&self, number: u32, limit: f64) {
        self.name(|| Name::Limit(number, limit));
    }

    /// Tells tapes apart.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Whose event it is and what it is; `None` for what does not concern a recording.
    #[inline]
    fn read(&self, event: &Event<'_>) -> Option<(u32, What)> {
        Some(match event {
            Event::TaskStarted { task, name, .. } => {
                let task = short(task.get());
                self.name(|| Name::Task(task, (*name).to_owned()));
                (task, What::Started)
            }
            Event::TaskEnded { task } => (short(task.get()), What::Ended),
            Event::PollStarted { task } => (short(task.get()), What::PollStarted),
            Event::PollEnded { task } => (short(task.get()), What::PollEnded),
            Event::ResourceCreated {
                resource,
                kind,
                name,
                capacity,
            } => {
                self.resource(short(resource.get()), name, *kind, *capacity);
                return None;
            }
            Event::WaitStarted {
                task,
                resource,
                kind,
                name,
                operation,
            } => {
                let (resource, operation) = (short(resource.get()), *operation);
                self.resource(resource, name, *kind, None);
                (
                    number(*task),
                    What::WaitStarted {
                        resource,
                        operation,
                    },
                )
            }
            Event::WaitEnded {
                task,
                resource,
                operation,
                by,
            } => {
                let (resource, operation) = (short(resource.get()), *operation);
                let by = number(*by);
                (
                    number(*task),
                    What::WaitEnded {
                        resource,
                        operation,
                        by,
                    },
                )
            }
            Event::Acquired { task, resource, .. } => {
                let resource = short(resource.get());
                (number(*task), What::Acquired { resource })
            }
            Event::Released { task, resource, .. } => {
                let resource = short(resource.get());
                (number(*task), What::Released { resource })
            }
            Event::Transferred { from, to, resource } => {
                let (resource, from) = (short(resource.get()), number(*from));
                (number(*to), What::Received { resource, from })
            }
            Event::Depth { resource, len } => {
                let (resource, len) = (short(resource.get()), short(*len as u64));
                (number(sync::current()), What::Depth { resource, len })
            }
            Event::ResourceClosed { resource } => {
                let resource = short(resource.get());
                (number(sync::current()), What::Closed { resource })
            }
            _ => return None,
        })
    }

    fn since_start(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.began);
        since.as_secs() * 1_000_000_000 + u64::from(since.subsec_nanos())
    }

    /// All that was recorded.
    fn take(&self) -> Recording {
        let mut recording = Recording {
            polls: self.polls,
            dropped: self.dropped.load(Ordering::Relaxed),
            ..Recording::default()
        };
        for part in std::mem::take(&mut *lock(&self.parts)) {
            for name in part.take_names() {
                recording.know(name);
            }
            let records = part.take_words().filter_map(Record::unpack).collect();
            recording.threads.push((part.thread.clone(), records));
        }
        recording
    }
}

impl Recording {
    fn know(&mut self, name: Name) {
        match name {
            Name::Task(task, name) => _ = self.tasks.insert(task, name),
            Name::Resource(resource, known) => {
                let capacity = known.capacity;
                let first = self.resources.entry(resource).or_insert(known);
                // Only who hears of its making knows how much it holds.
                first.capacity = first.capacity.or(capacity);
            }
            Name::Label(label, text) => _ = self.labels.insert(label, text),
            Name::Limit(counter, limit) => _ = self.limits.insert(counter, limit),
        }
    }
}

/// A task's number; 0 is code outside named tasks.
#[inline]
pub(crate) fn number(task: Option<sync::TaskId>) -> u32 {
    task.map_or(0, |task| short(task.get()))
}

#[inline]
fn short(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
