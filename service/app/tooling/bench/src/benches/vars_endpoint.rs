//! What a reading of all variables costs the server.

use std::time::{Duration, Instant};

use super::{Bench, Found};
use crate::context::Context;
use crate::get::Connection;
use crate::record::{Limit, Row, Unit};
use crate::subject;

pub(crate) const BENCH: Bench = Bench {
    name: "vars-endpoint",
    what: "GET /debug/vars of a program with 500 variables besides the standard ones, on a kept connection: CPU time of \
           the whole process per answer, HTTP included.",
    run: |context| Box::pin(run(context)),
};

const VARIABLES: usize = 500;
/// Of CPU per answer, in nanoseconds.
const LIMIT: f64 = 200_000.0;
/// Answers per measurement.
const ROUNDS: u32 = 200;

async fn run(context: &Context) -> anyhow::Result<Found> {
    let server = subject::start(context, &["--variables", &VARIABLES.to_string()], &[])?;
    let mut connection = Connection::open(server.debug).await?;
    let limit = Duration::from_secs(10);
    let (mut cpu, mut time, mut size) = (Vec::new(), Vec::new(), 0);
    for _ in 0..context.times(40) {
        let (started, before) = (Instant::now(), server.cpu()?);
        for _ in 0..ROUNDS {
            let answer = connection.get("/debug/vars", limit).await?.good()?;
            size = answer.body.len();
        }
        let spent = server.cpu()?.saturating_sub(before);
        cpu.push(spent.as_nanos() as f64 / f64::from(ROUNDS));
        time.push(started.elapsed().as_nanos() as f64 / f64::from(ROUNDS));
    }
    server.stop()?;
    Ok(Found {
        rows: vec![
            Row::repeated(
                "server CPU per answer",
                Unit::Nanoseconds,
                cpu,
                Some(Limit::AtMost(LIMIT)),
            ),
            Row::repeated(
                "time per answer, on loopback",
                Unit::Nanoseconds,
                time,
                None,
            ),
            Row::counted("size of an answer", Unit::Bytes, size as f64, None),
        ],
        notes: vec![subject::VARIABLES_NOTE.to_owned()],
    })
}
