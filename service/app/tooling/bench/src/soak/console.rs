//! The console, as its users have it: on a terminal, before real programs.

use super::suite::{Outcome, Packages, Suite};
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

/// Each fault so often in full.
const ROUNDS: usize = 3;
/// Readings of each healthy program in full.
const READINGS: usize = 120;

fn faults(context: &Context) -> anyhow::Result<Found> {
    let rounds = if context.seconds.is_some() { 1 } else { ROUNDS };
    let outcome = Suite::build(Packages::Console, "lints")?.run(
        context,
        "faults::a_fault_is_on_the_screen_soon_and_nothing_else",
        &[("LINTS_ROUNDS", rounds.to_string())],
    )?;
    Ok(Found {
        rows: vec![
            row(
                &outcome,
                "faults found, with no other lint",
                "faults",
                Some(Limit::AtLeast(1.0)),
            ),
            row(
                &outcome,
                "readings until the last of them was",
                "slowest",
                Some(Limit::AtMost(15.0)),
            ),
            row(
                &outcome,
                "faults not found, or found with another lint",
                "failed",
                Some(Limit::AtMost(0.0)),
            ),
            row(
                &outcome,
                "of a quota, where none can be made",
                "skipped",
                None,
            ),
        ],
        notes: notes(&outcome),
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
            row(
                &outcome,
                "healthy programs without any lint",
                "runs",
                Some(Limit::AtLeast(10.0)),
            ),
            row(&outcome, "readings of each", "readings", None),
            row(
                &outcome,
                "healthy programs with a lint",
                "failed",
                Some(Limit::AtMost(0.0)),
            ),
            row(
                &outcome,
                "programs that cannot be had here",
                "skipped",
                None,
            ),
        ],
        notes: notes(&outcome),
    })
}

fn row(outcome: &Outcome, what: &str, name: &str, limit: Option<Limit>) -> Row {
    let number = outcome.numbers.get(name).copied().unwrap_or(f64::NAN);
    Row::counted(what, Unit::Count, number, limit)
}

fn notes(outcome: &Outcome) -> Vec<String> {
    let failure = outcome.failure.as_ref();
    failure
        .map(|failure| format!("The fault\n{failure}"))
        .into_iter()
        .collect()
}
