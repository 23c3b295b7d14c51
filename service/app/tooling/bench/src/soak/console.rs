//! The console, as its users have it: on a terminal, before real programs.

use super::suite::{Packages, Suite};
use crate::benches::{Bench, Found};
use crate::context::Context;
use crate::record::{Limit, Row, Unit};

pub(crate) const FAULTS: Bench = Bench {
    name: "console-faults",
    what: "The console before the service in which something goes wrong: a hot function, a leak, lock contention, a blocked \
           worker, a CPU quota. The lint for it, and no other, must stand on the screen within 15 readings, one a second, with \
           its numbers, and lead to the evidence.",
    run: |context| Box::pin(async move { faults(context) }),
};

pub(crate) const HEALTHY: Bench = Bench {
    name: "console-healthy",
    what: "The console before programs with which nothing is wrong: the service idle and under several loads, the channels lab \
           with several knobs, a Go program, a server with Prometheus text. No lint may ever stand on the screen.",
    run: |context| Box::pin(async move { healthy(context) }),
};

pub(crate) const FUZZ: Bench = Bench {
    name: "console-fuzz",
    what: "The broken bodies of the three fuzzers through all that the console does with them: read over HTTP, parsed, kept and \
           drawn, and some printed by the program itself. Each is complete or refused with a reason, and nothing that a \
           terminal obeys is ever drawn or printed.",
    run: |context| Box::pin(async move { fuzz(context) }),
};

/// Bodies of each format in full.
const BODIES: u64 = 50_000;
/// The most memory that a body may take, in bytes.
const MEMORY: f64 = 67_108_864.0;
/// Each fault so often in full.
const ROUNDS: usize = 2;
/// Readings of each healthy program in full.
const READINGS: usize = 30;

fn faults(context: &Context) -> anyhow::Result<Found> {
    let rounds = if context.seconds.is_some() { 1 } else { ROUNDS };
    let outcome = Suite::build(Packages::Console, "lints")?.run(
        context,
        "faults::a_fault_is_on_the_screen_soon_and_nothing_else",
        &[("LINTS_ROUNDS", rounds.to_string())],
    )?;
    Ok(Found {
        rows: vec![
            outcome.counted(
                "faults found, with no other lint",
                "faults",
                Some(Limit::AtLeast(1.0)),
            ),
            outcome.counted(
                "readings until the last of them was",
                "slowest",
                Some(Limit::AtMost(15.0)),
            ),
            outcome.counted(
                "faults not found, or found with another lint",
                "failed",
                Some(Limit::AtMost(0.0)),
            ),
            outcome.counted("of a quota, where none can be made", "skipped", None),
        ],
        notes: outcome.fault().into_iter().collect(),
    })
}

fn healthy(context: &Context) -> anyhow::Result<Found> {
    let readings = match context.seconds {
        // Twelve programs, one after the other.
        Some(seconds) => (seconds / 12.0).clamp(12.0, 60.0) as usize,
        None => READINGS,
    };
    let outcome = Suite::build(Packages::Console, "lints")?.run(
        context,
        "healthy::nothing_fires_where_nothing_is_wrong",
        &[("LINTS_READINGS", readings.to_string())],
    )?;
    Ok(Found {
        rows: vec![
            outcome.counted(
                "healthy programs without any lint",
                "runs",
                Some(Limit::AtLeast(10.0)),
            ),
            outcome.counted("readings of each", "readings", None),
            outcome.counted(
                "healthy programs with a lint",
                "failed",
                Some(Limit::AtMost(0.0)),
            ),
            outcome.counted("programs that cannot be had here", "skipped", None),
        ],
        notes: outcome.fault().into_iter().collect(),
    })
}

fn fuzz(context: &Context) -> anyhow::Result<Found> {
    let suite = Suite::build(Packages::Console, "fuzz")?;
    let mut found = Found::default();
    for format in ["profiles", "metrics", "variables"] {
        let mut settings = vec![("FUZZ_EXECUTIONS", BODIES.to_string())];
        if let Some(seconds) = context.seconds {
            settings.push(("FUZZ_SECONDS", (seconds / 3.0).ceil().to_string()));
        }
        let outcome = suite.run(context, format, &settings)?;
        let all = context.seconds.is_none();
        let least = Limit::AtLeast(if all { BODIES as f64 } else { 1.0 });
        let faults = "panics, contradictions, too much memory, characters that terminals obey";
        found.rows.extend([
            outcome.counted(&format!("{format}: bodies"), "executions", Some(least)),
            outcome.counted(
                &format!("{format}: of these, not refused"),
                "read",
                Some(Limit::AtLeast(1.0)),
            ),
            outcome.counted(
                &format!("{format}: {faults}"),
                "faults",
                Some(Limit::AtMost(0.0)),
            ),
            Row::counted(
                &format!("{format}: the most memory that one took"),
                Unit::Bytes,
                outcome.number("most"),
                Some(Limit::AtMost(MEMORY)),
            ),
        ]);
        found.notes.extend(outcome.fault());
    }
    Ok(found)
}
