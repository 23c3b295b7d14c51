//! Instances that are restarted one after the other, under load.

use super::suite::{Packages, Rounds, Suite};
use crate::benches::{Bench, Found};
use crate::context::Context;
use crate::record::{Limit, Row, Unit};

pub(crate) const REQUESTS: Bench = Bench {
    name: "rolling-requests",
    what: "Three instances of the service behind a balancer that sends each request to one that is ready; one after the \
           other is told to end and started anew, under load.",
    run: |context| {
        Box::pin(async move { run(context, "behind_a_balancer_of_requests_none_fails") })
    },
};

pub(crate) const CONNECTIONS: Bench = Bench {
    name: "rolling-connections",
    what: "The same behind a balancer that ties each connection to an instance, and clients that keep their connections.",
    run: |context| {
        Box::pin(async move { run(context, "behind_a_balancer_of_connections_none_fails") })
    },
};

pub(crate) const SHARED: Bench = Bench {
    name: "rolling-postgres",
    what: "The same behind a balancer of requests, with one PostgreSQL database for all.",
    run: |context| Box::pin(async move { run(context, "with_one_database_for_all_none_fails") }),
};

/// Restarts in full.
const RESTARTS: f64 = 100.0;

fn run(context: &Context, test: &str) -> anyhow::Result<Found> {
    let suite = Suite::build(Packages::Postgres, "service")?;
    let restarts = Rounds {
        test: format!("rolling::{test}"),
        prefix: "ROLLING",
        word: "RESTARTS",
        full: RESTARTS,
    };
    let outcome = restarts.run(&suite, context)?;
    let counted = |what, name, limit| outcome.counted(what, name, Some(limit));
    Ok(Found {
        rows: vec![
            counted("restarts", "restarts", restarts.least(context)),
            counted("requests", "requests", Limit::AtLeast(1.0)),
            counted("orders acknowledged", "orders", Limit::AtLeast(1.0)),
            counted("requests that failed", "failed", Limit::AtMost(0.0)),
            Row::counted(
                "stores that differ from what was acknowledged, instances that ended badly, other faults",
                Unit::Count,
                f64::from(u8::from(outcome.failure.is_some())),
                Some(Limit::AtMost(0.0)),
            ),
        ],
        notes: outcome.notes(
            "Sixteen shoppers browse and order, 10 ms after each answer; twelve more wait for slow answers (1.1 to 1.9 s), so that one that \
         closes has requests under way. Each instance: SIGTERM, readiness fails, 1 s of serving all the same, then it closes, \
         finishes what is under way and ends with code 0; a new process takes over its store. The balancer asks for readiness \
         every 20 ms and tries nothing twice. In the end the orders in the stores are exactly those that were acknowledged.",
        ),
    })
}
