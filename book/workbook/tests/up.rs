//! `workbook up` with the real programs: everything comes up, and everything goes away.

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

/// Starts are serialised: they would only wait for each other's cargo.
static ONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

const WORKBOOK: &str = env!("CARGO_BIN_EXE_workbook");
const FREE: [&str; 6] = [
    "--book",
    "127.0.0.1:0",
    "--api",
    "127.0.0.1:0",
    "--debug",
    "127.0.0.1:0",
];

/// A running `workbook up` without a terminal.
struct Up {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    state: PathBuf,
}

impl Up {
    fn start(state: &Path) -> Up {
        let mut child = Command::new(WORKBOOK)
            .arg("up")
            .args(FREE)
            .args(["--every", "1", "--state"])
            .arg(state)
            .current_dir(root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the workbook starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Up {
            child,
            lines,
            state: state.to_path_buf(),
        }
    }

    /// The next line that holds `sign`.
    fn line(&mut self, sign: &str) -> String {
        let found = self
            .lines
            .by_ref()
            .map_while(Result::ok)
            .find(|line| line.contains(sign));
        found.unwrap_or_else(|| panic!("it ended without a line with {sign:?}: {}", self.errors()))
    }

    fn errors(&mut self) -> String {
        let mut text = String::new();
        let _ = self
            .child
            .stderr
            .take()
            .map(|mut errors| errors.read_to_string(&mut text));
        text
    }

    fn programs(&self) -> Vec<(String, Pid)> {
        programs(&self.state)
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a process id");
        kill_process(id, signal).expect("it runs");
    }

    fn wait(mut self) -> (ExitStatus, String) {
        // What it still says must not block it.
        for _ in self.lines.by_ref() {}
        let errors = self.errors();
        (self.child.wait().expect("it can be waited for"), errors)
    }
}

/// The names and process ids of what was started, from the state folder.
fn programs(state: &Path) -> Vec<(String, Pid)> {
    let text = std::fs::read_to_string(state.join("up.json")).expect("the state file");
    let state: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let programs = state["programs"].as_object().expect("programs").clone();
    let pid =
        |id: &serde_json::Value| Pid::from_raw(id.as_i64().and_then(|id| i32::try_from(id).ok())?);
    programs
        .iter()
        .filter_map(|(name, id)| Some((name.clone(), pid(id)?)))
        .collect()
}

fn gone(programs: &[(String, Pid)]) {
    for (name, id) in programs {
        assert!(test_kill_process(*id).is_err(), "{name} is still there");
    }
}

fn state() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn it_serves_loads_and_sums_up_until_interrupted() {
    let _alone = alone();
    let state = state();
    let mut up = Up::start(state.path());
    let book = up.line("book ");
    assert!(book.contains("http://127.0.0.1:"), "{book}");
    let moving = loop {
        let line = up.line("requests/s");
        if !line.trim_start().starts_with("0.0") {
            break line;
        }
    };
    assert!(
        moving.contains("p99") && moving.contains("tasks"),
        "{moving}"
    );
    let programs = up.programs();
    assert_eq!(
        programs
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>(),
        ["sales-api", "sales-load"]
    );

    let second = Command::new(WORKBOOK)
        .arg("up")
        .args(FREE)
        .arg("--state")
        .arg(state.path())
        .current_dir(root())
        .output();
    let second = second.expect("the workbook starts");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        !second.status.success()
            && said.contains("it is running already")
            && said.lines().count() == 1,
        "{said}"
    );

    up.signal(Signal::INT);
    let (status, errors) = up.wait();
    assert!(status.success(), "{status}: {errors}");
    gone(&programs);
}

#[test]
fn a_dead_service_ends_it_and_says_why() {
    let _alone = alone();
    let state = state();
    let mut up = Up::start(state.path());
    up.line("requests/s");
    let programs = up.programs();
    kill_process(programs[0].1, Signal::KILL).expect("the service runs");
    let (status, errors) = up.wait();
    assert!(!status.success());
    assert!(
        errors.contains("sales-api has died (signal: 9 (SIGKILL))")
            && errors.contains("sales-api.log"),
        "{errors}"
    );
    gone(&programs);
}

