//! Faults in the sales service: the lint and its numbers stand on the screen soon, and lead to the evidence.

use std::time::Duration;

use crate::load::Load;
use crate::programs::Program;
use crate::quota::Quota;
use crate::watch::Watch;
use crate::{alone, run_all, say, setting};

/// A lint must stand on the screen after so many readings, one a second.
const SOON: usize = 15;

/// Something that goes wrong as soon as there is load.
struct Fault {
    name: &'static str,
    /// The lint's title.
    lint: &'static str,
    flags: &'static [&'static str],
    clients: usize,
    pause: Duration,
    /// The view that the lint leads to, and what stands there.
    tab: &'static str,
    evidence: &'static str,
    /// Milliseconds of CPU time in each 100, if there is a quota.
    quota: Option<u32>,
    /// Not in the short run: it takes all of the machine, or says nothing new.
    long: bool,
}

const FAULTS: [Fault; 8] = [
    Fault {
        name: "hot function",
        lint: "out of CPU",
        // One worker: it is busy all the time, and leaves others some of the machine.
        flags: &["--workers", "1", "--chaos", "/v1/products cpu=20ms"],
        clients: 4,
        pause: Duration::ZERO,
        tab: "CPU",
        evidence: "spin",
        quota: None,
        long: false,
    },
    Fault {
        name: "leak",
        lint: "the heap grows without bound",
        flags: &["--chaos", "/v1/products memory=64KiB"],
        clients: 4,
        pause: Duration::from_millis(100),
        tab: "Heap",
        evidence: "Kept",
        quota: None,
        long: false,
    },
    Fault {
        name: "lock contention",
        lint: "a hot lock",
        flags: &["--chaos", "/v1/products lock=30ms"],
        clients: 6,
        pause: Duration::from_millis(10),
        tab: "Locks",
        evidence: "sales_api::chaos::effects",
        quota: None,
        long: false,
    },
    Fault {
        name: "blocked worker",
        lint: "a worker is blocked",
        flags: &["--chaos", "/v1/products block=250ms"],
        clients: 1,
        pause: Duration::from_millis(250),
        tab: "Runtime",
        evidence: "poll",
        quota: None,
        long: false,
    },
    Fault {
        name: "throttled CPU",
        lint: "throttled by the CPU quota",
        flags: &["--workers", "1", "--chaos", "/v1/products cpu=20ms"],
        clients: 4,
        pause: Duration::ZERO,
        tab: "Runtime",
        evidence: "throttled",
        // So little that it is used up whatever else runs.
        quota: Some(20),
        long: false,
    },
    Fault {
        name: "hot function on every worker",
        lint: "out of CPU",
        flags: &["--chaos", "/v1/products cpu=50ms"],
        clients: 16,
        pause: Duration::ZERO,
        tab: "CPU",
        evidence: "spin",
        quota: None,
        long: true,
    },
    Fault {
        name: "lock held for short, wanted by many",
        lint: "a hot lock",
        flags: &["--chaos", "/v1/products lock=5ms"],
        clients: 32,
        pause: Duration::from_millis(50),
        tab: "Locks",
        evidence: "sales_api::chaos::effects",
        quota: None,
        long: true,
    },
    Fault {
        name: "every worker blocked",
        lint: "a worker is blocked",
        flags: &["--chaos", "/v1/products block=150ms"],
        clients: 4,
        pause: Duration::from_millis(50),
        tab: "Runtime",
        evidence: "poll",
        quota: None,
        long: true,
    },
];

/// Seeds the fault after some healthy readings; after how many more its lint stands on the screen. `None` where there can
/// be no quota.
fn seeded(fault: &Fault) -> Option<usize> {
    let quota = match fault.quota {
        Some(milliseconds) => Some(Quota::new(milliseconds)?),
        None => None,
    };
    let service = Program::sales(fault.flags);
    if let Some(quota) = &quota {
        quota.hold(&service);
    }
    let mut watch = Watch::start(service.debug, "/debug/vars");
    watch.stay(3, None);
    let api = service.api.expect("the service has an API");
    let load = Load::start(api, fault.clients, "/v1/products", fault.pause);
    let (shown, after) = watch.find(fault.lint, SOON);
    let numbers = |char: char| char.is_ascii_digit();
    assert!(shown.reason.contains(numbers), "{shown:?}");
    assert_eq!(shown.way, format!("enter: {}", fault.tab), "{shown:?}");
    watch.stay(3, Some(fault.lint));
    watch.session.press("\r");
    watch.session.wait_for_text(fault.evidence);
    say(&format!(
        "{}: after {after} readings, {}",
        fault.name, shown.reason
    ));
    drop(load);
    watch.session.quit();
    drop(service);
    Some(after)
}

#[test]
fn a_fault_is_on_the_screen_soon_and_nothing_else() {
    let _alone = alone();
    let rounds = setting("LINTS_ROUNDS");
    let chosen = FAULTS
        .iter()
        .filter(|fault| rounds.is_some() || !fault.long);
    let chosen: Vec<&Fault> = chosen.collect();
    let mut results = Vec::new();
    for _ in 0..rounds.unwrap_or(1) {
        results.extend(run_all(chosen.iter().copied(), rounds.is_none(), seeded));
    }
    let failed = results.iter().filter(|result| result.is_none()).count();
    let after: Vec<usize> = results.iter().flatten().copied().flatten().collect();
    let (found, slowest) = (after.len(), after.iter().max().copied().unwrap_or(0));
    let skipped = results.len() - failed - found;
    println!("found: faults={found} slowest={slowest} failed={failed} skipped={skipped}");
    assert_eq!(failed, 0, "of {} faults", results.len());
}
