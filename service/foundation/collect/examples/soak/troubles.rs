//! What makes life hard for a profiler.

use std::hint::black_box;
use std::panic;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// Something that is done again and again.
pub(crate) struct Trouble {
    pub(crate) name: &'static str,
    make: fn(),
    times: AtomicU64,
}

pub(crate) static TROUBLES: [Trouble; 6] = [
    Trouble::new("short threads", short_threads),
    Trouble::new("panics", panics),
    Trouble::new("allocations", allocations),
    Trouble::new("mappings", mappings),
    Trouble::new("children", children),
    Trouble::new("requests", requests),
];

impl Trouble {
    const fn new(name: &'static str, make: fn()) -> Self {
        Self {
            name,
            make,
            times: AtomicU64::new(0),
        }
    }

    pub(crate) fn make_until(&self, end: Instant) {
        while Instant::now() < end {
            (self.make)();
            self.times.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often it was made.
    pub(crate) fn times(&self) -> u64 {
        self.times.load(Ordering::Relaxed)
    }
}

fn short_threads() {
    let thread = || (0..20_000_u64).fold(1, |state, round| black_box(state ^ round));
    let threads: Vec<_> = (0..8).map(|_| thread::spawn(thread)).collect();
    for thread in threads {
        black_box(thread.join()).ok();
    }
}

fn panics() {
    let caught = panic::catch_unwind(|| {
        let _unwound = Allocates;
        let nothing: Option<u32> = black_box(None);
        nothing.expect("a panic to be caught")
    });
    assert!(caught.is_err(), "panics are caught");
}

/// Allocates while the stack is unwound.
struct Allocates;

impl Drop for Allocates {
    fn drop(&mut self) {
        allocations();
    }
}

/// Of many sizes, and freed by another thread now and then.
fn allocations() {
    let kept: Vec<Vec<u8>> = (0..200_usize)
        .map(|n| black_box(vec![1; 16 << (n % 14)]))
        .collect();
    let total: usize = kept.iter().map(Vec::len).sum();
    if total.is_multiple_of(2) {
        thread::scope(|scope| scope.spawn(move || drop(kept)).join().ok());
    }
}

/// Larger than what allocators keep: mapped, touched and unmapped again.
fn mappings() {
    for size in (20..25).map(|power| 1 << power) {
        let mut memory = vec![0_u8; size];
        memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
        drop(black_box(memory));
    }
}

fn children() {
    let child = Command::new("true").stdin(Stdio::null()).status();
    black_box(child).ok();
}

/// Each must be answered, and rightly.
fn requests() {
    const PATIENCE: Duration = Duration::from_secs(30);

    let (ask, asked) = channel::<u64>();
    let (answer, answered) = channel();
    let server = thread::spawn(move || {
        for request in asked {
            if answer.send(format!("answer {request}")).is_err() {
                return;
            }
        }
    });
    for request in 0..1_000 {
        ask.send(request).expect("the server is there");
        let got = answered.recv_timeout(PATIENCE).expect("an answer");
        assert_eq!(got, format!("answer {request}"), "the answer to it");
    }
    drop(ask);
    server.join().expect("the server has ended");
}
