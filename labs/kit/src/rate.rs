//! How often threads can do something, all at once.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lab_format::Report;

use crate::machine;

/// Looking at the clock's flag costs about as much as the cheapest thing that is measured.
const BETWEEN_LOOKS: u32 = 64;

/// Lets one thread of the operating system for each of `states` do `op` again and again, together for that long. Says
/// how often it was done per second by all of them, and gives the states back.
///
/// Each thread has its state on its own stack: side by side in one slice, states would share lines of memory, and threads
/// that have nothing to do with each other would wait for each other.
///
/// This blocks the caller: within a story it stands in [`tokio::task::block_in_place`].
///
/// # Panics
/// If `op` panics, or the system has no thread to give.
pub fn rate<S: Send>(time: Duration, states: Vec<S>, op: impl Fn(&mut S) + Sync) -> (f64, Vec<S>) {
    let over = AtomicBool::new(false);
    let start = Barrier::new(states.len() + 1);
    let count = |mut state: S| {
        let mut done = 0_u64;
        start.wait();
        while !over.load(Ordering::Relaxed) {
            (0..BETWEEN_LOOKS).for_each(|_| op(&mut state));
            done += u64::from(BETWEEN_LOOKS);
        }
        (done, state)
    };
    thread::scope(|scope| {
        let count = &count;
        let threads: Vec<_> = states
            .into_iter()
            .map(|state| scope.spawn(move || count(state)))
            .collect();
        start.wait();
        let began = Instant::now();
        thread::sleep(time);
        over.store(true, Ordering::Relaxed);
        let ended = threads.into_iter().map(thread::ScopedJoinHandle::join);
        let (done, states): (Vec<u64>, Vec<S>) = ended
            .map(|ended| ended.expect("what is measured does not panic"))
            .unzip();
        let rate = done.iter().sum::<u64>() as f64 / began.elapsed().as_secs_f64();
        (rate, states)
    })
}

/// Whether the machine has room for a lab that keeps several threads busy. The lab looks before, between and after its
/// measurements, because what else a machine does comes and goes.
#[derive(Debug)]
pub struct Room {
    threads: usize,
    least: f64,
}

impl Room {
    /// Looks for the first time, for so many threads at once.
    pub fn new(threads: usize) -> Self {
        let mut room = Self {
            threads,
            least: 1.0,
        };
        room.look();
        room
    }

    /// Looks again. This takes a tenth of a second.
    pub fn look(&mut self) {
        let share = tokio::task::block_in_place(|| share(self.threads));
        self.least = self.least.min(share);
    }

    /// Adds to the report that the machine was too busy, if it was at any look.
    pub fn tell(&self, report: &mut Report) {
        if self.least < CROWDED {
            report.too_busy(&format!(
                "threads that have nothing to do with each other got {:.0} % of the processors",
                self.least * 100.0
            ));
        }
    }
}

/// With a smaller share than this, something else keeps the processors busy.
const CROWDED: f64 = 0.75;
const SHORT: Duration = Duration::from_millis(25);

/// Which share of the processors that so many threads could use they get: about 1 on a machine that has nothing else to do.
fn share(threads: usize) -> f64 {
    let together = threads.clamp(1, machine::cores());
    let spin = |threads: usize| {
        rate(SHORT, vec![0_u64; threads], |own| {
            *own = black_box(*own + 1);
        })
        .0
    };
    let alone = (0..3).map(|_| spin(1)).fold(f64::MIN_POSITIVE, f64::max);
    let against_one = spin(together) / (alone * together as f64);
    // One alone may have had to wait as much as all of them.
    against_one.min(ran(together).unwrap_or(1.0)).min(1.0)
}

/// Which share of their time so many threads ran that wanted to run all the time, as the kernel counts it; none where it
/// does not.
fn ran(threads: usize) -> Option<f64> {
    let spin = || {
        let before = run_and_wait()?;
        let began = Instant::now();
        while began.elapsed() < SHORT {
            black_box(());
        }
        let after = run_and_wait()?;
        Some((after.0 - before.0, after.1 - before.1))
    };
    let all: Option<Vec<(u64, u64)>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(spin)).collect();
        let ended = threads.into_iter().map(thread::ScopedJoinHandle::join);
        ended
            .map(|ended| ended.expect("spinning does not panic"))
            .collect()
    });
    let all = all?;
    let sum = |part: fn(&(u64, u64)) -> u64| all.iter().map(part).sum::<u64>() as f64;
    let (run, wait) = (sum(|thread| thread.0), sum(|thread| thread.1));
    (run > 0.0).then(|| run / (run + wait))
}

/// For how long this thread has run, and for how long it has waited for a processor: nanoseconds, of Linux'
/// `Documentation/scheduler/sched-stats.rst`.
fn run_and_wait() -> Option<(u64, u64)> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let mut numbers = text.split_whitespace().map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thread_does_it_and_what_is_done_is_counted() {
        let (rate, counts) = rate(Duration::from_millis(20), vec![0_u64; 3], |count| {
            *count += 1;
        });
        assert!(
            counts
                .iter()
                .all(|count| *count >= u64::from(BETWEEN_LOOKS))
        );
        assert!(
            counts
                .iter()
                .all(|count| count % u64::from(BETWEEN_LOOKS) == 0)
        );
        assert!(rate > 0.0);
    }

    #[test]
    fn what_threads_get_is_a_share() {
        assert!((0.0..=1.0).contains(&share(2)));
        assert!(ran(2).is_none_or(|share| (0.0..=1.0).contains(&share)));
    }

    #[test]
    fn only_a_crowded_machine_is_reported() {
        for (least, busy) in [(CROWDED, false), (0.5, true)] {
            let mut report = Report::default();
            Room { threads: 2, least }.tell(&mut report);
            assert_eq!(report.is_too_busy(), busy);
        }
    }
}
