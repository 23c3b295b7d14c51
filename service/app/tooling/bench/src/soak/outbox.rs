//! A service that is killed while it tells of what happens in it.

use super::suite::{Packages, Rounds, Suite};
use crate::benches::{Bench, Found};
use crate::context::Context;
use crate::record::{Limit, Row, Unit};

pub(crate) const FILE: Bench = Bench {
    name: "outbox",
    what: "SQLite: the service is killed (SIGKILL) at a random moment while shoppers order and it tells a consumer of each \
           order; then the consumer must have applied each order and reversal once, and no other.",
    run: |context| {
        let test = "each_event_is_applied_once_however_often_the_program_is_killed";
        Box::pin(async move { run(context, test) })
    },
};

pub(crate) const SHARED: Bench = Bench {
    name: "outbox-postgres",
    what: "PostgreSQL: the same, with two instances that share a database and its events. One is killed, the other goes on.",
    run: |context| {
        let test = "each_event_is_applied_once_though_one_of_two_programs_is_killed";
        Box::pin(async move { run(context, test) })
    },
};

/// Kills in full.
const ROUNDS: f64 = 500.0;

fn run(context: &Context, test: &str) -> anyhow::Result<Found> {
    let suite = Suite::build(Packages::Postgres, "service")?;
    let kills = Rounds {
        test: format!("outbox::kill::{test}"),
        prefix: "OUTBOX",
        word: "ROUNDS",
        full: ROUNDS,
    };
    let outcome = kills.run(&suite, context)?;
    let counted = |what, name, limit| outcome.counted(what, name, Some(limit));
    let failed = f64::from(u8::from(outcome.failure.is_some()));
    Ok(Found {
        rows: vec![
            counted("kills", "rounds", kills.least(context)),
            counted("orders", "orders", Limit::AtLeast(1.0)),
            counted("events applied", "applied", Limit::AtLeast(1.0)),
            counted(
                "of these, came again and were known by their key",
                "again",
                Limit::AtLeast(1.0),
            ),
            counted("dead letters, each explained", "dead", Limit::AtLeast(3.0)),
            Row::counted(
                "changes without an event applied, events applied twice or without a change, other faults",
                Unit::Count,
                outcome.number("faults").max(failed),
                Some(Limit::AtMost(0.0)),
            ),
        ],
        notes: outcome.notes(
            "Eight shoppers order, and take every third order back; the kill comes after 1 to 150 acknowledgements, or just when \
         the consumer has applied so many events (the seed is the round's number, `OUTBOX_FIRST_SEED` sets the first). In one \
         round of five, by chance, the consumer dies as well, and comes back. It refuses three events, which must be dead letters that say \
         so, and are applied after they were requeued. A store lives through 50 rounds, then its books are compared with the \
         consumer's and a new one begins.",
        ),
    })
}
