//! `workbook up` with the real programs: everything comes up, and everything goes away.

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
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
    let token = book.split("?token=").nth(1).expect("a link that may run");
    assert!(
        book.contains("http://127.0.0.1:") && token.len() == 43,
        "{book}"
    );
    let log = std::fs::read_to_string(state.path().join("logs/workbook.log")).expect("its log");
    assert!(!log.contains(token), "the token stands in the log");
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
fn a_dead_service_is_started_again_until_it_has_died_too_often() {
    let _alone = alone();
    let state = state();
    let mut up = Up::start(state.path());
    up.line("requests/s");
    for _death in 0..3 {
        let service = up.programs()[0].1;
        kill_process(service, Signal::KILL).expect("the service runs");
        up.line("the service does not answer");
        up.line("requests/s");
        assert_ne!(up.programs()[0].1, service);
    }
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
    let mut terminal = Terminal::up(state.path());
    let started = terminal.programs();
    terminal.press(b"q");
    assert!(terminal.ended_and_restored().success());
    gone(&started);
}

#[test]
fn a_signal_ends_the_console_too_and_gives_the_terminal_back() {
    let _alone = alone();
    let state = state();
    let terminal = Terminal::up(state.path());
    let started = terminal.programs();
    kill_process(terminal.workbook(), Signal::TERM).expect("it runs");
    assert!(terminal.ended_and_restored().success());
    gone(&started);
}

#[test]
#[cfg(target_os = "linux")]
fn a_console_that_is_killed_still_leaves_a_terminal_to_work_in() {
    let _alone = alone();
    let state = state();
    let terminal = Terminal::up(state.path());
    let started = terminal.programs();
    kill_process(child_called(terminal.workbook(), "cutaway"), Signal::KILL).expect("it runs");
    assert!(!terminal.ended_and_restored().success());
    gone(&started);
}

#[test]
fn closing_the_terminal_ends_everything() {
    let _alone = alone();
    let state = state();
    let terminal = Terminal::up(state.path());
    let started = terminal.programs();
    let mut child = terminal.child;
    drop((terminal.master, terminal.keys, terminal.reader));
    child.wait().expect("it ends");
    gone(&started);
}

/// `workbook up` in a terminal, with the console on it.
struct Terminal {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    reader: Box<dyn Read + Send>,
    screen: Vec<u8>,
    /// How the terminal was set before.
    settings: String,
    state: PathBuf,
}

impl Terminal {
    /// Returns when the console shows the service.
    fn up(state: &Path) -> Terminal {
        let size = PtySize {
            rows: 40,
            cols: 120,
            ..PtySize::default()
        };
        let pty = native_pty_system().openpty(size).expect("a pty");
        let settings = format!("{:?}", pty.master.get_termios());
        let mut command = CommandBuilder::new(WORKBOOK);
        command.arg("up");
        command.args(FREE);
        command.args(["--state", &state.display().to_string()]);
        command.env("TERM", "xterm-256color");
        command.cwd(root());
        let child = pty
            .slave
            .spawn_command(command)
            .expect("the workbook starts");
        // While this end is open, the other one never says that everybody has gone.
        drop(pty.slave);
        let reader = pty
            .master
            .try_clone_reader()
            .expect("the terminal's output");
        let keys = pty.master.take_writer().expect("the terminal's input");
        let (master, state) = (pty.master, state.to_path_buf());
        let mut terminal = Terminal {
            child,
            master,
            keys,
            reader,
            screen: Vec::new(),
            settings,
            state,
        };
        // The alternate screen is the console's; it draws when it has it.
        terminal.until(b"\x1b[?1049h");
        terminal.until(b"sales-api");
        terminal
    }

    fn until(&mut self, sign: &[u8]) {
        let mut chunk = [0; 4096];
        while find(&self.screen, sign).is_none() {
            match self.reader.read(&mut chunk) {
                Ok(count) if count > 0 => self.screen.extend_from_slice(&chunk[..count]),
                _ => panic!("it ended with\n{}", String::from_utf8_lossy(&self.screen)),
            }
        }
    }

    fn programs(&self) -> Vec<(String, Pid)> {
        let started = programs(&self.state);
        assert_eq!(started.len(), 2);
        started
    }

    fn workbook(&self) -> Pid {
        let id = self
            .child
            .process_id()
            .and_then(|id| i32::try_from(id).ok());
        id.and_then(Pid::from_raw).expect("a process id")
    }

    fn press(&mut self, key: &[u8]) {
        self.keys.write_all(key).expect("a key");
        self.keys.flush().expect("a key");
    }

    /// How it ended, when the last one that holds the terminal is gone.
    fn ended_and_restored(mut self) -> portable_pty::ExitStatus {
        // Linux says that nobody holds the other end by an error.
        let _ = self.reader.read_to_end(&mut self.screen);
        let status = self.child.wait().expect("it ends");
        assert!(
            find(&self.screen, b"\x1b[?1049l").is_some(),
            "the screen is given back"
        );
        assert_eq!(
            self.settings,
            format!("{:?}", self.master.get_termios()),
            "the terminal is set as before"
        );
        status
    }
}

#[cfg(target_os = "linux")]
fn child_called(parent: Pid, name: &str) -> Pid {
    let tasks =
        std::fs::read_dir(format!("/proc/{}/task", parent.as_raw_nonzero())).expect("it runs");
    let children = tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    let ids: Vec<String> = children
        .flat_map(|ids| {
            ids.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let runs = |id: &&String| {
        std::fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe.ends_with(name))
    };
    let id = ids.iter().find(runs).and_then(|id| id.parse().ok());
    id.and_then(Pid::from_raw).expect("such a child")
}

fn find(text: &[u8], sign: &[u8]) -> Option<usize> {
    text.windows(sign.len()).position(|part| part == sign)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
