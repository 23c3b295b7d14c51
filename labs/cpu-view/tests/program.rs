//! Runs the lab as people and the page do.

use std::process::Command;

use lab_format::{Cell, LabInfo, Run};

fn output(arguments: &str) -> Vec<u8> {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_cpu-view"));
    let output = lab
        .args(arguments.split_whitespace())
        .output()
        .expect("the lab starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

#[test]
fn it_describes_itself() {
    let info: LabInfo =
        serde_json::from_slice(&output("--describe json")).expect("it describes itself");
    assert_eq!(info.check(), Ok(()));
}

#[test]
fn std_rounds_down_and_this_project_up() {
    let run: Run =
        serde_json::from_slice(&output("--json --quota 120")).expect("one document of the run");
    if run.report.rows.is_empty() {
        assert!(
            run.report.notes[0].contains("no real quota"),
            "{:?}",
            run.report.notes
        );
        return;
    }
    let cpus = cpulimit::Sources::system().read().affinity.unwrap_or(1) as f64;
    for row in 0..run.report.rows.len() {
        let number = |column: &str| {
            run.report
                .cell(row, column)
                .and_then(Cell::number)
                .expect("a number")
        };
        let allowed = number("CPUs");
        // A limit further up may be tighter.
        assert!(
            number("std") <= allowed.floor().clamp(1.0, cpus),
            "row {row}"
        );
        assert!(
            number("sales-api workers") <= allowed.ceil().min(cpus),
            "row {row}"
        );
        assert!(number("std") <= number("sales-api workers"), "row {row}");
    }
}
