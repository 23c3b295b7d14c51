//! Tries to break the sampler, for as many seconds as told: threads that start and end, panics with backtraces, memory
//! mapped and unmapped, child processes, while captures follow each other and some are given up. To be run after every
//! change of the sampler:
//!
//! ```sh
//! cargo run -p collect --example soak -- 180
//! ```

use std::backtrace::Backtrace;
use std::hint::black_box;
use std::panic;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args().nth(1).unwrap_or_else(|| "10".to_owned());
    let end = Instant::now() + Duration::from_secs(seconds.parse()?);
    // One line for each of the many panics would drown the summary.
    panic::set_hook(Box::new(|_| drop(black_box(Backtrace::force_capture()))));
    let troubles = [short_threads, panics, mappings, children];
    let captures = thread::scope(|scope| {
        for trouble in troubles {
            scope.spawn(move || {
                while Instant::now() < end {
                    trouble();
                }
            });
        }
        capture_until(end)
    })?;
    println!("{captures}");
    Ok(())
}

/// Captures of many lengths; every third is given up instead of being finished.
fn capture_until(end: Instant) -> Result<String, collect::Error> {
    let (mut finished, mut given_up) = (0_u64, 0_u64);
    let (mut expected, mut kept, mut lost) = (0, 0, 0);
    while Instant::now() < end {
        let capture = collect::cpu::start(1000)?;
        let length = 1 + 37 * (finished + given_up) % 500;
        thread::sleep(Duration::from_millis(length));
        if (finished + given_up) % 3 == 2 {
            drop(capture);
            given_up += 1;
            continue;
        }
        let profile = capture.finish()?;
        finished += 1;
        expected += profile.expected;
        kept += profile.kept;
        lost += profile.lost;
    }
    Ok(format!(
        "{finished} captures finished with {kept} of {expected} samples, {lost} without room; {given_up} given up"
    ))
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
        let nothing: Option<u32> = black_box(None);
        nothing.expect("a panic to be caught")
    });
    black_box(caught).ok();
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
