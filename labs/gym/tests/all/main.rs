//! What the explorer finds, and what it says of how far it has looked.

mod blocking;
mod explore;
mod labs;
#[cfg(feature = "loom")]
mod orderings;
mod select;
mod sync;
mod tasks;
mod time;

use gym::{Check, FaultKind, Options, Verdict};

fn options() -> Options {
    Options {
        every: 3_000,
        sample: 500,
        ..Options::default()
    }
}

/// The kind of the fault that is found, and what is observed.
fn fault(verdict: &Verdict) -> (FaultKind, &str) {
    let failed = verdict.fault.as_ref().expect("a fault");
    (failed.fault.kind, &failed.fault.observed)
}

/// What was explored of the only case, which must hold.
fn explored(check: &Check) -> String {
    let verdict = check.run(&options());
    assert!(verdict.fault.is_none(), "{:?}", verdict.fault);
    verdict.cases[0].explored.to_string()
}
