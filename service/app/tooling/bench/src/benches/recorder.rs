//! What the labs' recorder costs.

use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::benches::{Bench, Found};
use crate::context::Context;
use crate::record::{Limit, Row, Unit};

pub(crate) const BENCH: Bench = Bench {
    name: "recorder",
    what: "CPU time of work that a lab records, by turns without and with recording, by the events in it.",
    run: |context| Box::pin(async move { run(context) }),
};

/// In nanoseconds, of an event, the clock that is read for it included.
const LIMIT: f64 = 100.0;
const PAIRS: usize = 40;

fn run(context: &Context) -> anyhow::Result<Found> {
    let program = context.program("examples/recorder", "lab-kit --example recorder")?;
    let pairs = context.times(PAIRS).to_string();
    let output = context.cores.apart(|| {
        Command::new(program)
            .args(["--json", "--pairs", &pairs])
            .output()
    })??;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let run: Value = serde_json::from_slice(&output.stdout).context("its document")?;
    let rows = run["report"]["rows"].as_array().context("its rows")?;
    let mut found: Vec<(&str, f64, Vec<f64>)> = Vec::new();
    for row in rows {
        let name = row[0].as_str().context("what was measured")?;
        let events = row[1].as_f64().context("how many events it is")?;
        let each = row[4].as_f64().context("what an event cost")?;
        match found.last_mut().filter(|(known, ..)| *known == name) {
            Some((.., values)) => values.push(each),
            None => found.push((name, events, vec![each])),
        }
    }
    ensure!(!found.is_empty(), "{run}");
    let row = |(name, events, values): (&str, f64, Vec<f64>)| {
        let plural = if events > 1.0 { "s" } else { "" };
        let what = format!("{name}, an event ({events} event{plural})");
        Row::repeated(&what, Unit::Nanoseconds, values, Some(Limit::AtMost(LIMIT)))
    };
    Ok(Found {
        rows: found.into_iter().map(row).collect(),
        notes: vec![
            "An event is one call of the recorder: the clock that is read for it, the hook, and the record in the \
             thread's buffer, its memory included. What is measured is the program `labs/kit/examples/recorder.rs`; \
             each value is the difference of a pair, by its events."
                .to_owned(),
        ],
    })
}
