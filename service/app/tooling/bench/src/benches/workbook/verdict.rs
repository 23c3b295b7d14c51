//! How long a learner waits for a verdict.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::Workbook;
use super::rival::Rival;
use crate::benches::{Bench, Found};
use crate::context::Context;
use crate::record::{Limit, Row, Unit};

pub(crate) const BENCH: Bench = Bench {
    name: "workbook-verdict",
    what: "From the moment a learner's file is saved until `workbook watch` has printed its verdict, with everything but the \
           exercise built: it is compiled, and explored over its schedules. Each time the file is another one.",
    run: |context| Box::pin(async move { run(context) }),
};

/// The exercises that are saved, and their folders.
const EXERCISES: [(&str, &str); 3] = [
    ("channels/1", "channels/1-rendezvous"),
    ("channels/2", "channels/2-drain"),
    ("channels/3", "channels/3-closing"),
];
/// In nanoseconds.
const LIMIT: f64 = 1e9;
/// When waiting for a verdict ends.
const PATIENCE: Duration = Duration::from_mins(2);

fn run(context: &Context) -> anyhow::Result<Found> {
    let workbook = Workbook::find(context)?;
    let mut rows = Vec::new();
    for (index, (name, _)) in EXERCISES.iter().enumerate() {
        let started = Instant::now();
        let mut command = workbook.command(&["start", name]);
        let child = context
            .cores
            .spawn_anywhere(command.stdout(Stdio::null()).stderr(Stdio::piped()))?;
        let output = child.wait_with_output()?;
        anyhow::ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        if index == 0 {
            rows.push(Row::counted(
                "the first exercise started: its dependencies compiled",
                Unit::Nanoseconds,
                started.elapsed().as_nanos() as f64,
                None,
            ));
        }
    }
    for (name, folder) in EXERCISES {
        let starter = fs::read_to_string(file(&workbook, folder))?;
        for (what, text, right) in [
            ("a solution", solution(&workbook, folder)?, true),
            ("the starter, and what is wrong with it", starter, false),
        ] {
            let took = saved(context, &workbook, (name, folder), &text, right)?;
            rows.push(Row::repeated(
                &format!("save to verdict, {name}, {what}"),
                Unit::Nanoseconds,
                took,
                Some(Limit::AtMost(LIMIT)),
            ));
        }
    }
    let rival = Rival::find();
    let mut notes = vec![
        "rustlings, as given in the product's description, not measured: 0.8 to 1.1 s from saving a single file to its verdict."
            .to_owned(),
        rival.note(),
    ];
    if let Rival::Here { program, .. } = &rival {
        let name = EXERCISES[2];
        let pairs = super::rival::pairs(context, &workbook, program, name)?;
        rows.push(Row::times(
            "the same without watching: `rustlings run intro1` (A), `workbook check channels/3` (B)",
            Unit::Nanoseconds,
            pairs,
            None,
        ));
    }
    notes.push(super::super::console::build_note());
    Ok(Found { rows, notes })
}

/// Saves a text again and again, changed each time, under `workbook watch`.
fn saved(
    context: &Context,
    workbook: &Workbook,
    (name, folder): (&str, &str),
    text: &str,
    right: bool,
) -> anyhow::Result<Vec<f64>> {
    let file = file(workbook, folder);
    let mut watch = Watch::start(context, workbook, name)?;
    let mut took = Vec::new();
    // The first one builds what its change of text needs.
    for turn in 0..=context.times(12) {
        let started = Instant::now();
        fs::write(&file, format!("{text}\n// {turn}\n"))?;
        let passed = watch.verdict(name)?;
        anyhow::ensure!(passed == right, "{name}: the verdict is wrong");
        if turn > 0 {
            took.push(started.elapsed().as_nanos() as f64);
        }
    }
    Ok(took)
}

/// An exercise's solution, without the marks that make the starter of it.
pub(super) fn solution(workbook: &Workbook, folder: &str) -> anyhow::Result<String> {
    let file = workbook
        .root()
        .join(format!("labs/gym/exercises/{folder}/solution.rs"));
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let is_mark =
        |line: &&str| line.trim_start().starts_with("//:") || line.trim_start().starts_with("//|");
    Ok(text
        .lines()
        .filter(|line| !is_mark(line))
        .fold(String::new(), |text, line| text + line + "\n"))
}

/// `workbook watch`, running. Ended when dropped.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(context: &Context, workbook: &Workbook, name: &str) -> anyhow::Result<Watch> {
        let mut command = workbook.command(&["watch", name]);
        let mut child = context
            .cores
            .spawn_anywhere(command.stdout(Stdio::piped()).stderr(Stdio::null()))?;
        let out = child.stdout.take().context("its stdout is a pipe")?;
        let mut watch = Watch {
            child,
            lines: follow(out),
        };
        watch.line(|line| line.starts_with("Watching"))?;
        Ok(watch)
    }

    /// Waits for the next verdict on `name`; whether it has passed.
    fn verdict(&mut self, name: &str) -> anyhow::Result<bool> {
        let line = self.line(|line| line.starts_with(['✓', '✗']) && line.contains(name))?;
        Ok(line.starts_with('✓'))
    }

    fn line(&mut self, wanted: impl Fn(&str) -> bool) -> anyhow::Result<String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self
                .lines
                .recv_timeout(left)
                .context("`workbook watch` says nothing")?;
            if wanted(&line) {
                return Ok(line);
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn follow(out: ChildStdout) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// The learner's file of an exercise.
pub(super) fn file(workbook: &Workbook, folder: &str) -> PathBuf {
    workbook.root().join(format!("exercises/{folder}.rs"))
}
