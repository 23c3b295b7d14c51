//! Runs the lab as people and the page do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cpulimit::Sources;
use lab_format::{LaneKind, SpanKind};

#[path = "../../program.rs"]
mod program;

use program::{info, number, output, run};

/// The program.
const LAB: &str = env!("CARGO_BIN_EXE_cpu-limits");

/// A group that is still there after this long stays.
const PATIENCE: Duration = Duration::from_mins(1);

fn lab(arguments: &str) -> Command {
    let mut command = Command::new(LAB);
    command.args(arguments.split_whitespace());
    command
}

/// The groups that a lab of this process id has made and not removed.
fn groups(process: u32) -> Vec<PathBuf> {
    let levels = Sources::system().read().cpu.map(|cpu| cpu.levels);
    let folders = levels.into_iter().flatten().map(|level| level.dir);
    folders
        .flat_map(|folder| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries
                .map(|entry| entry.path())
                .filter(move |path| path.ends_with(format!("cutaway-lab-{process}")))
        })
        .collect()
}

#[test]
fn it_describes_itself() {
    let info = info(LAB);
    assert_eq!(info.check(), Ok(()));
    let names: Vec<&str> = info.knobs.iter().map(|knob| knob.name.as_str()).collect();
    assert_eq!(names, ["quota", "workers", "work", "burst", "model"]);
}

#[test]
fn the_model_shows_that_workers_beyond_the_quota_only_wait() {
    let run = run(LAB, "--json --model 1 --workers 2");
    let workers: Vec<f64> = (0..4).map(|row| number(&run, row, "workers")).collect();
    assert_eq!(workers, [1.0, 2.0, 4.0, 8.0]);
    let cpus = Sources::system().read().affinity.unwrap_or(1);
    if cpus > 1 {
        assert!(number(&run, 1, "p99") > 5.0 * number(&run, 0, "p99"));
        assert!(number(&run, 1, "of all periods") > 0.9);
        assert!(
            run.timeline
                .spans
                .iter()
                .any(|span| span.kind == SpanKind::Blocked)
        );
    }
    assert!(number(&run, 0, "of all periods") < 0.1);
    let kinds: Vec<LaneKind> = run.timeline.lanes.iter().map(|lane| lane.kind).collect();
    assert_eq!(
        kinds,
        [LaneKind::Resource, LaneKind::Worker, LaneKind::Worker]
    );
    assert!(
        run.report.notes[0].starts_with("a model"),
        "{:?}",
        run.report.notes
    );
}

#[test]
fn a_real_quota_holds_the_group_and_leaves_nothing_behind() {
    let run = run(LAB, "--json --workers 2");
    let notes = run.report.notes.join("\n");
    if notes.starts_with("a real quota") && !notes.contains("too busy") {
        let cpus = Sources::system().read().affinity.unwrap_or(1);
        assert!(
            number(&run, 3, "throttled periods") > 0.0 || cpus == 1,
            "{:?}",
            run.report.rows
        );
    } else {
        assert!(
            notes.starts_with("a model") || notes.contains("too busy"),
            "{notes}"
        );
    }
}

#[test]
fn a_lab_that_is_killed_leaves_no_group_behind() {
    let mut lab = lab("--json")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the lab starts");
    let deadline = Instant::now() + PATIENCE;
    // The process under quota, once it is there.
    let child = loop {
        let children = format!("/proc/{0}/task/{0}/children", lab.id());
        let first = fs::read_to_string(children)
            .ok()
            .and_then(|text| text.split_whitespace().next()?.parse().ok());
        match first {
            Some(child) if !groups(child).is_empty() => break Some(child),
            // Where no group may be made, there is none to leave behind.
            _ if lab.try_wait().expect("it can be asked").is_some() => break None,
            _ => assert!(Instant::now() < deadline, "it neither works nor ends"),
        }
        std::thread::yield_now();
    };
    lab.kill().expect("it can be killed");
    lab.wait().expect("it ends");
    let Some(child) = child else { return };
    while !groups(child).is_empty() || Path::new(&format!("/proc/{child}")).exists() {
        assert!(
            Instant::now() < deadline,
            "{:?} is still there",
            groups(child)
        );
        std::thread::yield_now();
    }
}

#[test]
fn a_knob_out_of_range_is_refused_with_the_range() {
    let output = output(LAB, "--quota 5");
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        complaint.contains("20") && complaint.contains("400"),
        "{complaint}"
    );
}
