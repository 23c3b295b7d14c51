//! What a contention costs that is kept in the block or mutex profile, and one that is not.
//!
//! ```text
//! cargo bench -p collect --bench contention
//! ```
//!
//! Nanoseconds for a wait: a permit that is held, waited for, given back and taken. In rounds by turns: the
//! median, and the quickest round, which is what it costs when nothing else disturbs.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Instant;

use collect::contention::{set_block_rate, set_mutex_fraction};

const ROUNDS: usize = 21;
const TIMES: u32 = 100_000;
/// So rarely that no short wait is kept.
const RARELY: u64 = 1 << 50;

fn main() {
    let semaphore = sync::Semaphore::new("permits", 1);
    let arms = [
        ("not collected", 0, 0),
        ("block, not kept", RARELY, 0),
        ("block, kept", 1, 0),
        ("mutex, not kept", 0, RARELY),
        ("mutex, kept", 0, 1),
        ("both, not kept", RARELY, RARELY),
        ("both, kept", 1, 1),
    ];
    let mut times = vec![Vec::new(); arms.len()];
    for _ in 0..ROUNDS {
        for ((_, rate, fraction), times) in arms.iter().zip(&mut times) {
            set_block_rate(*rate);
            set_mutex_fraction(*fraction);
            let start = Instant::now();
            for _ in 0..TIMES {
                deep(8, &semaphore);
            }
            times.push(start.elapsed().as_nanos() as f64 / f64::from(TIMES));
        }
    }
    for ((name, ..), mut times) in arms.iter().zip(times) {
        times.sort_by(f64::total_cmp);
        println!("{name:<20} {:>8.1} {:>8.1}", times[ROUNDS / 2], times[0]);
    }
}

/// Some frames to walk.
#[inline(never)]
fn deep(frames: usize, semaphore: &sync::Semaphore) {
    if frames == 0 {
        wait(semaphore);
    } else {
        deep(black_box(frames) - 1, semaphore);
    }
    black_box(());
}

fn wait(semaphore: &sync::Semaphore) {
    let mut context = Context::from_waker(Waker::noop());
    let held = semaphore.try_acquire().expect("it is free");
    let mut waiting = pin!(semaphore.acquire());
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    drop(held);
    assert!(waiting.poll(&mut context).is_ready());
}
