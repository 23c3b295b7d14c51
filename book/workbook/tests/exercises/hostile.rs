//! Solutions of `channels/2` that misbehave: each gets a verdict within its deadline, and nothing is left running.
//!
//! All of them are built at once, before the first is run.

use crate::room::{exercise, here, state};
use std::path::Path;
use std::time::Duration;
use tokio::sync::OnceCell;
use workbook::exercises::Exercise;
use workbook::exercises::build::build_all;
use workbook::exercises::check::{self as checks, Checked, Crash, Options, Outcome, make_ready};
use workbook::exercises::folder::{Folder, Program};
use workbook::exercises::run::Limits;
use workbook::exercises::show::{self, Style};
use workbook::process::Ended;

const PROGRAMS: [(&str, &str); 14] = [
    ("typo", "orders.shut();\nlet unused = 1;\nVec::new()"),
    (
        "spins",
        "let _ = orders.try_recv(); loop { std::hint::spin_loop(); }",
    ),
    (
        "turns",
        "loop { orders.is_empty(); gym::task::yield_now().await; }",
    ),
    (
        "waits",
        "let (keep, mut never) = mpsc::channel::<()>(1);\nlet _ = (never.recv().await, orders.recv().await, keep);\nVec::new()",
    ),
    (
        "blocks",
        "let _ = orders.try_recv(); let (_keep, never) = std::sync::mpsc::channel::<()>(); let _ = never.recv(); Vec::new()",
    ),
    (
        "locks",
        "let _ = orders.try_recv(); let shelf = std::sync::Mutex::new(0); let _first = shelf.lock(); \
         let _second = shelf.lock(); Vec::new()",
    ),
    (
        "tasks",
        "orders.close();\nloop { drop(gym::task::spawn(std::future::pending::<()>())); }",
    ),
    (
        "processes",
        "orders.close();\nlet mut children = Vec::new();\nfor _ in 0..10_000 { children.push(std::process::Command::new(\"sleep\").arg(\"1000\").spawn().ok()); }\n\
         loop { std::hint::spin_loop(); }",
    ),
    (
        "prints",
        "orders.close();\nlet line = \"order \".repeat(1000);\nfor _ in 0..180_000 { println!(\"{line}\"); }\nVec::new()",
    ),
    // It gets somewhere again and again, so that only the deadline ends it.
    (
        "dawdles",
        "orders.close();\nfor _ in 0..4_000 {\n    std::thread::sleep(std::time::Duration::from_millis(50));\n    \
         orders.is_empty();\n}\nVec::new()",
    ),
    (
        "hoards",
        "orders.close();\nlet mut all: Vec<Vec<u8>> = Vec::new();\nloop { all.push(vec![1; 64 << 20]); }",
    ),
    // Not its own memory, of which it may not map more than it may use: that of its children together. Each looks for the
    // last lines of a file that never ends.
    (
        "breeds",
        "orders.close();\nfor _ in 0..3 { std::process::Command::new(\"tail\").arg(\"/dev/zero\").spawn().ok(); }\n\
         loop { std::thread::sleep(std::time::Duration::from_millis(50)); orders.is_empty(); }",
    ),
    // It leaves its process group and its session; its parent ends.
    (
        "escapes",
        "orders.close();\nlet away = \"setsid sleep 1000 hostile-escapes. & exit\";\n\
         std::process::Command::new(\"setsid\").args([\"sh\", \"-c\", away]).status().ok();\nstd::process::exit(7)",
    ),
    (
        "exits",
        "orders.close();\neprintln!(\"I am off\");\nstd::process::exit(7)",
    ),
];

/// The folder of all these programs, built.
async fn folder() -> &'static Folder {
    static FOLDER: OnceCell<Folder> = OnceCell::const_new();
    let build = async || {
        let root = state().join("hostile");
        let folder = Folder::at(&here(), root, &state());
        let texts = PROGRAMS.iter().map(|(name, code)| (*name, body(code)));
        let starter = exercise("channels/2").starter().expect("a starter");
        let others = [
            ("starter", starter),
            ("renamed", "pub fn shut() {}\n".to_owned()),
        ];
        let mut programs = Vec::new();
        for (name, text) in texts.chain(others) {
            let program = program(&folder, name);
            write(&program.file, &text);
            programs.push(program);
        }
        make_ready(&folder, &programs).expect("they can be built");
        build_all(&folder).await.expect("cargo runs");
        folder
    };
    FOLDER.get_or_init(build).await
}

fn program(folder: &Folder, name: &str) -> Program {
    Program {
        name: format!("hostile-{name}"),
        file: folder.root().join(format!("{name}.rs")),
        check: exercise("channels/2").check_file(),
        engine: exercise("channels/2").about.engine,
    }
}

