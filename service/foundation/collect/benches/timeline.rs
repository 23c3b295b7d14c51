//! What a recording costs those who are recorded: a poll of a named task, and a wait in it.
//!
//! ```text
//! cargo bench -p collect --bench timeline
//! ```
//!
//! Nanoseconds, in rounds by turns: the median, and the quickest round, which is what it costs when nothing else disturbs.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};
use std::time::Instant;

use collect::timeline;

const ROUNDS: usize = 21;
const TIMES: u32 = 100_000;

fn main() {
    let semaphore = sync::Semaphore::new("permits", 1);
    let _held = semaphore.try_acquire().expect("it is free");
    let mut idle = pin!(sync::adopt("idle", std::future::pending::<()>()));
    // Each poll finds that there is no permit, and gives up waiting for it.
    let waits = std::future::poll_fn(|context| pin!(semaphore.acquire()).poll(context).map(drop));
    let mut waits = pin!(sync::adopt("waits", waits));
    measure("a poll", || poll(idle.as_mut()));
    measure("a poll with a wait", || poll(waits.as_mut()));
}

fn poll(future: Pin<&mut impl Future<Output = ()>>) {
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.poll(&mut context).is_pending());
}

fn measure(name: &str, mut work: impl FnMut()) {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(round(&mut work));
        let recording = timeline::record(timeline::DEFAULT_EVENTS);
        times[1].push(round(&mut work));
        black_box(recording.finish().events());
    }
    for (arm, mut times) in ["not recorded", "recorded"].into_iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let (median, least) = (times[ROUNDS / 2], times[0]);
        println!("{name:<20} {arm:<14} {median:>8.1} {least:>8.1}");
    }
}

fn round(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..TIMES {
        work();
    }
    start.elapsed().as_nanos() as f64 / f64::from(TIMES)
}
