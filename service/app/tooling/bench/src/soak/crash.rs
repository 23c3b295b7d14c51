//! Stores whose process, disk or server is killed, again and again.

use super::suite::{Packages, Rounds, Suite};
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
    let kills = Rounds {
        test: test.to_owned(),
        prefix: "CRASH",
        word: "ROUNDS",
        full: ROUNDS,
    };
    let outcome = kills.run(&suite, context)?;
    let mut rows = vec![
        outcome.counted("rounds", "rounds", Some(kills.least(context))),
        outcome.counted("orders acknowledged", "placed", Some(Limit::AtLeast(1.0))),
        outcome.counted("of these, reversals acknowledged", "reversed", None),
        outcome.counted(
            "rounds after which an order was lost, or stock or totals were wrong",
            "faults",
            Some(Limit::AtMost(0.0)),
        ),
    ];
    if !broken.is_empty() {
        let mut found_out = 0.0;
        for test in broken {
            let few = [("CRASH_ROUNDS", BROKEN.to_string())];
            let outcome = suite.run(context, test, &few)?;
            found_out += f64::from(u8::from(outcome.failure.is_none()));
        }
        rows.push(Row::counted(
            "stores that break their promise on purpose, and were found out",
            Unit::Count,
            found_out,
            Some(Limit::AtLeast(broken.len() as f64)),
        ));
    }
    Ok(Found {
        rows,
        notes: outcome.notes(
            "Eight shoppers order at once; the kill comes after 1 to 299 acknowledgements (the seed is the round's number, \
         `CRASH_FIRST_SEED` sets the first). A store lives through 50 rounds, then a new one begins. A round is at fault if \
         anything acknowledged in its store's whole life is missing.",
        ),
    })
}
