//! Everything that a sampler or an allocator could trip over, all the time: threads that start and end, panics with
//! backtraces, memory mapped and unmapped, allocations that another thread frees, child processes.

use std::backtrace::Backtrace;
use std::hint::black_box;
use std::io;
use std::panic;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The share of its time in which a troublemaker rests, so that requests are served too.
const REST: Duration = Duration::from_millis(5);

/// Every panic captures a backtrace, none is printed.
pub(super) fn quiet_panics() {
    panic::set_hook(Box::new(|_| drop(black_box(Backtrace::force_capture()))));
}

/// Starts the troublemakers, which go on to the end of the process.
pub(super) fn start() -> io::Result<()> {
    for (name, trouble) in [
        ("threads", short_threads as fn()),
        ("panics", panics),
        ("mappings", mappings),
        ("crossing", crossing),
        ("children", children),
    ] {
        let make = move || {
            loop {
                trouble();
                thread::sleep(REST);
            }
        };
        thread::Builder::new().name(name.to_owned()).spawn(make)?;
    }
    Ok(())
}

fn short_threads() {
    let thread = || (0..20_000_u64).fold(1, |state, round| black_box(state ^ round));
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(thread)).collect();
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
    // One that ends its thread.
    black_box(thread::spawn(|| panic!("a panic that ends a thread")).join()).ok();
}

/// Larger than what allocators keep: mapped, touched and unmapped again.
fn mappings() {
    for size in (20..24).map(|power| 1 << power) {
        let mut memory = vec![0_u8; size];
        memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
        drop(black_box(memory));
    }
}

/// Allocated by one thread, freed by another.
fn crossing() {
    let (give, take) = mpsc::channel::<Vec<u8>>();
    let taker = thread::spawn(move || take.into_iter().map(|block| block.len()).sum::<usize>());
    for size in (0..500).map(|number| 16 + number * 37) {
        if give.send(vec![1; size]).is_err() {
            break;
        }
    }
    drop(give);
    black_box(taker.join()).ok();
}

fn children() {
    let child = Command::new("true").stdin(Stdio::null()).status();
    black_box(child).ok();
}