#[test]
fn the_next_start_ends_what_a_killed_one_has_left() {
    if !cfg!(target_os = "linux") {
        // Elsewhere a process's program is not known; the next start says that the port is taken.
        return;
    }
    let _alone = alone();
    let state = state();
    let mut up = Up::start(state.path());
    up.line("requests/s");
    let left = up.programs();
    up.signal(Signal::KILL);
    up.wait();
    let mut up = Up::start(state.path());
    up.line("Ended sales-api");
    up.line("requests/s");
    gone(&left);
    up.signal(Signal::TERM);
    assert!(up.wait().0.success());
}

#[test]
fn busy_ports_and_folders_that_cannot_be_written_are_one_line_each() {
    let _alone = alone();
    let state = state();
    std::fs::write(state.path().join("file"), "in the way").expect("a file");
    let in_the_way = state.path().join("file/state").display().to_string();
    let good = state.path().join("good").display().to_string();
    let holder = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let held = holder.local_addr().expect("an address").to_string();
    for (flag, value, other, expected) in [
        ("--api", held.as_str(), good.as_str(), "--api"),
        ("--debug", held.as_str(), good.as_str(), "--debug"),
        ("--book", held.as_str(), good.as_str(), "--book"),
        ("--book", "0.0.0.0:0", good.as_str(), "--book 0.0.0.0:0"),
        ("--api", "127.0.0.1:0", in_the_way.as_str(), "--state"),
    ] {
        let mut flags: Vec<&str> = FREE.to_vec();
        let at = flags
            .iter()
            .position(|known| *known == flag)
            .expect("a known flag");
        flags[at + 1] = value;
        let output = Command::new(WORKBOOK)
            .arg("up")
            .args(flags)
            .arg("--state")
            .arg(other)
            .current_dir(root())
            .output();
        let output = output.expect("the workbook starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && said.contains(expected) && said.lines().count() == 1,
            "{flag} {value}: {said}"
        );
    }
}

#[test]
fn in_a_terminal_the_console_opens_and_q_ends_everything() {
    let _alone = alone();
    let state = state();
    let pty = native_pty_system()
        .openpty(PtySize {
            rows: 40,
            cols: 120,
            ..PtySize::default()
        })
        .expect("a pty");
    let mut command = CommandBuilder::new(WORKBOOK);
    command.arg("up");
    command.args(FREE);
    command.args(["--state", &state.path().display().to_string()]);
    command.env("TERM", "xterm-256color");
    command.cwd(root());
    let mut child = pty
        .slave
        .spawn_command(command)
        .expect("the workbook starts");
    let before = pty.master.get_termios();
    drop(pty.slave);
    let mut reader = pty
        .master
        .try_clone_reader()
        .expect("the terminal's output");
    let mut screen = Vec::new();
    // The alternate screen is the console's.
    until(&mut reader, &mut screen, b"\x1b[?1049h");
    until(&mut reader, &mut screen, b"127.0.0.1");
    let started = programs(state.path());
    assert_eq!(started.len(), 2);

    let mut keys = pty.master.take_writer().expect("the terminal's input");
    keys.write_all(b"q").expect("a key");
    keys.flush().expect("a key");
    // Reads until the last holder of the terminal is gone.
    let mut rest = Vec::new();
    let _ = reader.read_to_end(&mut rest);
    screen.extend(rest);
    assert!(
        child.wait().expect("it ends").success(),
        "{}",
        String::from_utf8_lossy(&screen)
    );
    assert!(
        find(&screen, b"\x1b[?1049l").is_some(),
        "the screen is given back"
    );
    assert_eq!(
        format!("{before:?}"),
        format!("{:?}", pty.master.get_termios()),
        "the terminal is set as before"
    );
    gone(&started);
}

fn until(reader: &mut impl Read, seen: &mut Vec<u8>, sign: &[u8]) {
    let mut chunk = [0; 4096];
    while find(seen, sign).is_none() {
        match reader.read(&mut chunk) {
            Ok(count) if count > 0 => seen.extend_from_slice(&chunk[..count]),
            _ => panic!("it ended with\n{}", String::from_utf8_lossy(seen)),
        }
    }
}

fn find(text: &[u8], sign: &[u8]) -> Option<usize> {
    text.windows(sign.len()).position(|part| part == sign)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
