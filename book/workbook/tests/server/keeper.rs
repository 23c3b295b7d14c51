//! The keeper as a program: with cgroups, where they can be made, and without.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// What holds a program to its limits.
const KINDS: [&[&str]; 2] = [&[], &["--no-cgroups"]];

struct Keeper {
    child: Child,
    control: UnixStream,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Keeper {
    /// One that keeps a shell script.
    fn start(arguments: &[&[&str]], script: &str) -> Keeper {
        let (control, theirs) = UnixStream::pair().expect("a socket");
        let mut child = Command::new(env!("CARGO_BIN_EXE_workbook"))
            .arg("keep")
            .args(arguments.concat())
            .args(["--", "sh", "-c", script])
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the workbook runs");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Keeper {
            child,
            control,
            lines,
        }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("text")
    }

    /// What it says in the end; nothing that it kept runs then.
    fn report(mut self) -> Value {
        let mut report = Vec::new();
        self.control.read_to_end(&mut report).expect("a report");
        assert!(self.child.wait().expect("it ends").success());
        serde_json::from_slice(&report).expect("a document")
    }
}

fn lives(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name may hold anything. Z and X have ended, and nobody has noticed.
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
    state.is_some_and(|state| !state.starts_with(['Z', 'X']))
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_mins(5);
    while !holds() {
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The cgroups of a run that a process is in, as the system names them.
fn groups(id: &str) -> Vec<String> {
    let own = std::fs::read_to_string(format!("/proc/{id}/cgroup")).unwrap_or_default();
    let runs = own.lines().filter(|line| line.contains("/cutaway-run-"));
    runs.map(str::to_owned).collect()
}

#[test]
fn a_status_is_passed_on() {
    for kind in KINDS {
        let said = Keeper::start(&[kind], "exit 3").report();
        let expected = json!({ "status": 3 << 8, "ended": null, "failed": null });
        assert_eq!(said, expected, "{kind:?}");
    }
    let said = Keeper::start(&[], "kill -SEGV $$").report();
    assert_eq!(
        said["status"].as_i64().map(|status| status & 0x7f),
        Some(11)
    );
}

#[test]
fn memory_is_that_of_all_processes_together() {
    // Three that hold 40 MB each, in a session of their own.
    let script = "for i in 1 2 3; do setsid sh -c 'x=$(head -c 40000000 /dev/zero | tr \"\\\\0\" a); sleep 1000' & done; wait";
    for kind in KINDS {
        let limit = ["--memory", "67108864"];
        let said = Keeper::start(&[kind, &limit], script).report();
        assert_eq!(said["ended"], "Memory", "{kind:?}");
    }
}

/// Each starts two more, but not without end: a machine that runs this may have no other limit.
const BREEDS: &str =
    "breed() { [ $1 = 0 ] || { breed $(($1 - 1)) & breed $(($1 - 1)) & }; sleep 1000; }; breed 6";

#[test]
fn too_many_processes_are_ended() {
    for kind in KINDS {
        let said = Keeper::start(&[kind, &["--processes", "16"]], BREEDS).report();
        assert_eq!(said["ended"], "Processes", "{kind:?}");
    }
}

#[test]
fn the_kernel_makes_no_more_than_it_may() {
    let script = "echo $(cat /proc/$$/cgroup); i=0; while [ $i -lt 40 ]; do sleep 1000 >&- 2>&- & i=$((i + 1)); done; echo all";
    let mut keeper = Keeper::start(&[&["--tasks", "20"]], script);
    // It says so itself: it may be gone before anybody could look.
    let bounded = keeper
        .line()
        .split(' ')
        .any(|group| group.contains("/cutaway-run-") && group.contains("pids"));
    let all = keeper.lines.next();
    // A shell that cannot start another process gives up.
    assert_eq!(all.is_none(), bounded, "{all:?}");
    assert_eq!(keeper.report()["ended"], Value::Null);
}

#[test]
fn whoever_asks_gets_all_of_it_ended() {
    let script = "trap 'echo asked; exit 4' TERM; setsid sh -c 'setsid sleep 1000 >&- & echo $!'; echo up; sleep 1000 & wait";
    for kind in KINDS {
        let mut keeper = Keeper::start(&[kind, &["--grace", "300000"]], script);
        let escaped = keeper.line();
        assert_eq!(keeper.line(), "up");
        assert!(lives(&escaped));
        keeper.control.write_all(b"e").expect("it listens");
        assert_eq!(keeper.line(), "asked");
        assert_eq!(keeper.report()["status"], 4 << 8, "{kind:?}");
        assert!(!lives(&escaped), "{kind:?}");
    }
}

#[test]
fn when_the_workbook_is_gone_so_is_everything() {
    let script = "trap '' TERM; setsid sh -c 'setsid sleep 1000 >&- & echo $!'; sleep 1000 & wait";
    for kind in KINDS {
        let Keeper {
            mut child,
            control,
            mut lines,
        } = Keeper::start(&[kind], script);
        let escaped = lines.next().expect("a line").expect("text");
        drop(control);
        // It cannot tell anybody.
        assert!(!child.wait().expect("it ends").success());
        assert!(!lives(&escaped), "{kind:?}");
    }
}

#[test]
fn what_a_killed_keeper_has_left_is_removed_by_the_next() {
    let limits: [&[&str]; 1] = [&["--memory", "67108864", "--tasks", "100"]];
    let mut keeper = Keeper::start(&limits, "echo $$; sleep 1000 >&- & wait");
    let program = keeper.line();
    let groups = groups(&program);
    if groups.is_empty() {
        // It may not make any here.
        keeper.control.write_all(b"e").expect("it listens");
        assert_eq!(keeper.report()["ended"], Value::Null);
        return;
    }
    let id = i32::try_from(keeper.child.id()).expect("an id");
    kill_process(Pid::from_raw(id).expect("an id"), Signal::KILL).expect("it runs");
    keeper.child.wait().expect("it was killed");
    assert!(lives(&program), "nobody could end it");
    let next = Keeper::start(&limits, "exit 0").report();
    assert_eq!(next["status"], 0);
    until("the program is gone", || !lives(&program));
    let name = format!("cutaway-run-{id}");
    let left = || {
        let found = Command::new("find")
            .args(["/sys/fs/cgroup", "-name", &name])
            .output();
        !found.expect("a program of every system").stdout.is_empty()
    };
    until("its groups are gone", || {
        let again = left();
        if again {
            Keeper::start(&limits, "exit 0").report();
        }
        !again
    });
}
