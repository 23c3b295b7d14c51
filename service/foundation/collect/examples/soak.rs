//! Tries to break the profilers, for as many seconds as told: all cores busy with threads that start and end, panics with
//! backtraces, allocations of all sizes, memory mapped and unmapped, child processes, and requests that must be answered,
//! while CPU time is sampled at 1000 Hz. In the second half the heap is sampled too. To be run after every change:
//!
//! ```sh
//! cargo run -p collect --example soak -- 180
//! ```
//!
//! Each half begins with one capture that takes half of it; captures of many lengths follow, some of them given up. It
//! fails if a request is lost, one of the troubles stands still, or less than 95 % of what the kernel could deliver is kept.

#[path = "soak/captures.rs"]
mod captures;
#[path = "soak/troubles.rs"]
mod troubles;

use std::backtrace::Backtrace;
use std::hint::black_box;
use std::panic;
use std::thread;
use std::time::{Duration, Instant};

use captures::Captures;
use troubles::TROUBLES;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args().nth(1).unwrap_or_else(|| "10".to_owned());
    let half = Duration::from_secs(seconds.parse()?) / 2;
    // One line for each of the many panics that are made would drown the summary.
    panic::set_hook(Box::new(|panic| {
        let trace = black_box(Backtrace::force_capture());
        if thread::current().name() != Some("panics") {
            eprintln!("{panic}\n{trace}");
        }
    }));
    for heap in [false, true] {
        let what = if heap { "CPU and heap" } else { "CPU" };
        let captures = with_troubles(half, |end| Captures::take(end, heap))?;
        println!("{what}: {captures}");
        captures.check()?;
    }
    for trouble in &TROUBLES {
        println!("{}: {} times", trouble.name, trouble.times());
    }
    Ok(())
}

/// Makes all the trouble there is until `captures` returns. Each trouble must happen in each half.
fn with_troubles(
    time: Duration,
    captures: impl FnOnce(Instant) -> Result<Captures, collect::Error>,
) -> Result<Captures, Box<dyn std::error::Error>> {
    let end = Instant::now() + time;
    let before = TROUBLES.each_ref().map(troubles::Trouble::times);
    let taken = thread::scope(|scope| {
        for trouble in &TROUBLES {
            let named = thread::Builder::new().name(trouble.name.to_owned());
            named.spawn_scoped(scope, move || trouble.make_until(end))?;
        }
        Ok::<_, Box<dyn std::error::Error>>(captures(end)?)
    })?;
    for (trouble, before) in TROUBLES.iter().zip(before) {
        if trouble.times() == before {
            return Err(format!("{} stood still", trouble.name).into());
        }
    }
    Ok(taken)
}
