//! The thread that samples: it empties the ring and counts equal stacks, and looks for new threads meanwhile.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::super::clock;
use super::handler::Armed;
use super::ring::{Record, Ring};
use super::threads::ThreadTimers;
use super::unwind::Unwinder;
use crate::Error;
use crate::symbolize::Maps;

/// How often the ring is emptied, which has room for more than twice as long, and new threads are looked for: the dearest
/// part of a capture at a low rate.
const PAUSE: Duration = Duration::from_millis(100);
/// How many different stacks are kept: bounds the memory of a long capture to some 20 MB.
const MAX_STACKS: usize = 1 << 16;

/// What has been counted.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    /// How many samples the kernel could deliver, by the threads' own timers, and did deliver, by the process's.
    pub(super) deliverable: u64,
    /// The process's CPU time meanwhile.
    pub(super) cpu_time: Duration,
    pub(super) counts: HashMap<Stack, u64>,
    /// How many samples are counted.
    pub(super) kept: u64,
    /// How many came when there was no room for another stack.
    pub(super) lost: u64,
    /// What the addresses are in.
    pub(super) maps: Maps,
}

/// What a thread was doing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Stack {
    /// The addresses, the leaf first; a caller's is the last byte of its call.
    pub(super) addresses: Box<[u64]>,
    /// The thread's name, padded with zeros.
    pub(super) thread: [u8; 16],
}

/// The thread. It ends when dropped, and the signals with it.
pub(super) struct Drain {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<Stacks>>,
}

impl Drain {
    /// Begins to sample, `hz` times in a second of CPU time.
    pub(super) fn start(ring: Arc<Ring>, hz: u32) -> Result<Self, Error> {
        let failed = |doing| move |source: io::Error| Error::System { doing, source };
        let maps = Maps::read().map_err(failed("reading the memory map"))?;
        let ended = Arc::new(AtomicBool::new(false));
        let cpu_time_before = clock::process_cpu_time();
        let armed = Armed::new(Arc::clone(&ring), hz)?;
        let run = Run {
            ring,
            ended: Arc::clone(&ended),
            armed,
            hz,
            cpu_time_before,
        };
        let thread = thread::Builder::new()
            .name("cpu-profile".to_owned())
            .spawn(move || run.until_ended(maps));
        Ok(Self {
            ended,
            thread: Some(thread.map_err(failed("starting a thread"))?),
        })
    }

    /// Ends sampling and counts what is still in the ring.
    pub(super) fn finish(mut self) -> Stacks {
        self.end().unwrap_or_default()
    }

    fn end(&mut self) -> Option<Stacks> {
        let thread = self.thread.take()?;
        self.ended.store(true, Ordering::Release);
        thread.thread().unpark();
        match thread.join() {
            Ok(stacks) => Some(stacks),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        self.end();
    }
}

/// What the thread works with.
struct Run {
    ring: Arc<Ring>,
    ended: Arc<AtomicBool>,
    armed: Armed,
    hz: u32,
    cpu_time_before: Duration,
}

impl Run {
    fn until_ended(self, maps: Maps) -> Stacks {
        let mut stacks = Stacks::default();
        let mut timers = ThreadTimers::new(self.hz);
        let mut unwinder = Unwinder::new(maps);
        while !self.ended.load(Ordering::Acquire) {
            stacks.take(&self.ring, &mut unwinder, &mut timers);
            timers.look_again();
            thread::park_timeout(PAUSE);
        }
        stacks.take(&self.ring, &mut unwinder, &mut timers);
        stacks.deliverable += timers.deliverable();
        stacks.cpu_time = clock::process_cpu_time().saturating_sub(self.cpu_time_before);
        drop(self.armed);
        stacks.take(&self.ring, &mut unwinder, &mut timers);
        stacks.maps = unwinder.maps;
        stacks
    }
}

impl Stacks {
    /// Counts what is in the ring.
    fn take(&mut self, ring: &Ring, unwinder: &mut Unwinder, timers: &mut ThreadTimers) {
        while let Some(record) = ring.take() {
            if record.signal.timer_of == 0 {
                self.deliverable += 1;
            } else {
                timers.delivered(record.signal);
            }
            self.add(&record, unwinder.addresses(&record));
        }
    }

    fn add(&mut self, record: &Record, addresses: Vec<u64>) {
        let weight = record.signal.weight as u64;
        let stack = Stack {
            addresses: addresses.into(),
            thread: record.thread,
        };
        if self.counts.len() >= MAX_STACKS && !self.counts.contains_key(&stack) {
            self.lost += weight;
            return;
        }
        *self.counts.entry(stack).or_default() += weight;
        self.kept += weight;
    }
}
