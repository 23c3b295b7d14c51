//! Runs the lab and the chapter's listings as readers do.

mod refused;

use std::path::Path;
use std::process::{Command, Output};

use lab_format::{Cell, LabInfo, LaneKind, Run, Span, SpanKind};

fn lab(arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tasks"));
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

fn number(run: &Run, row: usize, column: &str) -> Option<f64> {
    run.report.cell(row, column).and_then(Cell::number)
}

fn rows(run: &Run) -> Vec<String> {
    let names = 0..run.report.rows.len();
    names.map(|row| run.report.text(row, 0)).collect()
}

/// The spans of the lanes of a kind.
fn of(run: &Run, kind: LaneKind) -> impl Iterator<Item = &Span> {
    let is = move |span: &&Span| {
        run.timeline
            .lane(span.lane)
            .is_some_and(|lane| lane.kind == kind)
    };
    run.timeline.spans.iter().filter(is)
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
        ("tasks", 100_000),
        ("workers", 2),
        ("blocking", 1),
        ("work", 500),
    ];
    assert_eq!((&*info.name, knobs), ("tasks", expected.to_vec()));
    let help = String::from_utf8(lab("--help").stdout).expect("text");
    assert!(
        info.knobs
            .iter()
            .all(|knob| help.contains(&format!("--{} <", knob.name))),
        "{help}"
    );
}

#[test]
fn tasks_and_threads_are_counted_and_weighed() {
    let run = run("--json --tasks 2000 --work 50");
    assert_eq!(
        rows(&run),
        [
            "a task",
            "a thread",
            "no call",
            "1 call",
            "2 calls",
            "2 calls in the pool"
        ]
    );
    assert_eq!(run.report.highlight, Some(3));
    for (row, most) in [(0, 2_000.0), (1, 2_000.0)] {
        let many = number(&run, row, "how many").expect("counted");
        assert!((1.0..=most).contains(&many), "{many}");
        assert!(number(&run, row, "start") > Some(0.0));
    }
    if cfg!(target_os = "linux") {
        let each = |row, column| number(&run, row, column).expect("Linux tells");
        // A thread has at least a page of stack and the kernel's own stack for it.
        assert!(each(1, "memory") >= 4096.0 && each(1, "memory") > each(0, "memory"));
        assert!(each(1, "in the kernel") >= 4096.0);
        assert!(each(1, "switch, one core") > 0.0);
    }
    assert!(number(&run, 0, "switch, one core") > Some(0.0));
}

#[test]
fn while_a_call_blocks_its_worker_runs_nothing_else() {
    let run = run("--json --tasks 1000 --workers 2 --blocking 2 --work 50");
    let blocked: Vec<&Span> = of(&run, LaneKind::Task)
        .filter(|span| span.kind == SpanKind::Blocked)
        .collect();
    assert_eq!(blocked.len(), 2);
    for call in blocked {
        let name = &run.timeline.lane(call.lane).expect("known").name;
        // The worker's span covers the call: it has polled the lookup, and nobody else, all the while.
        let covers = |span: &&Span| {
            span.label == *name && span.start_ns <= call.start_ns && call.end_ns <= span.end_ns
        };
        assert_eq!(
            of(&run, LaneKind::Worker).filter(covers).count(),
            1,
            "{name}"
        );
        assert!(call.duration() >= 20_000_000, "it sleeps for 20 ms");
    }
}

#[test]
fn there_are_as_many_workers_as_wanted_and_each_does_one_thing_at_a_time() {
    let run = run("--json --tasks 1000 --workers 3 --blocking 1 --work 200");
    let workers = run
        .timeline
        .lanes
        .iter()
        .filter(|lane| lane.kind == LaneKind::Worker);
    let workers: Vec<_> = workers.map(|lane| lane.id).collect();
    assert!((1..=3).contains(&workers.len()), "{workers:?}");
    for worker in workers {
        let mut polls: Vec<&Span> = of(&run, LaneKind::Worker)
            .filter(|span| span.lane == worker)
            .collect();
        polls.sort_by_key(|span| span.start_ns);
        assert!(
            polls.windows(2).all(|two| two[0].end_ns <= two[1].start_ns),
            "one at a time"
        );
    }
    for row in 2..run.report.rows.len() {
        let moved = number(&run, row, "moved").expect("counted");
        assert!(
            moved <= 12.0 + 3.0,
            "there are 12 parcels and at most 3 lookups: {moved}"
        );
        assert!(number(&run, row, "all done") > Some(0.0));
    }
}

