//! What it costs to start many tasks or threads, and to keep them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use lab_kit::anyhow::{Result, ensure};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;

use crate::cores::Memory;

/// Somebody who is started and does not run after this long will not.
const PATIENCE: Duration = Duration::from_mins(1);

/// What one of many costs.
pub(crate) struct Crowd {
    /// How many there were.
    pub(crate) count: usize,
    /// From the first start until the last one had begun to run, divided by their number, in nanoseconds.
    pub(crate) start_ns: f64,
    /// What the process needed more, divided by their number, in bytes; where the system tells.
    pub(crate) memory: Option<u64>,
    /// What the kernel needed more for them: stacks and page tables.
    pub(crate) kernel: Option<u64>,
    /// Why there are fewer than wanted.
    pub(crate) refused: Option<std::io::Error>,
}

/// Starts `count` tasks that wait for one thing.
pub(crate) fn tasks(count: usize) -> Result<Crowd> {
    let runtime = Builder::new_multi_thread().worker_threads(1).build()?;
    let gate = Arc::new(Semaphore::new(0));
    let here = Arc::new(AtomicUsize::new(0));
    let before = Memory::now();
    let began = Instant::now();
    runtime.block_on(async {
        for _ in 0..count {
            let (gate, here) = (Arc::clone(&gate), Arc::clone(&here));
            tokio::spawn(async move {
                here.fetch_add(1, Ordering::Release);
                let _opened = gate.acquire().await;
            });
        }
        wait_for(&here, count)
    })?;
    let crowd = Crowd::new(count, began, &before, None);
    // Ends them all.
    drop(runtime);
    Ok(crowd)
}

/// Starts `count` threads that wait for one thing, or as many as the system gives.
pub(crate) fn threads(count: usize) -> Result<Crowd> {
    let count = count.min(room_for_threads()).min(numbers_to_spare());
    let gate = Arc::new(Gate::default());
    let here = Arc::new(AtomicUsize::new(0));
    let mut all = Vec::with_capacity(count);
    let mut refused = None;
    let before = Memory::now();
    let began = Instant::now();
    for _ in 0..count {
        let (gate, here) = (Arc::clone(&gate), Arc::clone(&here));
        let wait = move || {
            here.fetch_add(1, Ordering::Release);
            gate.wait();
        };
        match thread::Builder::new().spawn(wait) {
            Ok(thread) => all.push(thread),
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    let came = wait_for(&here, all.len());
    let crowd = Crowd::new(all.len(), began, &before, refused);
    gate.open();
    for thread in all {
        // It does nothing that could panic.
        let _ended = thread.join();
    }
    came?;
    Ok(crowd)
}

impl Crowd {
    fn new(count: usize, began: Instant, before: &Memory, refused: Option<std::io::Error>) -> Self {
        let took = began.elapsed();
        let now = Memory::now();
        let each = |now: Option<u64>, before: Option<u64>| {
            Some(now?.saturating_sub(before?) / count.max(1) as u64)
        };
        Self {
            count,
            start_ns: took.as_nanos() as f64 / count.max(1) as f64,
            memory: each(now.resident, before.resident).max(each(now.allocated, before.allocated)),
            kernel: each(now.kernel, before.kernel),
            refused,
        }
    }
}

/// How many threads fit into a quarter of an address space that has a limit (`ulimit -v`). The rest is for the heaps that
/// the C library reserves for threads, and for everything else: a thread that cannot set itself up ends the program.
fn room_for_threads() -> usize {
    // The stack that std reserves, and a little for its guard and the stack of its signal handler.
    const EACH: u64 = (2 << 20) + (64 << 10);
    let limit = rustix::process::getrlimit(rustix::process::Resource::As).current;
    let room = limit.map_or(u64::MAX, |limit| limit / 4);
    usize::try_from(room / EACH).unwrap_or(usize::MAX)
}

/// Half of the thread numbers that the system still has. Without any left it starts no program at all, and several of these
/// labs may run at the same time.
fn numbers_to_spare() -> usize {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let most = || {
        read("/proc/sys/kernel/pid_max")?
            .trim()
            .parse::<usize>()
            .ok()
    };
    // "0.20 0.18 0.12 1/80 11206": of 80 threads, one runs.
    let taken = || {
        let text = read("/proc/loadavg")?;
        let threads = text.split_whitespace().nth(3)?.split_once('/')?.1;
        threads.parse::<usize>().ok()
    };
    match (most(), taken()) {
        (Some(most), Some(taken)) => most.saturating_sub(taken) / 2,
        _ => usize::MAX,
    }
}

fn wait_for(here: &AtomicUsize, count: usize) -> Result<()> {
    let began = Instant::now();
    while here.load(Ordering::Acquire) < count {
        ensure!(
            began.elapsed() < PATIENCE,
            "{} of {count} have begun to run within {PATIENCE:?}",
            here.load(Ordering::Acquire)
        );
        thread::sleep(Duration::from_micros(100));
    }
    Ok(())
}

/// What threads wait for.
#[derive(Default)]
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn wait(&self) {
        let is_open = self.is_open.lock().unwrap_or_else(PoisonError::into_inner);
        let _open = self.opened.wait_while(is_open, |is_open| !*is_open);
    }

    fn open(&self) {
        *self.is_open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.opened.notify_all();
    }
}
