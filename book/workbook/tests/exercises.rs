//! Exercises as a learner meets them: started, wrong, broken, hostile, right.
//!
//! The programs are built for real, in a folder that stays from one run to the next, so that what they depend
//! on is built once.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use tempfile::TempDir;
use workbook::exercises::check::{Checked, Crash, Options, Outcome, check, make_ready};
use workbook::exercises::folder::{Folder, Program, Started};
use workbook::exercises::run::Limits;
use workbook::exercises::show::{self, Style};
use workbook::exercises::{Catalogue, Exercise, prove};
use workbook::process::Ended;
use workbook::workspace::Workspace;

/// Cargo builds one program at a time in a folder; waiting for it must not count against a deadline.
static CARGO: Mutex<()> = Mutex::new(());

/// The workspace that this test is part of.
fn here() -> Workspace {
    Workspace::find(Path::new(env!("CARGO_MANIFEST_DIR")))
        .expect("this test runs inside the workspace")
}

/// A workspace with this one's exercises, and a state folder that stays.
struct Room {
    folder: TempDir,
    workspace: Workspace,
    state: PathBuf,
}

impl Room {
    fn new() -> Room {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path();
        std::fs::create_dir_all(root.join("book")).expect("a folder");
        std::fs::create_dir_all(root.join("labs")).expect("a folder");
        std::fs::write(root.join("book/book.toml"), "[book]\n").expect("a file");
        std::os::unix::fs::symlink(here().gym(), root.join("labs/gym")).expect("a link");
        let workspace = Workspace::at(root.to_path_buf());
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exercises");
        Room {
            folder,
            workspace,
            state,
        }
    }

    fn exercise(&self, name: &str) -> Exercise {
        let catalogue = Catalogue::read(&self.workspace).expect("sound exercises");
        catalogue.find(name).expect("it is there").clone()
    }

    /// What is said of this text as a solution of `channels/2`.
    fn check(&self, text: &str, options: &Options) -> Checked {
        let _one = CARGO
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let exercise = self.exercise("channels/2");
        let folder = Folder::at(
            &self.workspace,
            self.folder.path().join("exercises"),
            &self.state,
        );
        folder.start(&exercise).expect("it starts");
        std::fs::write(folder.file(&exercise), text).expect("the learner's text");
        // Its own name, because programs of other tests lie in the same target folder.
        let program = Program {
            name: "hostile".to_owned(),
            ..folder.program(&exercise).expect("it is started")
        };
        make_ready(&folder, std::slice::from_ref(&program)).expect("it can be built");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let mut ignore = |_: &str| ();
        runtime
            .block_on(check(
                &folder,
                &program,
                options,
                &mut ignore,
                std::future::pending(),
            ))
            .expect("cargo and the program run")
    }

    fn workbook(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_workbook"))
            .args(["--root", &self.folder.path().display().to_string()])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("the workbook runs")
    }
}

/// A solution of `channels/2` whose body is this.
fn body(code: &str) -> String {
    format!(
        "use gym::sync::mpsc;\npub async fn close(mut orders: mpsc::Receiver<u32>) -> Vec<u32> {{\n{code}\n}}\n"
    )
}

fn kind(checked: &Checked) -> &str {
    match &checked.outcome {
        Outcome::Failed(_, failed) => &failed.kind,
        other => panic!("a case should refuse it, and not {other:?}"),
    }
}

fn text(exercise: &Exercise, checked: &Checked) -> String {
    let style = Style {
        width: 90,
        color: false,
    };
    show::outcome(
        exercise,
        Path::new("x.rs"),
        checked,
        &Limits::default(),
        style,
    )
}

/// Fails the test if a process runs whose command line names this file.
fn nothing_left(name: &str) {
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else {
            continue;
        };
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        assert!(!line.contains(name), "still running: {line}");
    }
}

