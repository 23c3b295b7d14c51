//! A timer for each thread, of the thread's own CPU time.
//!
//! The process's timer loses samples when several cores are busy: the kernel delivers one of its signals at a time. A
//! thread's own timer loses none. Threads are looked for again and again; one that has just started, or has come and
//! gone meanwhile, has its share of the process's timer, whose signals count only in threads without their own.

#![allow(unsafe_code)]

use std::collections::{HashMap, HashSet};
use std::fs;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicI32, Ordering};

/// The threads with a timer of their own.
static OWN: ThreadSet = ThreadSet::new();

/// Whether a thread has a timer of its own. For the signal handler.
pub(super) fn has_own_timer(thread: i32) -> bool {
    OWN.contains(thread)
}

/// The timers of the threads that there are, until dropped.
pub(super) struct ThreadTimers {
    timers: HashMap<i32, Timer>,
    /// Between two samples, in nanoseconds of CPU time.
    interval: u32,
}

impl ThreadTimers {
    pub(super) fn new(hz: u32) -> Self {
        Self {
            timers: HashMap::new(),
            interval: 1_000_000_000 / hz,
        }
    }

    /// Gives a timer to each thread that has none, and takes those of threads that are gone.
    pub(super) fn look_again(&mut self) {
        let Ok(tasks) = fs::read_dir("/proc/self/task") else {
            return;
        };
        let number = |task: fs::DirEntry| task.file_name().to_str()?.parse().ok();
        let threads: HashSet<i32> = tasks.flatten().filter_map(number).collect();
        self.timers.retain(|thread, _| threads.contains(thread));
        for thread in threads {
            if !self.timers.contains_key(&thread)
                && let Some(timer) = Timer::start(thread, self.interval)
            {
                self.timers.insert(thread, timer);
            }
        }
    }
}

/// A thread's timer, until dropped.
struct Timer {
    id: libc::timer_t,
    thread: i32,
}

// SAFETY: the id is a number for the kernel and belongs to the process, whichever thread names it.
unsafe impl Send for Timer {}

impl Timer {
    /// None if the thread is gone, or there is no room for more.
    fn start(thread: i32, interval: u32) -> Option<Self> {
        if !OWN.insert(thread) {
            return None;
        }
        let Some(id) = create(thread) else {
            OWN.remove(thread);
            return None;
        };
        let timer = Self { id, thread };
        arm(id, first(thread, interval), interval).then_some(timer)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: a timer of ours, deleted once.
        unsafe { libc::timer_delete(self.id) };
        OWN.remove(self.thread);
    }
}

/// When a timer expires first: some time within the interval, different for different threads, so that a thread that uses
/// less CPU time than that has its chance.
fn first(thread: i32, interval: u32) -> u32 {
    (thread as u32).wrapping_mul(0x9e37_79b9) % interval + 1
}

fn create(thread: i32) -> Option<libc::timer_t> {
    // The kernel's number for the clock of a thread's CPU time (`CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED`).
    let clock = (!thread << 3) | 6;
    // SAFETY: plain data; all-zero is valid.
    let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
    event.sigev_notify = libc::SIGEV_THREAD_ID;
    event.sigev_signo = libc::SIGPROF;
    event.sigev_notify_thread_id = thread;
    let mut id: libc::timer_t = null_mut();
    // SAFETY: reads one event and writes one id.
    let created = unsafe { libc::timer_create(clock, &raw mut event, &raw mut id) };
    (created == 0).then_some(id)
}

fn arm(id: libc::timer_t, first: u32, interval: u32) -> bool {
    let time = |nanos: u32| libc::timespec {
        tv_sec: i64::from(nanos / 1_000_000_000),
        tv_nsec: i64::from(nanos % 1_000_000_000),
    };
    let setting = libc::itimerspec {
        it_interval: time(interval),
        it_value: time(first),
    };
    // SAFETY: a timer of ours; reads one setting.
    unsafe { libc::timer_settime(id, 0, &raw const setting, null_mut()) == 0 }
}

/// A set of thread ids that a signal handler can look into. It has room for some thousands; what finds none is not in it.
struct ThreadSet {
    slots: [AtomicI32; Self::SLOTS],
}

impl ThreadSet {
    const SLOTS: usize = 4096;
    /// How many slots an id may be in, from the one that it hashes to.
    const PROBES: usize = 16;
    /// No thread has this id.
    const FREE: i32 = 0;

    const fn new() -> Self {
        Self {
            slots: [const { AtomicI32::new(Self::FREE) }; Self::SLOTS],
        }
    }

    fn candidates(&self, thread: i32) -> impl Iterator<Item = &AtomicI32> {
        let at = move |probe| (thread as usize).wrapping_add(probe) % Self::SLOTS;
        (0..Self::PROBES).filter_map(move |probe| self.slots.get(at(probe)))
    }

    fn contains(&self, thread: i32) -> bool {
        self.candidates(thread)
            .any(|slot| slot.load(Ordering::Relaxed) == thread)
    }

    fn insert(&self, thread: i32) -> bool {
        let take = |slot: &AtomicI32| {
            slot.compare_exchange(Self::FREE, thread, Ordering::Relaxed, Ordering::Relaxed)
        };
        self.candidates(thread).any(|slot| take(slot).is_ok())
    }

    fn remove(&self, thread: i32) {
        for slot in self.candidates(thread) {
            // It is in one of them; the others hold something else.
            let _ = slot.compare_exchange(thread, Self::FREE, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_it_has_room_for() {
        let set = ThreadSet::new();
        let colliding: Vec<i32> = (1..=ThreadSet::PROBES as i32 + 1)
            .map(|n| n * ThreadSet::SLOTS as i32)
            .collect();
        let (last, first) = colliding.split_last().expect("some");
        assert!(first.iter().all(|thread| set.insert(*thread)));
        assert!(
            !set.insert(*last),
            "no room for one more with the same hash"
        );
        assert!(first.iter().all(|thread| set.contains(*thread)) && !set.contains(*last));
        set.remove(first[0]);
        assert!(!set.contains(first[0]) && set.contains(first[1]));
        assert!(set.insert(*last));
    }

    #[test]
    fn threads_expire_first_at_different_times_within_the_interval() {
        let times: HashSet<u32> = (1000..1100)
            .map(|thread| first(thread, 4_000_000))
            .collect();
        assert!(times.len() > 90);
        assert!(times.iter().all(|time| (1..=4_000_000).contains(time)));
    }
}
