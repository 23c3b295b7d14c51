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

use super::ring::Signal;

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
    /// What was deliverable to the threads that are gone.
    gone: u64,
}

impl ThreadTimers {
    pub(super) fn new(hz: u32) -> Self {
        Self {
            timers: HashMap::new(),
            interval: 1_000_000_000 / hz,
            gone: 0,
        }
    }

    /// Gives a timer to each thread that has none, and takes those of threads that are gone. A new thread may have the
    /// number of one that is gone.
    pub(super) fn look_again(&mut self) {
        let Ok(tasks) = fs::read_dir("/proc/self/task") else {
            return;
        };
        let number = |task: fs::DirEntry| task.file_name().to_str()?.parse().ok();
        let threads: HashSet<i32> = tasks.flatten().filter_map(number).collect();
        let gone = &mut self.gone;
        self.timers.retain(|thread, timer| {
            let there = threads.contains(thread) && timer.look();
            if !there {
                *gone += timer.deliverable.max(timer.delivered);
            }
            there
        });
        for thread in threads {
            if !self.timers.contains_key(&thread)
                && let Some(timer) = Timer::start(thread, self.interval)
            {
                self.timers.insert(thread, timer);
            }
        }
    }

    /// Notes a signal that a thread's own timer has sent.
    pub(super) fn delivered(&mut self, signal: Signal) {
        if let Some(timer) = self.timers.get_mut(&signal.timer_of) {
            timer.delivered += signal.weight as u64;
        }
    }

    /// How many samples the kernel could deliver by all of them so far.
    pub(super) fn deliverable(&mut self) -> u64 {
        let alive = self.timers.values_mut().map(|timer| {
            timer.look();
            timer.deliverable
        });
        self.gone + alive.sum::<u64>()
    }
}

/// A thread's timer, until dropped.
struct Timer {
    id: libc::timer_t,
    thread: i32,
    /// The thread's CPU time when it expires first, and how often it does after that; in nanoseconds.
    first: u64,
    interval: u64,
    /// How many of its samples have arrived.
    delivered: u64,
    /// How many samples the kernel could deliver, when it was last looked at: as often as the timer has expired, less what
    /// no tick has come to.
    deliverable: u64,
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
        let started = cpu_time(thread).unwrap_or(0);
        let timer = Self {
            id,
            thread,
            first: started + u64::from(first(thread, interval)),
            interval: interval.into(),
            delivered: 0,
            deliverable: 0,
        };
        arm(id, timer.first, timer.interval).then_some(timer)
    }

    /// Notes how far it has come; false if its thread is gone.
    fn look(&mut self) -> bool {
        let (Some(remaining), Some(now)) = (remaining(self.id), cpu_time(self.thread)) else {
            return false;
        };
        let expired = match now.checked_sub(self.first) {
            Some(since) => since / self.interval + 1,
            None => 0,
        };
        self.deliverable = if remaining == OVERDUE {
            self.delivered.min(expired)
        } else {
            expired
        };
        true
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: a timer of ours, deleted once.
        unsafe { libc::timer_delete(self.id) };
        OWN.remove(self.thread);
    }
}

/// What the kernel gives as the time that remains, in nanoseconds, of a timer that should have expired but that no tick
/// has come to yet.
const OVERDUE: u64 = 1;

/// The time that remains until a timer expires, in nanoseconds; none if its thread is gone.
fn remaining(id: libc::timer_t) -> Option<u64> {
    let mut setting = libc::itimerspec {
        it_interval: timespec(0),
        it_value: timespec(0),
    };
    // SAFETY: a timer of ours; writes one setting.
    let asked = unsafe { libc::timer_gettime(id, &raw mut setting) };
    let remaining = nanoseconds(&setting.it_value);
    (asked == 0 && remaining != 0).then_some(remaining)
}

/// The CPU time of a thread, in nanoseconds; none if it is gone.
fn cpu_time(thread: i32) -> Option<u64> {
    let mut time = timespec(0);
    // SAFETY: writes one `timespec`.
    let asked = unsafe { libc::clock_gettime(clock_of(thread), &raw mut time) };
    (asked == 0).then(|| nanoseconds(&time))
}

/// The kernel's number for the clock of a thread's CPU time (`CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED`).
fn clock_of(thread: i32) -> libc::clockid_t {
    (!thread << 3) | 6
}

fn timespec(nanoseconds: u64) -> libc::timespec {
    libc::timespec {
        tv_sec: (nanoseconds / 1_000_000_000) as libc::time_t,
        tv_nsec: (nanoseconds % 1_000_000_000) as libc::c_long,
    }
}

fn nanoseconds(time: &libc::timespec) -> u64 {
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// When a timer expires first: some time within the interval, different for different threads, so that a thread that uses
/// less CPU time than that has its chance.
fn first(thread: i32, interval: u32) -> u32 {
    (thread as u32).wrapping_mul(0x9e37_79b9) % interval + 1
}

fn create(thread: i32) -> Option<libc::timer_t> {
    // SAFETY: plain data; all-zero is valid.
    let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
    event.sigev_notify = libc::SIGEV_THREAD_ID;
    event.sigev_signo = libc::SIGPROF;
    event.sigev_notify_thread_id = thread;
    let mut id: libc::timer_t = null_mut();
    // SAFETY: reads one event and writes one id.
    let created = unsafe { libc::timer_create(clock_of(thread), &raw mut event, &raw mut id) };
    (created == 0).then_some(id)
}

/// `first` is a time of the thread's CPU clock.
fn arm(id: libc::timer_t, first: u64, interval: u64) -> bool {
    let setting = libc::itimerspec {
        it_interval: timespec(interval),
        it_value: timespec(first),
    };
    // SAFETY: a timer of ours; reads one setting.
    unsafe { libc::timer_settime(id, libc::TIMER_ABSTIME, &raw const setting, null_mut()) == 0 }
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

    /// Runs `use_it` with the number of a thread that waits, and ends the thread.
    fn with_a_thread(use_it: impl FnOnce(i32)) {
        use std::sync::mpsc::channel;
        let (tell, told) = channel();
        let (end, ended) = channel::<()>();
        let thread = std::thread::spawn(move || {
            // SAFETY: has no conditions.
            tell.send(unsafe { libc::gettid() }).expect("somebody asks");
            ended.recv().expect_err("nothing is sent");
        });
        use_it(told.recv().expect("a number"));
        drop(end);
        thread.join().expect("the thread has ended");
    }

    /// A thread's number may be given to another one at once, whose timer must not be taken for there already.
    #[test]
    fn a_timer_knows_that_its_thread_is_gone() {
        // So long that it does not expire in this test, where nobody handles the signal.
        let mut timer = None;
        with_a_thread(|thread| {
            timer = Timer::start(thread, u32::MAX);
            assert!(timer.as_mut().expect("a timer").look());
            assert!(has_own_timer(thread));
        });
        let mut timer = timer.expect("a timer");
        let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
        while timer.look() {
            assert!(std::time::Instant::now() < deadline, "it is still there");
            std::thread::yield_now();
        }
        let thread = timer.thread;
        drop(timer);
        assert!(!has_own_timer(thread));
    }

    #[test]
    fn what_no_tick_has_come_to_is_not_deliverable() {
        with_a_thread(|thread| {
            let mut timer = Timer::start(thread, u32::MAX).expect("a timer");
            timer.look();
            assert_eq!(timer.deliverable, 0);
            // As if it had been started long ago, with a short interval.
            (timer.first, timer.interval) = (0, 1_000);
            timer.look();
            assert!(timer.deliverable > 0, "it has expired by this clock");
        });
    }
}
