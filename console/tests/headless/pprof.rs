//! `cutaway top` beside `go tool pprof -top`: the same options, the same files, the same letters.
//!
//! What Go's tool printed is in `testdata/go/pprof`; `PPROF_UPDATE=1` writes it anew, with a Go at hand. Where there is
//! one, it is asked again in each run.

use std::path::PathBuf;
use std::process::Command;

use super::{cutaway, go, text};

/// A name and the arguments; files lie in `testdata/go`.
const CASES: [(&str, &[&str]); 26] = [
    ("cpu", &["cpu.pb.gz"]),
    ("samples", &["-sample_index=samples", "cpu.pb.gz"]),
    ("heap", &["heap.pb.gz"]),
    ("objects", &["-sample_index=alloc_objects", "heap.pb.gz"]),
    ("allocs", &["allocs.pb.gz"]),
    ("goroutine", &["goroutine.pb.gz"]),
    ("block", &["block.pb.gz"]),
    ("mutex", &["mutex.pb.gz"]),
    ("threadcreate", &["threadcreate.pb.gz"]),
    ("cum", &["-cum", "cpu.pb.gz"]),
    ("ten", &["-nodecount=10", "cpu.pb.gz"]),
    ("ten-cum", &["-nodecount=10", "-cum", "cpu.pb.gz"]),
    ("all", &["-nodefraction=0", "cpu.pb.gz"]),
    ("focus", &["-focus=Sprintf", "cpu.pb.gz"]),
    ("ignore", &["-ignore=^runtime\\.", "cpu.pb.gz"]),
    ("hide", &["-hide=^fmt\\.", "cpu.pb.gz"]),
    ("show", &["-show=main", "cpu.pb.gz"]),
    ("show-from", &["-show_from=main.work", "cpu.pb.gz"]),
    (
        "several",
        &["-focus=Sprintf", "-ignore=malloc", "-hide=fmt", "cpu.pb.gz"],
    ),
    ("nothing", &["-focus=nothing", "cpu.pb.gz"]),
    ("tagfocus", &["-tagfocus=1kb:1mb", "heap.pb.gz"]),
    (
        "tagignore",
        &[
            "-tagignore=bytes=1kb:1mb",
            "-sample_index=alloc_space",
            "heap.pb.gz",
        ],
    ),
    ("sum", &["cpu.pb.gz", "later.pb.gz"]),
    ("base", &["-base=cpu.pb.gz", "later.pb.gz"]),
    ("diff", &["-diff_base=cpu.pb.gz", "later.pb.gz"]),
    (
        "normalized",
        &[
            "-normalize",
            "-diff_base=cpu.pb.gz",
            "-focus=sha256",
            "later.pb.gz",
        ],
    ),
];

/// What is printed instead of the table: a name, Go's option, and the rest.
const REPORTS: [(&str, &str, &[&str]); 13] = [
    ("peek", "-peek=main", &["cpu.pb.gz"]),
    ("peek-cum", "-peek=^fmt", &["-cum", "cpu.pb.gz"]),
    ("peek-heap", "-peek=main", &["heap.pb.gz"]),
    (
        "peek-focus",
        "-peek=Sprintf|label",
        &["-focus=Sprintf", "-hide=^runtime", "cpu.pb.gz"],
    ),
    (
        "peek-diff",
        "-peek=main",
        &["-diff_base=cpu.pb.gz", "later.pb.gz"],
    ),
    ("list", "-list=main\\.", &["cpu.pb.gz"]),
    (
        "list-objects",
        "-list=basket|price|label",
        &["-sample_index=alloc_objects", "heap.pb.gz"],
    ),
    (
        "list-diff",
        "-list=main",
        &["-diff_base=cpu.pb.gz", "later.pb.gz"],
    ),
    ("tags", "-tags", &["heap.pb.gz"]),
    (
        "tags-objects",
        "-tags",
        &["-sample_index=alloc_objects", "heap.pb.gz"],
    ),
    ("tags-focus", "-tags", &["-focus=main", "allocs.pb.gz"]),
    ("tags-none", "-tags", &["cpu.pb.gz"]),
    (
        "tags-diff",
        "-tags",
        &["-diff_base=heap.pb.gz", "allocs.pb.gz"],
    ),
];

