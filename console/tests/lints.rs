//! What is wrong with a real program, and nothing else, stands on the screen soon after it went wrong; nothing stands
//! there when nothing is wrong. An archive of evidence has it, too, and no secret.
//!
//! `cargo test` tries each fault once, all at the same time, and the quicker healthy runs. With `LINTS_ROUNDS` and
//! `LINTS_READINGS`, which the soak sets, everything takes place that often and that long, one after the other.

mod archive;
#[path = "lints/bundle.rs"]
mod bundle;
#[path = "../scrape/tests/fake/mod.rs"]
mod fake;
#[path = "lints/faults.rs"]
mod faults;
#[path = "lints/healthy.rs"]
mod healthy;
#[path = "lints/load.rs"]
mod load;
#[path = "lints/programs.rs"]
mod programs;
mod pty;
#[path = "lints/quota.rs"]
mod quota;
#[path = "lints/tap.rs"]
mod tap;
#[path = "lints/watch.rs"]
mod watch;

use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What takes CPU time on purpose must not stand beside what should be healthy.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says something although the harness keeps what is printed to itself.
fn say(words: &str) {
    writeln!(std::io::stderr(), "{words}").expect("stderr is there");
}

/// Says why something was not tried.
fn skipped(why: &str) {
    say(&format!("skipped: {why}"));
}

/// A setting of the soak.
fn setting(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs all of them, at the same time or one after the other; what each came to, `None` if it failed.
fn run_all<'a, T: Sync + 'a, R: Send>(
    runs: impl IntoIterator<Item = &'a T>,
    at_once: bool,
    run: impl Fn(&'a T) -> R + Sync,
) -> Vec<Option<R>> {
    let run = &run;
    std::thread::scope(|scope| {
        let mut results = Vec::new();
        let mut running = Vec::new();
        for one in runs {
            running.push(scope.spawn(move || run(one)));
            if !at_once {
                results.extend(running.drain(..).map(|run| run.join().ok()));
            }
        }
        results.extend(running.into_iter().map(|run| run.join().ok()));
        results
    })
}
