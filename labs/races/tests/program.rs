//! Runs the lab, its steps and its refused listings as readers do.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lab_format::{Cell, LabInfo, Run};

fn output(arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_races"))
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

fn number(run: &Run, row: &str, column: &str) -> u64 {
    let row = (0..run.report.rows.len()).find(|index| run.report.text(*index, 0) == row);
    let cell = run.report.cell(row.expect("that row"), column);
    cell.and_then(Cell::number).expect("a number") as u64
}

fn labels(run: &Run) -> Vec<&str> {
    let marks = run.timeline.marks.iter();
    marks.map(|mark| mark.label.as_str()).collect()
}

#[test]
fn it_describes_itself() {
    let info = info();
    assert_eq!(info.check(), Ok(()));
    let names: Vec<&str> = info.knobs.iter().map(|knob| knob.name.as_str()).collect();
    assert_eq!(names, ["buyers", "stock", "locks", "pause", "runs"]);
    let help = String::from_utf8(output("--help").stdout).expect("text");
    for name in names {
        assert!(help.contains(&format!("--{name} <")), "{name}: {help}");
    }
}

#[test]
fn the_order_that_sells_the_last_piece_twice_is_found_and_drawn() {
    let run = run("--buyers 2 --stock 1 --runs 100");
    // Two steps each make six orders; two of them let one buyer finish before the other looks.
    assert_eq!(number(&run, "2 locks, pause between", "orders"), 6);
    assert_eq!(number(&run, "2 locks, pause between", "fail"), 4);
    assert_eq!(
        labels(&run),
        ["sees 1", "sees 1", "takes one", "takes one"],
        "both see the last piece before either takes it"
    );
    let note = &run.report.notes[0];
    assert!(note.contains("2 sold, and there was 1"), "{note}");
}

#[test]
fn where_the_pause_is_changes_no_order() {
    let run = run("--buyers 3 --stock 1 --runs 100");
    let of = |row, column| number(&run, row, column);
    for row in [
        "2 locks, no pause",
        "2 locks, pause before",
        "2 locks, pause after",
    ] {
        for column in ["orders", "fail"] {
            assert_eq!(
                of(row, column),
                of("2 locks, pause between", column),
                "{row}"
            );
        }
    }
    assert!(of("2 locks, no pause", "fail") > 0);
}

#[test]
fn under_one_lock_nothing_fails_in_any_order_and_in_any_run() {
    let run = run("--buyers 4 --stock 2 --locks 1 --runs 200");
    assert_eq!(run.report.highlight, Some(4));
    assert_eq!(number(&run, "1 lock, pause between", "oversold"), 0);
    assert_eq!(number(&run, "1 lock, pause between", "most sold"), 2);
    assert_eq!(number(&run, "1 lock, pause between", "fail"), 0);
    assert!(number(&run, "1 lock, pause between", "orders") > 1);
}

#[test]
fn with_a_pause_between_real_runs_oversell_too() {
    let run = run("--buyers 6 --stock 1 --runs 1000");
    assert!(number(&run, "2 locks, pause between", "oversold") > 0);
    assert!(number(&run, "2 locks, pause between", "most sold") > 1);
}

#[test]
fn with_enough_for_everybody_there_is_nothing_to_race_for() {
    let run = run("--buyers 3 --stock 3 --runs 100");
    for row in 0..run.report.rows.len() {
        for column in ["oversold", "fail"] {
            let cell = run.report.cell(row, column).and_then(Cell::number);
            assert_eq!(cell, Some(0.0), "{column} of row {row}");
        }
    }
    assert!(run.report.notes[0].contains("None fails"));
}

#[test]
fn people_get_the_order_as_a_picture_and_a_table() {
    let text = String::from_utf8(output("--buyers 2 --runs 100").stdout).expect("text");
    for part in ["buyer 2", "takes one", "▶ 2 locks, pause between", "fail"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{text}");
}

#[test]
fn a_wrong_knob_is_refused() {
    let output = output("--buyers 1");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.starts_with("error: --buyers 1 is out of range"),
        "{said}"
    );
}

#[test]
fn updates_are_lost_between_a_load_and_a_store() {
    let output = Command::new(env!("CARGO_BIN_EXE_races-lost-update")).output();
    let text = String::from_utf8(output.expect("it runs").stdout).expect("text");
    let [lost, kept] = text.lines().collect::<Vec<_>>()[..] else {
        panic!("two lines: {text}")
    };
    let counted = lost
        .strip_prefix("load, then store: ")
        .and_then(|rest| rest.split_once(" of "));
    let (counted, all) = counted.expect("how many of how many");
    assert_eq!(all, "40000000");
    // How many are lost is luck; more than were counted cannot be.
    assert!((1..=40_000_000).contains(&counted.parse::<u64>().expect("a number")));
    assert_eq!(kept, "fetch_add: 40000000 of 40000000");
}

#[test]
fn the_page_shows_what_the_lock_order_step_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_races-lock-order")).output();
    let printed = String::from_utf8(output.expect("it runs").stdout).expect("text");
    same_as_committed("src/bin/races-lock-order.txt", &printed);
}

#[test]
fn the_compiler_refuses_what_the_page_says_it_refuses() {
    for name in ["data-race", "guard-across-await"] {
        // In the folder of the file, so that the message names it as the page does.
        let result = Command::new("rustc")
            .current_dir(folder().join("refused"))
            .args([
                "--edition=2024",
                "--crate-type=bin",
                "--emit=metadata",
                "--color=never",
                "-o",
            ])
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.rmeta")))
            .arg(format!("{name}.rs"))
            .output()
            .expect("the compiler starts");
        assert!(!result.status.success(), "{name} compiles");
        let said = String::from_utf8(result.stderr).expect("text");
        same_as_committed(&format!("refused/{name}.txt"), first_error(&said));
    }
}

/// The first message, without the notes about the standard library's own source, whose place is the toolchain's.
fn first_error(said: &str) -> &str {
    let end = said
        .find("\nnote: required")
        .or_else(|| said.find("\nnote: requirement"));
    let end = end.or_else(|| said.find("\nerror: aborting"));
    said[..end.unwrap_or(said.len())].trim_end_matches([' ', '|', '\n'])
}

/// `UPDATE=1` writes what is printed now in place of what is committed.
fn same_as_committed(file: &str, printed: &str) {
    let path = folder().join(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{}\n", printed.trim_end())).expect("written");
    }
    let committed = std::fs::read_to_string(&path).expect("committed");
    assert_eq!(committed.trim_end(), printed.trim_end(), "{file}");
}

#[test]
fn the_committed_figures_are_of_todays_knobs() {
    let knobs = std::fs::read_to_string(folder().join("figures/knobs.json")).expect("committed");
    assert_eq!(
        serde_json::from_str::<LabInfo>(&knobs).expect("a description"),
        info()
    );
    for figure in info().figures {
        let name = figure.name;
        let file = folder().join(format!("figures/{name}.json"));
        let run: Run = serde_json::from_str(&std::fs::read_to_string(file).expect("committed"))
            .expect("a run");
        run.timeline.check().expect("well formed");
        assert_eq!(
            info().resolve(&figure.knobs),
            Ok(run.knobs),
            "{name}: make it again"
        );
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
