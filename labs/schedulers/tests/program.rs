//! Runs the lab as readers do.

use std::path::Path;
use std::process::{Command, Output};

use lab_format::{Cell, LabInfo, LaneKind, Run, Span};

fn lab(arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_schedulers"));
    let command = command.args(arguments.split_whitespace());
    command
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .output()
        .expect("the lab starts")
}

fn run(arguments: &str) -> Run {
    let output = lab(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let run: Run = serde_json::from_slice(&output.stdout).expect("one document of the run");
    run.timeline.check().expect("well formed");
    run
}

fn info() -> LabInfo {
    serde_json::from_slice(&lab("--describe json").stdout).expect("the lab describes itself")
}

fn rows(run: &Run) -> Vec<String> {
    (0..run.report.rows.len())
        .map(|row| run.report.text(row, 0))
        .collect()
}

/// The polls of the tasks whose names begin so, as the workers' lanes show them.
fn polls<'a>(run: &'a Run, name: &'a str) -> impl Iterator<Item = &'a Span> {
    let worker = |span: &&Span| {
        run.timeline
            .lane(span.lane)
            .is_some_and(|lane| lane.kind == LaneKind::Worker)
    };
    run.timeline
        .spans
        .iter()
        .filter(worker)
        .filter(move |span| span.label.starts_with(name))
}

#[test]
fn it_describes_itself() {
    let info = info();
    assert_eq!(info.check(), Ok(()));
    let knobs: Vec<_> = info
        .knobs
        .iter()
        .map(|knob| (&*knob.name, knob.default))
        .collect();
    let expected = [
        ("workers", 2),
        ("stock", 2),
        ("slice", 0),
        ("requests", 400),
    ];
    assert_eq!((&*info.name, knobs), ("schedulers", expected.to_vec()));
}

#[test]
fn without_an_await_a_stocktaking_is_one_poll_and_nothing_runs_beside_it() {
    let run = run("--json --workers 1 --stock 1 --slice 0 --requests 200");
    assert_eq!(
        rows(&run),
        [
            "no stocktaking",
            "1 worker",
            "2 workers",
            "4 workers",
            "with awaits",
            "in the pool"
        ]
    );
    assert_eq!(run.report.highlight, Some(1));
    let long = polls(&run, "stock")
        .max_by_key(|span| span.duration())
        .expect("it ran");
    let sum: u64 = polls(&run, "stock").map(Span::duration).sum();
    assert!(
        long.duration() * 10 >= sum * 9,
        "one poll is nearly all of it"
    );
    let beside = polls(&run, "desk")
        .filter(|span| long.start_ns < span.start_ns && span.end_ns < long.end_ns);
    assert_eq!(beside.count(), 0, "one worker does one thing at a time");
}

#[test]
fn with_awaits_others_run_between_the_slices() {
    let run = run("--json --workers 1 --stock 1 --slice 500 --requests 500");
    assert!(
        polls(&run, "stock").count() >= 100,
        "50 ms in slices of 500 µs"
    );
    let (first, last) = (
        polls(&run, "stock")
            .map(|span| span.start_ns)
            .min()
            .expect("it ran"),
        polls(&run, "stock")
            .map(|span| span.end_ns)
            .max()
            .expect("it ran"),
    );
    let between = polls(&run, "desk").filter(|span| first < span.start_ns && span.end_ns < last);
    assert!(
        between.count() > 0,
        "desks have turns before the stock is taken"
    );
}

#[test]
fn every_question_is_answered() {
    let run = run("--json --workers 3 --stock 1 --requests 300");
    assert_eq!(
        rows(&run)[1..5],
        ["1 worker", "2 workers", "3 workers", "4 workers"]
    );
    for row in 0..run.report.rows.len() {
        let number = |column| {
            run.report
                .cell(row, column)
                .and_then(Cell::number)
                .expect("measured")
        };
        assert!(number("questions") >= 4.0, "each day has one at least");
        assert!(number("queue p50") <= number("queue p99"));
        assert!(number("answer p50") <= number("answer p99"));
        assert!(number("queue p50") <= number("answer p50"));
        assert!(
            number("answer p50") >= 2e6,
            "the warehouse alone takes 2 ms"
        );
    }
}

#[test]
fn people_get_a_picture_and_a_table() {
    let output = lab("--requests 100");
    let text = String::from_utf8(output.stdout).expect("text");
    for part in [
        "worker 1",
        "desk 4",
        "stock 2",
        "questions queued",
        "in the pool",
        "preempted",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn the_committed_figures_are_of_todays_knobs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("figures");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("committed");
    let knobs: LabInfo = serde_json::from_str(&read("knobs.json")).expect("a description");
    assert_eq!(knobs, info());
    for figure in info().figures {
        let name = figure.name;
        let run: Run = serde_json::from_str(&read(&format!("{name}.json"))).expect("a run");
        run.timeline.check().expect("well formed");
        assert_eq!(
            info().resolve(&run.knobs),
            Ok(run.knobs),
            "{name}: record it again"
        );
        assert!(
            read(&format!("{name}.svg")).contains(lab_format::draw::STYLE),
            "{name}"
        );
    }
}