/// The arguments with the files where they are.
fn located(arguments: &[&str]) -> Vec<String> {
    let one = |argument: &&str| match argument.split_once('=') {
        Some((option, file)) if file.contains(".pb.") => format!("{option}={}", go(file)),
        None if argument.contains(".pb.") => go(argument),
        _ => (*argument).to_owned(),
    };
    arguments.iter().map(one).collect()
}

/// What Go's tool prints now; none where there is no Go.
fn theirs(arguments: &[String]) -> Option<String> {
    let mut command = Command::new("go");
    command
        .args(["tool", "pprof", "-symbolize=none", "-top"])
        .args(arguments)
        .env("TZ", "UTC");
    let output = command.output().ok()?;
    output.status.success().then(|| text(&output.stdout))
}

#[test]
fn reports_are_those_of_gos_tool() {
    // Where the profile says that the program's source is.
    let here = tempfile::tempdir().expect("a folder");
    let source = here.path().join("example.org/shop");
    std::fs::create_dir_all(&source).expect("a folder");
    std::fs::copy(go("main.go"), source.join("main.go")).expect("copied");
    for (name, option, arguments) in REPORTS {
        let kept = PathBuf::from(go("pprof")).join(name).with_extension("txt");
        let arguments = located(arguments);
        let theirs = Command::new("go")
            .args(["tool", "pprof", "-symbolize=none", option])
            .args(&arguments)
            .env("TZ", "UTC")
            .current_dir(&here)
            .output();
        let live = theirs.ok().filter(|output| output.status.success());
        let live = live.map(|output| text(&output.stdout));
        if let (Some(live), Some(_)) = (&live, std::env::var_os("PPROF_UPDATE")) {
            std::fs::write(&kept, live).expect("the folder is writable");
        }
        let kept = std::fs::read_to_string(&kept).expect("it was captured");
        let ours = Command::new(env!("CARGO_BIN_EXE_cutaway"))
            .args(["top", option])
            .args(&arguments)
            .env("XDG_CONFIG_HOME", "/nowhere")
            .current_dir(&here)
            .output()
            .expect("the program starts");
        assert!(ours.status.success(), "{name}: {ours:?}");
        let ours = text(&ours.stdout);
        assert_eq!(ours, kept, "{name}");
        if let Some(live) = live {
            // How the date is written differs from one Go to another.
            let below =
                |printed: &str| printed.split_once("\nShowing").map(|(_, of)| of.to_owned());
            assert_eq!(below(&ours), below(&live), "{name}");
        }
    }
}

#[test]
fn reports_of_nothing_are_refused() {
    for (option, code) in [
        ("-peek=nowhere", 1),
        ("-list=nowhere", 1),
        ("-peek=(", 2),
        ("-list=(", 2),
    ] {
        let output = cutaway(&["top", option, &go("cpu.pb.gz")]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(output.stdout.is_empty());
        let why = text(&output.stderr);
        assert!(why.contains("peek") || why.contains("list"), "{why}");
    }
    let both = cutaway(&["top", "-tags", "-peek=main", &go("cpu.pb.gz")]);
    assert_eq!(both.status.code(), Some(2));
}

/// What is printed below the profile's head.
fn table(printed: &str) -> &str {
    let begin = printed
        .find("Active filters")
        .or_else(|| printed.find("Showing nodes"));
    &printed[begin.expect("a table")..]
}

#[test]
fn top_prints_what_gos_tool_prints() {
    for (name, arguments) in CASES {
        let kept = PathBuf::from(go("pprof")).join(name).with_extension("txt");
        let arguments = located(arguments);
        let live = theirs(&arguments);
        if let (Some(live), Some(_)) = (&live, std::env::var_os("PPROF_UPDATE")) {
            std::fs::write(&kept, live).expect("the folder is writable");
        }
        let kept = std::fs::read_to_string(&kept).expect("it was captured");
        // Go's tool prints all functions unless told how many.
        let all = arguments
            .iter()
            .any(|argument| argument.starts_with("-nodecount"));
        let mut ours = vec!["top"];
        ours.extend(arguments.iter().map(String::as_str));
        ours.extend((!all).then_some("-nodecount=0"));
        let output = cutaway(&ours);
        assert!(output.status.success(), "{name}: {output:?}");
        let ours = text(&output.stdout);
        assert_eq!(ours, kept, "{name}");
        if let Some(live) = live {
            // How the date is written differs from one Go to another.
            assert_eq!(table(&ours), table(&live), "{name}");
        }
    }
}
