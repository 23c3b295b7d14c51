//! The thread that empties the ring and counts equal stacks, and looks for new threads meanwhile.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::ring::{Record, Ring};
use super::threads::ThreadTimers;
use super::unwind::Unwinder;
use crate::Error;
use crate::symbolize::Maps;

/// How often the ring is emptied; it has room for five times as long.
const PAUSE: Duration = Duration::from_millis(50);
/// How many different stacks are kept: bounds the memory of a long capture to some 20 MB.
const MAX_STACKS: usize = 1 << 16;

/// What has been counted.
#[derive(Debug, Default)]
pub(super) struct Stacks {
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

/// The thread. It ends when dropped.
pub(super) struct Drain {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<Stacks>>,
}

impl Drain {
    /// The handler must be in place: from here on there are signals.
    pub(super) fn start(ring: Arc<Ring>, hz: u32) -> Result<Self, Error> {
        let failed = |doing| move |source: io::Error| Error::System { doing, source };
        let maps = Maps::read().map_err(failed("reading the memory map"))?;
        let ended = Arc::new(AtomicBool::new(false));
        let thread = thread::Builder::new()
            .name("cpu-profile".to_owned())
            .spawn({
                let ended = Arc::clone(&ended);
                move || run(&ring, &ended, maps, hz)
            });
        Ok(Self {
            ended,
            thread: Some(thread.map_err(failed("starting a thread"))?),
        })
    }

    /// Counts what is still in the ring, to which nobody writes any more.
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

fn run(ring: &Ring, ended: &AtomicBool, maps: Maps, hz: u32) -> Stacks {
    let mut stacks = Stacks::default();
    let mut timers = ThreadTimers::new(hz);
    let mut unwinder = Unwinder::new(maps);
    loop {
        let last = ended.load(Ordering::Acquire);
        while let Some(record) = ring.take() {
            let addresses = unwinder.addresses(&record);
            stacks.add(&record, addresses);
        }
        if last {
            stacks.maps = unwinder.maps;
            return stacks;
        }
        timers.look_again();
        thread::park_timeout(PAUSE);
    }
}

impl Stacks {
    fn add(&mut self, record: &Record, addresses: Vec<u64>) {
        let weight = record.weight as u64;
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
