//! What exercises say of their own files, and of a learner's.

use crate::hostile::{check, text};
use crate::room::{exercise, here, state};
use workbook::exercises::check::{Options, Outcome};
use workbook::exercises::prove;

#[tokio::test]
async fn every_exercise_accepts_its_solution_and_refuses_the_others() {
    let faults = prove::prove(&here(), &state(), |_| ()).await;
    let faults = faults.expect("cargo runs");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn a_wrong_solution_is_shown_the_schedule_that_breaks_it() {
    let exercise = exercise("channels/2");
    let checked = check("starter", &Options::default()).await;
    let said = text(&exercise, &checked);
    for expected in [
        "✗ channels/2 Drain after close",
        "✓ what lies on the shelf is packed: ",
        "✗ what was accepted is packed",
        "expected  every order whose `send` returned `Ok` is packed",
        "was accepted and is not packed",
        "step  main",
        "try to receive: empty · channel (line",
        "» order 1 is accepted",
        "The same again: cargo workbook check channels/2 --replay 2:",
    ] {
        assert!(said.contains(expected), "no {expected:?} in\n{said}");
    }
    let Outcome::Failed(_, failed) = &checked.outcome else {
        panic!("{said}")
    };
    let again = Options {
        replay: Some(failed.replay.clone()),
        ..Options::default()
    };
    let again = check("starter", &again).await;
    let Outcome::Failed(_, same) = &again.outcome else {
        panic!("{:?}", again.outcome)
    };
    assert_eq!(
        (&same.observed, same.timeline()),
        (&failed.observed, failed.timeline())
    );
    assert_eq!(same.schedules, 1);
}

#[tokio::test]
async fn errors_of_the_compiler_are_those_of_the_learners_file() {
    let exercise = exercise("channels/2");
    let said = text(&exercise, &check("typo", &Options::default()).await);
    assert!(
        said.contains("no method named `shut`") && said.contains("typo.rs:3:8"),
        "{said}"
    );
    assert!(
        !said.contains("unused") && !said.contains("aborting"),
        "{said}"
    );
    let said = text(&exercise, &check("renamed", &Options::default()).await);
    assert!(
        said.contains("The check can't call your code") && said.contains("close"),
        "{said}"
    );
}