/// A solution whose body is this.
fn body(code: &str) -> String {
    format!(
        "use gym::sync::mpsc;\npub async fn close(mut orders: mpsc::Receiver<u32>) -> Vec<u32> {{\n{code}\n}}\n"
    )
}

/// Unless it stands there already: cargo looks at the time of a file.
fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
    if std::fs::read_to_string(file).is_ok_and(|found| found == text) {
        return;
    }
    std::fs::write(file, text).expect("a file");
}

/// What is said of one of them; nothing of it runs any more then.
pub(crate) async fn check(name: &str, options: &Options) -> Checked {
    let folder = folder().await;
    let program = program(folder, name);
    let mut ignore = |_: &str| ();
    let checked = checks::check(
        folder,
        &program,
        options,
        &mut ignore,
        std::future::pending(),
    );
    let checked = checked.await.expect("cargo and the program run");
    nothing_left(&format!("{}.", program.name));
    checked
}

pub(crate) fn text(exercise: &Exercise, checked: &Checked) -> String {
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
pub(crate) fn nothing_left(name: &str) {
    if let Some(line) = running(name) {
        panic!("still running: {line}");
    }
}

/// The command line of a process that names this file.
pub(crate) fn running(name: &str) -> Option<String> {
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else {
            continue;
        };
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(name) {
            return Some(line);
        }
    }
    None
}

async fn kind(name: &str) -> String {
    match check(name, &Options::default()).await.outcome {
        Outcome::Failed(_, failed) => failed.kind,
        other => panic!("a case should refuse it, and not {other:?}"),
    }
}

async fn outcome(name: &str) -> Outcome {
    check(name, &Options::default()).await.outcome
}

#[tokio::test]
async fn a_loop_that_never_waits_is_named() {
    assert_eq!(kind("spins").await, "spinning");
    assert_eq!(kind("turns").await, "endless");
}

#[tokio::test]
async fn a_deadlock_says_who_waits() {
    let checked = check("waits", &Options::default()).await;
    let said = text(&exercise("channels/2"), &checked);
    assert!(
        said.contains("main waits to receive on the channel (line "),
        "{said}"
    );
}

#[tokio::test]
async fn a_call_that_blocks_the_thread_is_named() {
    assert_eq!(kind("blocks").await, "blocked");
}

#[tokio::test]
async fn a_lock_that_waits_for_itself_is_named() {
    assert_eq!(kind("locks").await, "blocked");
}

#[tokio::test]
async fn a_flood_of_tasks_is_stopped() {
    assert_eq!(kind("tasks").await, "tasks");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_flood_of_processes_is_stopped() {
    if rustix::process::geteuid().is_root() {
        // The system does not limit root.
        assert_eq!(outcome("processes").await, Outcome::Ended(Ended::Processes));
    } else {
        assert_eq!(kind("processes").await, "spinning");
    }
}

#[tokio::test]
async fn a_flood_of_output_is_stopped() {
    assert_eq!(outcome("prints").await, Outcome::Ended(Ended::Output));
}

#[tokio::test]
async fn a_program_that_goes_on_slowly_meets_its_deadline() {
    let limits = Limits {
        deadline: Duration::from_secs(2),
        ..Limits::default()
    };
    let options = Options {
        limits,
        ..Options::default()
    };
    let checked = check("dawdles", &options).await;
    assert_eq!(checked.outcome, Outcome::Ended(Ended::Deadline));
}

#[tokio::test]
async fn memory_without_a_bound_is_refused() {
    let outcome = outcome("hoards").await;
    let stopped = matches!(
        outcome,
        Outcome::Crashed(Crash::Memory, _) | Outcome::Ended(Ended::Memory)
    );
    assert!(stopped, "{outcome:?}");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn memory_counts_for_all_processes_together() {
    let checked = check("breeds", &Options::default()).await;
    if rustix::process::geteuid().is_root() {
        assert_eq!(checked.outcome, Outcome::Ended(Ended::Memory));
        let said = text(&exercise("channels/2"), &checked);
        assert!(
            said.contains("it used more than 1 GiB of memory and was ended"),
            "{said}"
        );
    } else {
        // Only root can start a process here.
        assert_eq!(checked.outcome, Outcome::Ended(Ended::Deadline));
    }
}

/// [`check`] looks whether anything runs on.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn nobody_escapes_by_leaving_the_process_group() {
    let outcome = outcome("escapes").await;
    assert!(
        matches!(outcome, Outcome::Crashed(Crash::Other(7), _)),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_program_that_leaves_early_has_come_to_no_verdict() {
    let checked = check("exits", &Options::default()).await;
    let said = text(&exercise("channels/2"), &checked);
    assert!(
        said.contains("crashed (7) before it came to a verdict") && said.contains("I am off"),
        "{said}"
    );
}
