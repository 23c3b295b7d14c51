//! Records what tasks, channels and locks do.
//!
//! Recording must not change what it shows. An event costs a push into a buffer that belongs to the thread it happens
//! on, whose lock nobody else wants until the recording ends; nothing is moved, looked up or written meanwhile.

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use lab_format::Timeline;
use sync::{Event, Observer, Operation, ResourceKind};

use crate::assemble;

/// Records are kept in chunks, so that a growing buffer is never copied while a task waits for it.
const CHUNK: usize = 4_096;
/// What is recorded at most, over all threads: 2 million events, 64 MiB.
const MOST_CHUNKS: usize = 512;

/// A recording under way.
pub(crate) struct Recorder {
    tape: Arc<Tape>,
    /// Removes the tape from the hook.
    hook: sync::Guard,
}

impl Recorder {
    /// Begins to record everything that happens in this process.
    pub(crate) fn start() -> Self {
        let tape = Arc::new(Tape::new());
        let hook = sync::observe(Arc::clone(&tape) as Arc<dyn Observer>);
        Self { tape, hook }
    }

    /// Ends the recording and makes a timeline of it.
    pub(crate) fn finish(self) -> Timeline {
        drop(self.hook);
        let end = self.tape.since_start(Instant::now());
        assemble::timeline(self.tape.take(), end)
    }
}

/// What a recording is made of, in no particular order.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    pub(crate) records: Vec<Record>,
    pub(crate) tasks: HashMap<u64, String>,
    pub(crate) resources: HashMap<u32, Resource>,
    pub(crate) dropped: u64,
}

/// One event, in half a cache line: channels have short numbers, because nobody makes four billion of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Nanoseconds since the recording began.
    pub(crate) at: u64,
    /// Whose event it is; 0 is code outside named tasks.
    pub(crate) task: u64,
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Started,
    Ended,
    WaitStarted {
        resource: u32,
        operation: Operation,
    },
    /// `by` is 0 if nobody let it go on.
    WaitEnded {
        resource: u32,
        operation: Operation,
        by: u64,
    },
    /// The record's task has it now.
    Acquired {
        resource: u32,
    },
    /// What the record's task had is given back.
    Released {
        resource: u32,
    },
    /// A value of `from` has arrived at the record's task.
    Received {
        resource: u32,
        from: u64,
    },
    Depth {
        resource: u32,
        len: u32,
    },
    Closed {
        resource: u32,
    },
}

/// A channel, a lock, or whatever else is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) name: String,
    pub(crate) kind: ResourceKind,
    pub(crate) capacity: Option<usize>,
}