#[test]
fn one_worker_has_nobody_to_steal_from() {
    let run = run("--json --tasks 1000 --workers 1 --blocking 1 --work 50");
    assert_eq!(rows(&run)[2..], ["no call", "1 call", "1 call in the pool"]);
    for row in 2..5 {
        assert_eq!(number(&run, row, "moved"), Some(0.0));
    }
    // Nothing else has a turn during the call, so a ring has to wait for its end.
    assert!(number(&run, 3, "bell waited") > Some(0.0));
}

#[test]
fn people_get_a_picture_and_a_table() {
    let output = lab("--tasks 1000 --work 50");
    let text = String::from_utf8(output.stdout).expect("text");
    for part in [
        "worker 1",
        "lookup 1",
        "parcel 12",
        "× blocked",
        "a thread",
        "bell waited",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let progress = String::from_utf8(output.stderr).expect("text");
    assert!(
        progress.starts_with("starting and keeping 1000 tasks\n"),
        "{progress}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn where_threads_are_refused_it_says_so() {
    let limited = format!(
        "ulimit -v 2000000; exec {} --tasks 10000 --work 50",
        env!("CARGO_BIN_EXE_tasks")
    );
    let output = Command::new("sh")
        .args(["-c", &limited])
        .env("COLUMNS", "200")
        .output();
    let output = output.expect("there is a shell");
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("This program had to do with "),
        "{text}{said}"
    );
}

#[test]
fn the_listings_print_what_the_chapters_say() {
    let all = [
        (
            env!("CARGO_BIN_EXE_tasks-blocking"),
            "lookup: begins\nlookup: order 7\nbell: somebody goes to the door\n",
        ),
        (
            env!("CARGO_BIN_EXE_tasks-pool"),
            "lookup: begins\nbell: somebody goes to the door\nlookup: order 7\n",
        ),
        (
            env!("CARGO_BIN_EXE_tasks-slot"),
            "packer: has also swept the floor\ncourier: goes\non the same worker: true\n",
        ),
        (
            env!("CARGO_BIN_EXE_tasks-sizes"),
            "small: 24 bytes\nkeeps a page: 4120 bytes\nlets go of it: 24 bytes\nkeeps it elsewhere: 16 bytes\n",
        ),
        (
            env!("CARGO_BIN_EXE_tasks-budget"),
            "packed when somebody went to the door: 128\n",
        ),
        (
            env!("CARGO_BIN_EXE_tasks-lazy"),
            "called\nreceipt of order 7 is sent\nawaited\n",
        ),
        (
            env!("CARGO_BIN_EXE_tasks-poll"),
            "clerk: listens\nPending\nwaker: poll it again\nclerk: good morning, Ada\nReady(())\n",
        ),
        (env!("CARGO_BIN_EXE_tasks-machine"), "order 7, order 8\n"),
        (
            env!("CARGO_BIN_EXE_tasks-join"),
            "one after the other\n  tea: begins\n  tea: here\n  cup: begins\n  cup: here\n\
             join: both, in this task\n  tea: begins\n  cup: begins\n  cup: here\n  tea: here\n\
             spawn: a task of its own\n  cup: begins\n  tea: begins\n  cup: here\n  tea: here\n\
             select: whichever is first\n  tea: begins\n  cup: begins\n  cup: here\n  tea: given up\n",
        ),
        (
            env!("CARGO_BIN_EXE_tasks-news"),
            "broadcast: missed 1\nbroadcast: 3\nbroadcast: 4\nwatch: 4\n",
        ),
        (env!("CARGO_BIN_EXE_tasks-pin"), "still waiting\norder 7\n"),
    ];
    for (program, expected) in all {
        let output = Command::new(program).output().expect("it starts");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            expected,
            "{program}"
        );
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
