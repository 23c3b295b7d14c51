//! Stores whose process, disk or server is killed, again and again.

use super::suite::{Outcome, Packages, Suite};
use crate::benches::{Bench, Found};
use crate::context::Context;
use crate::record::{Limit, Row, Unit};

pub(crate) const KILL: Bench = Bench {
    name: "crash-kill",
    what: "SQLite: a process that orders and reverses is killed (SIGKILL) at a random moment; then every order and reversal \
           that it had acknowledged must be there, and stock and totals exact.",
    run: |context| {
        Box::pin(async move { run(context, "what_is_acknowledged_survives_a_kill", &[]) })
    },
};

pub(crate) const POWER: Bench = Bench {
    name: "crash-power",
    what: "The same with a disk that forgets at the kill what was not synced, as in a power cut.",
    run: |context| {
        Box::pin(async move {
            let broken = [
                "a_store_that_does_not_sync_is_found_out",
                "a_store_that_acknowledges_before_it_commits_is_found_out",
            ];
            run(
                context,
                "what_is_acknowledged_survives_a_power_cut",
                &broken,
            )
        })
    },
};

pub(crate) const POSTGRES: Bench = Bench {
    name: "crash-postgres",
    what: "PostgreSQL: the process that orders is killed at a random moment, its server goes on.",
    run: |context| {
        Box::pin(async move {
            run(
                context,
                "what_is_acknowledged_by_postgres_survives_a_kill",
                &[],
            )
        })
    },
};

pub(crate) const SERVER: Bench = Bench {
    name: "crash-server",
    what: "PostgreSQL: the server is killed at a random moment, with all its processes and their memory, and recovers.",
    run: |context| {
        Box::pin(async move {
            let test = "what_is_acknowledged_by_postgres_survives_a_kill_of_the_server";
            let broken = ["a_server_that_does_not_write_before_it_acknowledges_is_found_out"];
            run(context, test, &broken)
        })
    },
};

/// Rounds in full.
const ROUNDS: f64 = 1_000.0;
/// Rounds after which a store that breaks its promise must have been found out.
const BROKEN: f64 = 20.0;

fn run(context: &Context, test: &str, broken: &[&str]) -> anyhow::Result<Found> {
    let suite = Suite::build(Packages::Postgres, "crash")?;
    let mut settings = vec![("CRASH_ROUNDS", ROUNDS.to_string())];
    if let Some(seconds) = context.seconds {
        settings.push(("CRASH_SECONDS", seconds.ceil().to_string()));
    }
    let rounds = suite.run(context, test, &settings)?;
    let mut found_out = Vec::new();
    for test in broken {
        let few = [("CRASH_ROUNDS", BROKEN.to_string())];
        found_out.push(suite.run(context, test, &few)?);
    }
    Ok(Found {
        rows: rows(context, &rounds, &found_out),
        notes: notes(&rounds),
    })
}

fn rows(context: &Context, rounds: &Outcome, found_out: &[Outcome]) -> Vec<Row> {
    let number = |name: &str| rounds.numbers.get(name).copied().unwrap_or(f64::NAN);
    let least = if context.seconds.is_some() {
        1.0
    } else {
        ROUNDS
    };
    let mut rows = vec![
        Row::counted(
            "rounds",
            Unit::Count,
            number("rounds"),
            Some(Limit::AtLeast(least)),
        ),
        Row::counted(
            "orders acknowledged",
            Unit::Count,
            number("placed"),
            Some(Limit::AtLeast(1.0)),
        ),
        Row::counted(
            "of these, reversals acknowledged",
            Unit::Count,
            number("reversed"),
            None,
        ),
        Row::counted(
            "rounds after which an order was lost, or stock or totals were wrong",
            Unit::Count,
            number("faults"),
            Some(Limit::AtMost(0.0)),
        ),
    ];
    if !found_out.is_empty() {
        let those = found_out.iter().filter(|test| test.failure.is_none());
        rows.push(Row::counted(
            "stores that break their promise on purpose, and were found out",
            Unit::Count,
            those.count() as f64,
            Some(Limit::AtLeast(found_out.len() as f64)),
        ));
    }
    rows
}

fn notes(rounds: &Outcome) -> Vec<String> {
    let mut notes = vec![
        "Eight shoppers order at once; the kill comes after 1 to 299 acknowledgements (the seed is the round's number, \
         `CRASH_FIRST_SEED` sets the first). A store lives through 50 rounds, then a new one begins. A round is at fault if \
         anything acknowledged in its store's whole life is missing."
            .to_owned(),
    ];
    notes.extend(
        rounds
            .failure
            .as_ref()
            .map(|failure| format!("The fault\n{failure}")),
    );
    notes
}
