//! The long runs.

mod console;
mod crash;
mod fuzz;
mod load;
mod outbox;
mod rolling;
mod suite;

use crate::benches::Bench;
use crate::benches::console::watch;

/// How long a load lasts in full, in seconds.
const LOAD: f64 = 600.0;
/// Executions of each reader in full.
const EXECUTIONS: u64 = 10_000_000;

/// In the order they run.
pub(crate) const ALL: &[Bench] = &[
    load::PLAIN,
    load::HEAP,
    watch::SOAK,
    fuzz::PROFILE,
    fuzz::EXPOSITION,
    fuzz::EXPVAR,
    crash::KILL,
    crash::POWER,
    crash::POSTGRES,
    crash::SERVER,
    outbox::FILE,
    outbox::SHARED,
    rolling::REQUESTS,
    rolling::CONNECTIONS,
    rolling::SHARED,
    console::FAULTS,
    console::HEALTHY,
    console::FUZZ,
];

/// What a short run of all leaves out: `cargo test` has run its short form.
pub(crate) const TESTED: &[&str] = &[console::FAULTS.name, console::HEALTHY.name];
