//! Runs the lab as people and the page do, and the small program of its chapter.

use std::process::Command;

#[path = "../../program.rs"]
mod program;

use program::{info, number, run};

/// The program.
const LAB: &str = env!("CARGO_BIN_EXE_patterns");

#[test]
fn it_describes_itself() {
    let info = info(LAB);
    assert_eq!(info.check(), Ok(()));
    let names: Vec<&str> = info.knobs.iter().map(|knob| knob.name.as_str()).collect();
    assert_eq!(
        names,
        ["workers", "pack", "check", "label", "buffer", "orders"]
    );
}

#[test]
fn every_order_comes_out_and_one_packer_keeps_the_order() {
    let run = run(
        LAB,
        "--json --orders 40 --pack 4 --check 1 --label 1 --buffer 3",
    );
    for row in 0..run.report.rows.len() {
        assert!(
            (number(&run, row, "came out") - 40.0).abs() < f64::EPSILON,
            "row {row}"
        );
        assert!(number(&run, row, "most to pack") <= 3.0, "row {row}");
        assert!(number(&run, row, "most to label") <= 3.0, "row {row}");
    }
    assert!(number(&run, 0, "overtaken") < 1.0);
    // The shelf in front of the slow stage is full.
    assert!((number(&run, 0, "most to pack") - 3.0).abs() < f64::EPSILON);
    let lanes: Vec<&str> = run
        .timeline
        .lanes
        .iter()
        .map(|lane| lane.name.as_str())
        .collect();
    for lane in ["check", "packer 1", "label"] {
        assert!(lanes.contains(&lane), "{lanes:?}");
    }
}

#[test]
fn three_at_a_time_do_all_of_it() {
    let output = Command::new(env!("CARGO_BIN_EXE_patterns-tickets"))
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8(output.stdout).expect("text"),
        include_str!("tickets.txt")
    );
}
