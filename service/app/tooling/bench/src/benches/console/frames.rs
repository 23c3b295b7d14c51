//! How long the console takes to draw a frame.

use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::benches::{Bench, Found};
use crate::context::Context;
use crate::record::{Limit, Row, Unit};

pub(crate) const BENCH: Bench = Bench {
    name: "console-frames",
    what: "Drawing one frame of the console at 200×60, in each view: 500 variables with ten minutes of history and a \
           profile of 50,000 samples, and a thousand targets of six variables.",
    run: |context| Box::pin(async move { run(context) }),
};

/// In nanoseconds.
const LIMIT: f64 = 5e6;

fn run(context: &Context) -> anyhow::Result<Found> {
    let program = context.program("examples/frames", "cutaway-tui --example frames")?;
    let output = context
        .cores
        .apart(|| Command::new(program).arg("--each").output())??;
    let printed = String::from_utf8(output.stdout)?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let rows: Vec<Row> = printed.lines().map(row).collect::<Result<_, _>>()?;
    ensure!(rows.len() > 10, "{printed}");
    Ok(Found {
        rows,
        notes: vec![
            "What is measured is the program `console/tui/examples/frames.rs`; what a terminal takes is not in it.".to_owned(),
        ],
    })
}

/// `view: nanoseconds nanoseconds …`
fn row(line: &str) -> anyhow::Result<Row> {
    let (view, times) = line.split_once(": ").context("a view and its times")?;
    let times: Vec<f64> = times
        .split(' ')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .with_context(|| line.to_owned())?;
    Ok(Row::repeated(
        view,
        Unit::Nanoseconds,
        times,
        Some(Limit::AtMost(LIMIT)),
    ))
}
