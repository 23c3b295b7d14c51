//! How long it takes until something is on the screen.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::rival::Rival;
use super::targets::{SHOWN, TASKS, Targets, VARIABLES};
use super::{Console, build_note};
use crate::benches::{Bench, Found};
use crate::context::Context;
use crate::record::{Limit, Row, Unit};
use crate::synthetic;
use crate::terminal::{Terminal, Where};

pub(crate) const FIRST_SAMPLE: Bench = Bench {
    name: "console-start",
    what: "From the start of the console's process until the value of a variable of one target nearby is on the terminal \
           of 200×60: the time that passes.",
    run: |context| Box::pin(async move { first_sample(context) }),
};

pub(crate) const PROFILE: Bench = Bench {
    name: "console-profile",
    what: "`cutaway flame FILE` on a terminal of 200×60, from the start of its process until the graph and the table below \
           it are there: the time that passes; the file is read, inflated, decoded and added up in it.",
    run: |context| Box::pin(async move { profile(context) }),
};

/// In nanoseconds.
const SAMPLE_LIMIT: f64 = 50e6;

/// How many samples, how many times, and the limit in nanoseconds.
const FILES: [(usize, usize, f64); 2] = [(50_000, 20, 150e6), (1_000_000, 6, 3e9)];

fn first_sample(context: &Context) -> anyhow::Result<Found> {
    let console = Console::find(context)?;
    let scratch = Context::scratch()?;
    let rival = Rival::find(scratch.path());
    let targets = Targets::start(1)?;
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..context.times(30) {
        let terminal = console.start(context, Where::Anywhere, &[targets.list()])?;
        ours.push(nanos(terminal.shown(SHOWN)?));
        drop(terminal);
        if let Rival::Here(program) = &rival {
            theirs.push(rivals(context, program, &targets)?);
        }
    }
    let mut rows = vec![Row::repeated(
        "first value on the screen",
        Unit::Nanoseconds,
        ours,
        Some(Limit::AtMost(SAMPLE_LIMIT)),
    )];
    let mut notes = vec![build_note()];
    if theirs.is_empty() {
        notes.push(
            "expvarmon cannot be built here; its figure as given, measured earlier on two cores: 6 to 10 ms.".to_owned(),
        );
    } else {
        rows.push(Row::repeated(
            "expvarmon's first value on the screen",
            Unit::Nanoseconds,
            theirs,
            None,
        ));
    }
    Ok(Found { rows, notes })
}

fn rivals(context: &Context, program: &Path, targets: &Targets) -> anyhow::Result<f64> {
    let ports = targets.list();
    let arguments = ["-ports", &ports, "-i", "1s", "-vars", VARIABLES].map(str::to_owned);
    let terminal = Terminal::start(&context.cores, Where::Anywhere, program, &arguments)?;
    Ok(nanos(terminal.shown(TASKS)?))
}

fn profile(context: &Context) -> anyhow::Result<Found> {
    let console = Console::find(context)?;
    let scratch = Context::scratch()?;
    let (mut rows, mut notes) = (Vec::new(), Vec::new());
    for (samples, times, limit) in FILES {
        let file = written(scratch.path(), samples, &mut notes)?;
        let arguments = ["flame".to_owned(), file.display().to_string()];
        let mut took = Vec::new();
        for _ in 0..context.times(times) {
            let terminal = console.start(context, Where::Anywhere, &arguments)?;
            took.push(nanos(terminal.shown("flat%")?));
        }
        rows.push(Row::repeated(
            &format!("{samples} samples on the screen"),
            Unit::Nanoseconds,
            took,
            Some(Limit::AtMost(limit)),
        ));
    }
    notes.push(build_note());
    Ok(Found { rows, notes })
}

/// A profile in a file, and a note on it.
pub(super) fn written(
    folder: &Path,
    samples: usize,
    notes: &mut Vec<String>,
) -> anyhow::Result<PathBuf> {
    let profile = synthetic::profile(samples, 1);
    let file = folder.join(format!("{samples}.pb.gz"));
    let packed = profile.encode_gzip();
    std::fs::write(&file, &packed)?;
    notes.push(format!(
        "{samples} samples over {} locations: {} bytes, {} compressed.",
        profile.locations.len(),
        profile.encode().len(),
        packed.len()
    ));
    Ok(file)
}

fn nanos(time: Duration) -> f64 {
    time.as_nanos() as f64
}
