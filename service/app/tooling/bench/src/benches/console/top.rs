//! `cutaway top` beside `go tool pprof -top`.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use super::start::written;
use super::{Console, build_note};
use crate::benches::{Bench, Found, Skipped};
use crate::context::Context;
use crate::paired::{Arm, alternate};
use crate::record::{Limit, Row, Unit};

pub(crate) const BENCH: Bench = Bench {
    name: "console-top",
    what: "`cutaway top FILE` (A) and `go tool pprof -top FILE` (B) on the same profile, from start to end of the process: \
           the time that passes. Both print the same table, letter for letter.",
    run: |context| Box::pin(run(context)),
};

const SAMPLES: usize = 50_000;
/// How many times as long Go's takes.
const LIMIT: f64 = 10.0;

async fn run(context: &Context) -> anyhow::Result<Found> {
    let console = Console::find(context)?;
    let version = match Command::new("go").arg("version").output() {
        Ok(version) => String::from_utf8_lossy(&version.stdout).trim().to_owned(),
        Err(_) => return Err(Skipped("there is no go here; Debian's is golang-go").into()),
    };
    let scratch = Context::scratch()?;
    let mut notes = vec![version, build_note()];
    let file = written(scratch.path(), SAMPLES, &mut notes)?;
    let file = file.to_str().context("a path that can be written")?;
    let ours = || output(context, &console.program, &["top", file]);
    let theirs = || {
        let arguments = ["tool", "pprof", "-symbolize=none", "-top", "-nodecount=30"];
        output(context, "go".as_ref(), &[&arguments[..], &[file]].concat())
    };
    let (mine, other) = (ours()?.1, theirs()?.1);
    ensure!(table(&mine) == table(&other), "{mine}\nis not\n{other}");
    let pairs = alternate(
        BENCH.name,
        context.times(12),
        |took: &f64| *took,
        async |arm| {
            Ok(match arm {
                Arm::A => ours()?.0,
                Arm::B => theirs()?.0,
            })
        },
    )
    .await?;
    let row = Row::times(
        &format!("time for {SAMPLES} samples"),
        Unit::Nanoseconds,
        pairs,
        Some(Limit::AtLeast(LIMIT)),
    );
    Ok(Found {
        rows: vec![row],
        notes,
    })
}

/// How long a program took, in nanoseconds, and what it printed.
fn output(context: &Context, program: &Path, arguments: &[&str]) -> anyhow::Result<(f64, String)> {
    let mut command = Command::new(program);
    command.args(arguments).env("TZ", "UTC").env("GOFLAGS", "");
    let started = Instant::now();
    let output = context.cores.anywhere(|| command.output())??;
    let took = started.elapsed().as_nanos() as f64;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "{}: {}",
        program.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok((took, printed))
}

/// The table below the profile's head.
fn table(printed: &str) -> Vec<&str> {
    let lines = printed.lines();
    lines
        .skip_while(|line| !line.starts_with("Showing nodes"))
        .collect()
}