/// The shared part: all buffers, and the names, which come seldom.
struct Tape {
    id: u64,
    began: Instant,
    buffers: Mutex<Vec<Arc<Mutex<Buffer>>>>,
    names: Mutex<Recording>,
    chunks: AtomicUsize,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Buffer {
    full: Vec<Vec<Record>>,
    open: Vec<Record>,
}

thread_local! {
    /// This thread's buffer and the tape it belongs to.
    static MINE: RefCell<Option<(u64, Arc<Mutex<Buffer>>)>> = const { RefCell::new(None) };
}

impl Observer for Tape {
    fn event(&self, at: Instant, event: &Event<'_>) {
        let Some((task, what)) = self.read(event) else {
            return;
        };
        let record = Record {
            at: self.since_start(at),
            task,
            what,
        };
        MINE.with_borrow_mut(|mine| match mine {
            Some((tape, buffer)) if *tape == self.id => self.push(buffer, record),
            other => {
                let buffer = self.new_buffer();
                self.push(&buffer, record);
                *other = Some((self.id, buffer));
            }
        });
    }
}

impl Tape {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            began: Instant::now(),
            buffers: Mutex::default(),
            names: Mutex::default(),
            chunks: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    /// Whose event it is and what it is; `None` for what does not concern a recording.
    fn read(&self, event: &Event<'_>) -> Option<(u64, What)> {
        let task = |id: &Option<sync::TaskId>| id.map_or(0, sync::TaskId::get);
        let short = |id: &sync::ResourceId| u32::try_from(id.get()).unwrap_or(u32::MAX);
        Some(match event {
            Event::TaskStarted { task, name, .. } => {
                lock(&self.names)
                    .tasks
                    .insert(task.get(), (*name).to_owned());
                (task.get(), What::Started)
            }
            Event::TaskEnded { task } => (task.get(), What::Ended),
            Event::ResourceCreated {
                resource,
                kind,
                name,
                capacity,
            } => {
                let known = Resource {
                    name: (*name).to_owned(),
                    kind: *kind,
                    capacity: *capacity,
                };
                lock(&self.names).resources.insert(short(resource), known);
                return None;
            }
            Event::WaitStarted {
                task: id,
                resource,
                operation,
                ..
            } => (
                task(id),
                What::WaitStarted {
                    resource: short(resource),
                    operation: *operation,
                },
            ),
            Event::WaitEnded {
                task: id,
                resource,
                operation,
                by,
            } => (
                task(id),
                What::WaitEnded {
                    resource: short(resource),
                    operation: *operation,
                    by: task(by),
                },
            ),
            Event::Acquired {
                task: id, resource, ..
            } => (
                task(id),
                What::Acquired {
                    resource: short(resource),
                },
            ),
            Event::Released {
                task: id, resource, ..
            } => (
                task(id),
                What::Released {
                    resource: short(resource),
                },
            ),
            Event::Transferred { from, to, resource } => (
                task(to),
                What::Received {
                    resource: short(resource),
                    from: task(from),
                },
            ),
            Event::Depth { resource, len } => {
                let len = u32::try_from(*len).unwrap_or(u32::MAX);
                (
                    task(&sync::current()),
                    What::Depth {
                        resource: short(resource),
                        len,
                    },
                )
            }
            Event::ResourceClosed { resource } => (
                task(&sync::current()),
                What::Closed {
                    resource: short(resource),
                },
            ),
            _ => return None,
        })
    }

    fn push(&self, buffer: &Mutex<Buffer>, record: Record) {
        let mut buffer = lock(buffer);
        if buffer.open.len() == buffer.open.capacity() && !self.open_chunk(&mut buffer) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        buffer.open.push(record);
    }

    /// Makes room for more records, unless there are too many already.
    fn open_chunk(&self, buffer: &mut Buffer) -> bool {
        if self.chunks.fetch_add(1, Ordering::Relaxed) >= MOST_CHUNKS {
            self.chunks.fetch_sub(1, Ordering::Relaxed);
            return false;
        }
        let full = mem::replace(&mut buffer.open, Vec::with_capacity(CHUNK));
        buffer.full.push(full);
        true
    }

    fn new_buffer(&self) -> Arc<Mutex<Buffer>> {
        let buffer = Arc::new(Mutex::default());
        lock(&self.buffers).push(Arc::clone(&buffer));
        buffer
    }

    fn since_start(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.began).as_nanos()).unwrap_or(u64::MAX)
    }

    /// All that was recorded, each thread's in its order.
    fn take(&self) -> Recording {
        let mut recording = mem::take(&mut *lock(&self.names));
        for buffer in lock(&self.buffers).iter() {
            let Buffer { full, open } = mem::take(&mut *lock(buffer));
            recording
                .records
                .extend(full.into_iter().chain([open]).flatten());
        }
        recording.dropped = self.dropped.load(Ordering::Relaxed);
        recording
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_small() {
        assert_eq!(size_of::<Record>(), 32);
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let tape = Tape::new();
        let buffer = tape.new_buffer();
        let record = Record {
            at: 0,
            task: 1,
            what: What::Started,
        };
        let room = MOST_CHUNKS * CHUNK;
        for _ in 0..room + 7 {
            tape.push(&buffer, record);
        }
        let recording = tape.take();
        assert_eq!((recording.records.len(), recording.dropped), (room, 7));
    }

    #[test]
    fn each_thread_has_its_buffer_and_nothing_is_lost() {
        const EACH: u64 = 10_000;
        let tape = Tape::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let (sender, receiver) = sync::channel::<()>("orders", 0);
                    for _ in 0..EACH {
                        let resource = receiver.id();
                        tape.event(Instant::now(), &Event::Depth { resource, len: 1 });
                    }
                    drop(sender);
                });
            }
        });
        assert_eq!(lock(&tape.buffers).len(), 4);
        let recording = tape.take();
        assert_eq!(recording.records.len() as u64, 4 * EACH);
        assert_eq!(recording.dropped, 0);
    }
}
