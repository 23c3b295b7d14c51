//! Runs the lab as people and the page do, and the small programs of its chapter.

use std::process::Command;

use lab_format::Run;

#[path = "../../program.rs"]
mod program;

use program::{info, number, run};

/// The program.
const LAB: &str = env!("CARGO_BIN_EXE_cancellation");

fn answers(run: &Run) -> Vec<String> {
    let column = run
        .report
        .columns
        .iter()
        .position(|column| column.name == "answer");
    (0..3)
        .map(|row| run.report.text(row, column.expect("there is one")))
        .collect()
}

#[track_caller]
fn check_program(program: &str, printed: &str) {
    let output = Command::new(program).output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).expect("text"), printed);
}

#[test]
fn it_describes_itself() {
    let info = info(LAB);
    assert_eq!(info.check(), Ok(()));
    let names: Vec<&str> = info.knobs.iter().map(|knob| knob.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "deadline",
            "budget",
            "auth",
            "lookup",
            "items",
            "store",
            "disconnect"
        ]
    );
}

#[test]
fn a_deadline_that_is_handed_down_ends_what_was_started() {
    let run = run(
        LAB,
        "--json --budget 300 --auth 0 --lookup 3000 --items 20 --store 0",
    );
    assert_eq!(
        answers(&run),
        ["201 created", "504 out of time", "504 out of time"]
    );
    // Twenty tasks that go on for more than two seconds each, and none that does.
    assert!(number(&run, 1, "work after that") > 20.0 * 2e9);
    assert!(
        number(&run, 2, "until the last task ended")
            < number(&run, 1, "until the last task ended") / 2.0
    );
    let lanes = run
        .timeline
        .lanes
        .iter()
        .filter(|lane| lane.name.starts_with("stock "))
        .count();
    assert_eq!(lanes, 20);
}

#[test]
fn a_client_that_leaves_ends_the_request_and_with_a_guard_its_tasks() {
    let run = run(LAB, "--json --disconnect 100 --auth 2000");
    assert_eq!(answers(&run), ["nobody waits"; 3]);
    assert!(number(&run, 1, "until the last task ended") > 1e9);
    assert!(number(&run, 2, "until the last task ended") < 1e9);
}

#[test]
fn a_value_of_a_task_is_not_inherited() {
    check_program(
        env!("CARGO_BIN_EXE_cancellation-values"),
        "request 7: placed\nrequest ?: letter sent\nrequest 7: letter sent again\n",
    );
}

#[test]
fn what_was_read_within_a_future_goes_with_it() {
    check_program(
        env!("CARGO_BIN_EXE_cancellation-safety"),
        include_str!("safety.txt"),
    );
}
