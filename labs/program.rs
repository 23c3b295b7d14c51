//! A lab as a program, for the labs' tests: each takes this file in as a module.
#![allow(dead_code, reason = "shared by tests that each use a part")]

use std::process::{Command, Output};

use lab_format::{Cell, LabInfo, Run};

/// Runs the lab whose program is `lab`.
pub(crate) fn output(lab: &str, arguments: &str) -> Output {
    let mut lab = Command::new(lab);
    let lab = lab.args(arguments.split_whitespace());
    lab.output().expect("the lab starts")
}

/// What it answers with `--json`.
pub(crate) fn run(lab: &str, arguments: &str) -> Run {
    let output = output(lab, arguments);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let run: Run = serde_json::from_slice(&output.stdout).expect("one document of the run");
    run.timeline.check().expect("well formed");
    run
}

/// What it says of itself.
pub(crate) fn info(lab: &str) -> LabInfo {
    let output = output(lab, "--describe json");
    serde_json::from_slice(&output.stdout).expect("the lab describes itself")
}

/// A number of its table.
pub(crate) fn number(run: &Run, row: usize, column: &str) -> f64 {
    let cell = run.report.cell(row, column).and_then(Cell::number);
    cell.unwrap_or_else(|| panic!("no {column} in row {row}"))
}
