//! Runs the lab as people and the page do.

#[path = "../../program.rs"]
mod program;

use program::{info, number, run};

/// The program.
const LAB: &str = env!("CARGO_BIN_EXE_ownership");

#[test]
fn it_describes_itself() {
    let info = info(LAB);
    assert_eq!(info.check(), Ok(()));
    let names: Vec<&str> = info.knobs.iter().map(|knob| knob.name.as_str()).collect();
    assert_eq!(names, ["owner", "orders", "answer", "stuck"]);
}

#[test]
fn what_nobody_owns_is_lost_and_what_somebody_owns_is_known() {
    let run = run(LAB, "--json --orders 20 --answer 10 --stuck 4");
    assert_eq!(run.report.rows.len(), 3);
    for row in 0..3 {
        let sum = ["sent", "given up", "lost"].map(|column| number(&run, row, column));
        assert!(
            (sum.iter().sum::<f64>() - 20.0).abs() < f64::EPSILON,
            "row {row}: {sum:?}"
        );
    }
    // The five that are never answered, at least.
    assert!(number(&run, 0, "lost") >= 5.0);
    for row in [1, 2] {
        assert!(number(&run, row, "lost") < 1.0, "row {row}");
        assert!(number(&run, row, "given up") >= 5.0, "row {row}");
    }
    assert_eq!(run.report.highlight, Some(0));
}

#[test]
fn closing_waits_for_what_it_owns() {
    let run = run(LAB, "--json --owner 1 --orders 20 --answer 60 --stuck 0");
    let sent: Vec<f64> = (0..3).map(|row| number(&run, row, "sent")).collect();
    assert!(
        sent[0] < 20.0,
        "the last letter of those left alone is still under way when the shop closes"
    );
    assert!((sent[1] - 20.0).abs() < f64::EPSILON, "{sent:?}");
    let lanes = run
        .timeline
        .lanes
        .iter()
        .filter(|lane| lane.name.starts_with("letter "))
        .count();
    assert_eq!(lanes, 12);
    let strip = run
        .timeline
        .counters
        .iter()
        .find(|strip| strip.name == "letters under way");
    let last = strip
        .and_then(|strip| strip.points.last())
        .expect("it was counted");
    assert!(last.1.abs() < f64::EPSILON, "{last:?}");
}
