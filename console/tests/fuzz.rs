//! Broken bodies through all that the console does with them: read over HTTP, parsed, kept, drawn, printed.
//!
//! The bodies are those of the debug plane's own fuzzing, number by number. `cargo test` tries a few hundred of each
//! format; the soak sets `FUZZ_EXECUTIONS`, and perhaps `FUZZ_SECONDS`.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "what makes the bodies is shared with the programs that fuzz the readers alone"
)]

#[path = "../../service/app/tooling/bench/src/fuzz/mod.rs"]
mod bodies;
#[path = "fuzz/console.rs"]
mod console;
#[path = "fuzz/program.rs"]
mod program;
#[path = "../../service/app/tooling/bench/src/random.rs"]
mod random;
#[path = "fuzz/server.rs"]
mod server;
#[path = "../../service/app/tooling/bench/src/synthetic.rs"]
mod synthetic;
#[path = "hostile/written.rs"]
mod written;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bodies::{Corpus, READERS, Reader};
use console::Console;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The memory that counts is that of the whole process.
static ALONE: Mutex<()> = Mutex::new(());

/// The random choices begin here; the same number gives the same bodies.
const SEED: u64 = 20_260;
/// Executions of the short run.
const FEW: u64 = 300;
/// One in so many bodies is also printed by the program itself.
const PRINTED: u64 = 50;
/// What reading, keeping and drawing a body may take at most, in bytes; bodies are at most 64 KiB, 4 MiB when inflated.
const MEMORY: usize = 64 << 20;

/// What was found out.
#[derive(Default)]
struct Found {
    executions: u64,
    /// Bodies that were read, not refused.
    read: u64,
    /// The most memory one took.
    most: usize,
    faults: Vec<String>,
}

/// How a body ended: whether it was read. Refusals have their reason.
type Ended = bool;

fn fuzz(reader: &Reader) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let setting = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let executions = setting("FUZZ_EXECUTIONS").unwrap_or(FEW);
    let seconds = setting("FUZZ_SECONDS").map(Duration::from_secs);
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("../service/app/tooling/bench");
    let corpus = Corpus::read(&bench.join(reader.corpus)).expect("the corpus is committed");
    let mut console = Console::new(reader.name);
    let (mut found, started) = (Found::default(), Instant::now());
    for index in 0..executions {
        let body = corpus.input(reader, SEED, index);
        let before = PeakAlloc.current_usage();
        PeakAlloc.reset_peak_usage();
        let ended = catch_unwind(AssertUnwindSafe(|| console.take(index, &body)));
        let took = PeakAlloc.peak_usage().saturating_sub(before);
        found.executions += 1;
        found.most = found.most.max(took);
        if let Ok(read) = ended {
            found.read += u64::from(read);
        } else {
            found.faults.push(format!("execution {index}"));
            console = Console::new(reader.name);
        }
        if took > MEMORY {
            found
                .faults
                .push(format!("execution {index}: {took} bytes of memory"));
        }
        if index % PRINTED == 0
            && let Err(why) = program::print(reader.name, &console, &body)
        {
            found
                .faults
                .push(format!("execution {index}, printed: {why}"));
        }
        if seconds.is_some_and(|seconds| started.elapsed() > seconds) || found.faults.len() > 10 {
            break;
        }
    }
    let Found {
        executions,
        read,
        most,
        faults,
    } = found;
    println!(
        "found: executions={executions} read={read} most={most} faults={}",
        faults.len()
    );
    assert!(faults.is_empty(), "{}: {faults:?}", reader.name);
    // Where all is refused at once, nothing is tested.
    assert!(read * 100 >= executions, "{read} of {executions} were read");
}

#[test]
fn profiles() {
    fuzz(&READERS[0]);
}

#[test]
fn metrics() {
    fuzz(&READERS[1]);
}

#[test]
fn variables() {
    fuzz(&READERS[2]);
}
