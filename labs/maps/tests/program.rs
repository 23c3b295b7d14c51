//! Runs the lab as readers do.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lab_format::{Cell, LabInfo, Run, SpanKind};

fn output(arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_maps"))
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
    assert_eq!(names, ["impl", "threads", "reads", "keys", "hot", "work"]);
}

#[test]
fn every_map_is_measured_and_the_readers_own_is_pointed_at() {
    let run = run("--impl 3 --threads 3 --work 5");
    assert_eq!(
        names(&run),
        ["mutex", "rwlock", "shards, packed", "shards", "dashmap"]
    );
    assert_eq!(run.report.highlight, Some(3));
    for row in 0..run.report.rows.len() {
        let of = |column| run.report.cell(row, column).and_then(Cell::number);
        assert!(of("p99") <= of("max"));
    }
}

#[test]
fn under_one_lock_only_one_holds_it() {
    let run = run("--impl 0 --threads 3 --reads 0");
    let mut held: Vec<_> = run
        .timeline
        .spans
        .iter()
        .filter(|span| span.kind == SpanKind::Holding)
        .map(|span| (span.start_ns, span.end_ns))
        .collect();
    held.sort_unstable();
    assert_eq!(held.len(), 3 * 40, "40 operations of each thread");
    for pair in held.windows(2) {
        assert!(pair[0].1 <= pair[1].0, "{pair:?}");
    }
}

#[test]
fn the_locks_inside_dashmap_are_not_drawn() {
    let run = run("--impl 4 --threads 2");
    assert!(
        run.timeline
            .spans
            .iter()
            .all(|span| span.kind != SpanKind::Holding)
    );
    assert!(run.report.notes.join(" ").contains("No picture"));
}

#[test]
fn one_product_is_enough() {
    let run = run("--keys 1 --hot 100 --impl 1");
    assert_eq!(run.knobs["keys"], 1);
    names(&run);
}

#[test]
fn whatever_the_map_the_supplier_is_asked_once() {
    let output = Command::new(env!("CARGO_BIN_EXE_maps-entry")).output();
    let printed = String::from_utf8(output.expect("it runs").stdout).expect("text");
    assert_eq!(
        printed,
        "one lock: asked 1×\nread, then write: asked 1×\nsharded: asked 1×\n"
    );
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
