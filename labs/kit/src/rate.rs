//! How often threads can do something, all at once.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

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

/// Which share of the processors that so many threads could use they get: about 1 on a machine that has nothing else to
/// do. Below [`CROWDED`] a measurement of threads that run at once says little, and a lab should say so.
///
/// This blocks the caller for a tenth of a second.
pub fn room(threads: usize) -> f64 {
    let together = threads.clamp(1, machine::cores());
    let spin = |threads: usize| {
        rate(SHORT, vec![0_u64; threads], |own| {
            *own = black_box(*own + 1);
        })
        .0
    };
    let alone = (0..3).map(|_| spin(1)).fold(f64::MIN_POSITIVE, f64::max);
    (spin(together) / (alone * together as f64)).min(1.0)
}

/// With less [`room`] than this, something else keeps the processors busy.
pub const CROWDED: f64 = 0.75;

const SHORT: Duration = Duration::from_millis(25);

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
    fn room_is_a_share() {
        assert!((0.0..=1.0).contains(&room(2)));
    }
}
