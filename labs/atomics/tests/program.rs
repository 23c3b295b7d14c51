//! Runs the lab and its step as readers do.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lab_format::{Cell, LabInfo, Run};

fn output(arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_atomics"))
        .args(arguments.split_whitespace())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "80")
        .output()
        .expect("the lab starts")
}

fn run(arguments: &str) -> Run {
    let output = output(&format!("--json {arguments}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let run: Run = serde_json::from_slice(&output.stdout).expect("one document of the run");
    run.timeline.check().expect("well formed");
    run
}

fn info() -> LabInfo {
    serde_json::from_slice(&output("--describe json").stdout).expect("the lab describes itself")
}

/// Every cell but the first of each row is a positive number.
fn names(run: &Run) -> Vec<String> {
    let rows = &run.report.rows;
    for row in rows {
        for cell in &row[1..] {
            assert!(cell.number() > Some(0.0), "{row:?}");
        }
    }
    (0..rows.len()).map(|row| run.report.text(row, 0)).collect()
}

#[test]
fn it_describes_itself() {
    let info = info();
    assert_eq!(info.check(), Ok(()));
    let names: Vec<&str> = info.knobs.iter().map(|knob| knob.name.as_str()).collect();
    assert_eq!(names, ["threads", "other"]);
}

#[test]
fn every_counter_is_measured_and_none_loses_a_count() {
    // The lab itself compares what was added with what was counted, and fails if they differ.
    let run = run("--threads 3");
    let kinds = [
        "mutex",
        "cas loop",
        "one atomic",
        "sharded, packed",
        "sharded, padded",
    ];
    assert_eq!(names(&run), kinds);
    assert_eq!(run.timeline.spans.len(), kinds.len(), "a bar for each");
}

#[test]
fn other_work_is_part_of_what_an_addition_takes() {
    let run = run("--other 1000 --threads 1");
    for row in 0..run.report.rows.len() {
        let alone = run.report.cell(row, "alone").and_then(Cell::number);
        // As much work as an undisturbed processor does in that time: it can take longer, but hardly less.
        assert!(alone > Some(500.0), "{alone:?}");
    }
}

#[test]
fn more_threads_than_processors_are_said_to_share_them() {
    let notes = run("--threads 16").report.notes.join(" ");
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    assert_eq!(
        notes.contains("16 threads share"),
        processors < 16,
        "{notes}"
    );
}

#[test]
fn what_is_published_is_seen() {
    let output = Command::new(env!("CARGO_BIN_EXE_atomics-publish")).output();
    assert_eq!(output.expect("it runs").stdout, b"the price is 42\n");
}

#[test]
fn a_wrong_knob_is_refused() {
    let output = output("--threads 17");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.starts_with("error: --threads 17 is out of range"),
        "{said}"
    );
}

#[test]
fn the_committed_figures_are_of_todays_knobs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("figures");
    let text = |name: PathBuf| std::fs::read_to_string(folder.join(name)).expect("committed");
    let knobs: LabInfo = serde_json::from_str(&text("knobs.json".into())).expect("a description");
    assert_eq!(knobs, info());
    for figure in info().figures {
        let name = figure.name;
        let run: Run = serde_json::from_str(&text(format!("{name}.json").into())).expect("a run");
        run.timeline.check().expect("well formed");
        let notes = run.report.notes.join(" ");
        assert!(!notes.contains("too busy"), "{name}: {notes}");
        assert_eq!(
            info().resolve(&figure.knobs),
            Ok(run.knobs),
            "{name}: make it again"
        );
    }
}