#[test]
fn every_exercise_accepts_its_solution_and_refuses_the_others() {
    let _one = CARGO
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exercises");
    let faults = runtime
        .block_on(prove::prove(&here(), &state, |_| ()))
        .expect("cargo runs");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_wrong_solution_is_shown_the_schedule_that_breaks_it() {
    let room = Room::new();
    let exercise = room.exercise("channels/2");
    let checked = room.check(&exercise.starter().expect("a starter"), &Options::default());
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
    let again = room.check(&exercise.starter().expect("a starter"), &again);
    let Outcome::Failed(_, same) = &again.outcome else {
        panic!("{:?}", again.outcome)
    };
    assert_eq!(
        (&same.observed, same.timeline()),
        (&failed.observed, failed.timeline())
    );
    assert_eq!(same.schedules, 1);
}

#[test]
fn a_loop_that_never_waits_is_named() {
    let checked = Room::new().check(
        &body("let _ = orders.try_recv(); loop { std::hint::spin_loop(); }"),
        &Options::default(),
    );
    assert_eq!(kind(&checked), "spinning");
    let checked = Room::new().check(
        &body("loop { orders.is_empty(); gym::task::yield_now().await; }"),
        &Options::default(),
    );
    assert_eq!(kind(&checked), "endless");
    nothing_left("hostile.");
}

#[test]
fn a_deadlock_says_who_waits() {
    let room = Room::new();
    let code = "let (keep, mut never) = mpsc::channel::<()>(1);\nlet _ = (never.recv().await, orders.recv().await, keep);\nVec::new()";
    let checked = room.check(&body(code), &Options::default());
    assert_eq!(kind(&checked), "stuck");
    let said = text(&room.exercise("channels/2"), &checked);
    assert!(
        said.contains("main waits to receive on the channel (line "),
        "{said}"
    );
}

#[test]
fn a_call_that_blocks_the_thread_is_named() {
    let code = "let _ = orders.try_recv(); let (_keep, never) = std::sync::mpsc::channel::<()>(); let _ = never.recv(); Vec::new()";
    assert_eq!(
        kind(&Room::new().check(&body(code), &Options::default())),
        "blocked"
    );
    nothing_left("hostile.");
}

#[test]
fn a_flood_of_tasks_is_stopped() {
    let code = "orders.close();\nloop { drop(gym::task::spawn(std::future::pending::<()>())); }";
    assert_eq!(
        kind(&Room::new().check(&body(code), &Options::default())),
        "tasks"
    );
}

#[test]
fn a_flood_of_output_is_stopped() {
    let code = "orders.close();\nlet line = \"order \".repeat(1000);\nfor _ in 0..180_000 { println!(\"{line}\"); }\nVec::new()";
    let checked = Room::new().check(&body(code), &Options::default());
    assert_eq!(checked.outcome, Outcome::Ended(Ended::Output));
    nothing_left("hostile.");
}

#[test]
fn a_program_that_goes_on_slowly_meets_its_deadline() {
    // It gets somewhere again and again, so that only the deadline ends it.
    let code = "orders.close();\nfor _ in 0..4_000 {\n    std::thread::sleep(std::time::Duration::from_millis(50));\n    \
                orders.is_empty();\n}\nVec::new()";
    let limits = Limits {
        deadline: Duration::from_secs(2),
        ..Limits::default()
    };
    let checked = Room::new().check(
        &body(code),
        &Options {
            limits,
            ..Options::default()
        },
    );
    assert_eq!(checked.outcome, Outcome::Ended(Ended::Deadline));
    nothing_left("hostile.");
}

#[test]
fn memory_without_a_bound_is_refused() {
    let code = "orders.close();\nlet mut all: Vec<Vec<u8>> = Vec::new();\nloop { all.push(vec![1; 64 << 20]); }";
    let checked = Room::new().check(&body(code), &Options::default());
    assert!(
        matches!(checked.outcome, Outcome::Crashed(Crash::Memory, _)),
        "{:?}",
        checked.outcome
    );
}

#[test]
fn errors_of_the_compiler_are_those_of_the_learners_file() {
    let room = Room::new();
    let exercise = room.exercise("channels/2");
    let checked = room.check(
        &body("orders.shut();\nlet unused = 1;\nVec::new()"),
        &Options::default(),
    );
    let said = text(&exercise, &checked);
    assert!(
        said.contains("no method named `shut`") && said.contains("2-drain.rs:3:8"),
        "{said}"
    );
    assert!(
        !said.contains("unused") && !said.contains("aborting"),
        "{said}"
    );

    let checked = room.check("pub fn shut() {}\n", &Options::default());
    let said = text(&exercise, &checked);
    assert!(
        said.contains("The check can't call your code") && said.contains("close"),
        "{said}"
    );
}

#[test]
fn a_started_exercise_is_never_written_over() {
    let room = Room::new();
    let exercise = room.exercise("channels/1");
    let folder = Folder::of_learner(&room.workspace);
    assert_eq!(folder.start(&exercise).expect("written"), Started::New);
    let file = folder.file(&exercise);
    assert_eq!(
        std::fs::read_to_string(&file).expect("the starter"),
        exercise.starter().expect("a starter")
    );
    std::fs::write(&file, "mine").expect("the learner's");
    assert_eq!(
        folder.start(&exercise).expect("left alone"),
        Started::Already
    );
    assert_eq!(
        std::fs::read_to_string(&file).expect("the learner's"),
        "mine"
    );

    let refused = room.workbook(&["reset", "channels/1"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("there is nobody to ask: say --yes"));
    assert_eq!(
        std::fs::read_to_string(&file).expect("the learner's"),
        "mine"
    );
    assert!(
        room.workbook(&["reset", "channels/1", "--yes"])
            .status
            .success()
    );
    assert_eq!(
        std::fs::read_to_string(file.with_extension("rs.1")).expect("what was there"),
        "mine"
    );
    assert_eq!(
        std::fs::read_to_string(&file).expect("the starter"),
        exercise.starter().expect("a starter")
    );
}

#[test]
fn hints_come_one_by_one_and_the_solution_only_when_asked_for() {
    let room = Room::new();
    let said = |arguments: &[&str]| {
        let output = room.workbook(arguments);
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    assert!(
        said(&["check", "channels/1"]).contains("is not started")
            && said(&["check"]).contains("no exercise is started")
    );
    assert!(
        said(&["check", "channels/9"])
            .contains("there is no exercise \"channels/9\"; there are: channels/1, channels/2")
    );
    let first = said(&["hint", "channels/1"]);
    assert!(
        first.contains("nudge") && !first.contains("approach  "),
        "{first}"
    );
    let second = said(&["hint", "channels/1"]);
    assert!(
        second.contains("nudge") && second.contains("approach  "),
        "{second}"
    );
    assert!(said(&["solution", "channels/1"]).contains("channels/1 is not passed yet"));
    let solution = said(&["solution", "channels/1", "--anyway"]);
    assert!(
        solution.contains("oneshot::channel()") && solution.contains("Trade-offs"),
        "{solution}"
    );
    let next = said(&["next"]);
    let expected =
        "Next: channels/1 A rendezvous (20 min, medium): cargo workbook start channels/1";
    assert!(next.contains(expected), "{next}");
    let progress = std::fs::read_to_string(room.folder.path().join(".cutaway/progress.json"))
        .expect("progress");
    assert!(
        progress.contains("\"hints\": 2") && progress.contains("\"solution\": true"),
        "{progress}"
    );
}
