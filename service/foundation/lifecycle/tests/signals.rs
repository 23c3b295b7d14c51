//! Real signals, sent to a real process: this test program, started again as the child that waits for them.

use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use lifecycle::{Lifecycle, Shutdown};
use rustix::process::{Pid, Signal, kill_process};

/// What the child does, if this is the child.
const ROLE: &str = "LIFECYCLE_TEST_ROLE";

/// Not a test by itself: the other tests run it in a process of its own.
#[tokio::test]
#[ignore = "the child of the other tests"]
async fn child() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    if role == "draining" {
        return drain().await;
    }
    let shutdown = Shutdown::new();
    lifecycle::signals(&shutdown).expect("handlers can be installed");
    if role == "blocked" {
        block(&shutdown);
    }
    println!("ready");
    shutdown.triggered().await;
    println!("{}", shutdown.reason().expect("there is a reason"));
    if role == "stubborn" {
        std::future::pending::<()>().await;
    }
}

/// Blocks the one thread of its runtime for good; another tells that a signal has arrived.
fn block(shutdown: &Shutdown) -> ! {
    let asked = shutdown.triggered();
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(asked);
        println!("asked");
    });
    println!("ready");
    loop {
        std::thread::park();
    }
}

/// A life whose end takes longer than anybody wants to wait.
async fn drain() {
    let life = Lifecycle::new();
    life.signals(|| println!("last words"))
        .expect("handlers can be installed");
    life.tasks().spawn("deaf", std::future::pending());
    let unready = async {
        life.asked().triggered().await;
        println!("unready");
    };
    let ending = life.end().drain(Duration::MAX).run();
    println!("ready");
    tokio::join!(ending, unready);
}

struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(role: &str, command: &mut Command) -> Self {
        let command = command
            .env(ROLE, role)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("the test program starts");
        let stdout = child.stdout.take().expect("it is piped");
        let mut process = Self {
            child,
            lines: BufReader::new(stdout).lines(),
        };
        process.wait_for("ready");
        process
    }

    /// Reads on until a line ends with this; the test harness puts its own words before it.
    fn wait_for(&mut self, end: &str) {
        let found = self
            .lines
            .by_ref()
            .any(|line| line.is_ok_and(|line| line.ends_with(end)));
        assert!(found, "the child ended without saying {end:?}");
    }

    fn send(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a valid pid");
        kill_process(pid, signal).expect("the child is alive");
    }

    fn exit_code(mut self) -> Option<i32> {
        self.lines.by_ref().for_each(drop);
        let status = self.child.wait().expect("it is our child");
        assert_eq!(
            status.signal(),
            None,
            "ended by a signal instead of by itself"
        );
        status.code()
    }
}

fn this_program() -> Command {
    let mut command = Command::new(std::env::current_exe().expect("it has a path"));
    command.args(["--exact", "child", "--ignored", "--nocapture"]);
    command
}

#[test]
fn each_signal_triggers_the_shutdown_with_its_name() {
    for (signal, name) in [
        (Signal::INT, "SIGINT"),
        (Signal::TERM, "SIGTERM"),
        (Signal::HUP, "SIGHUP"),
    ] {
        if signal == Signal::HUP && hangup_is_ignored() {
            eprintln!(
                "SKIPPED SIGHUP: whoever started the tests ignores it, and children inherit that"
            );
            continue;
        }
        let mut process = Process::start("obedient", &mut this_program());
        process.send(signal);
        process.wait_for(name);
        assert_eq!(process.exit_code(), Some(0), "after {name}");
    }
}

/// As under `nohup`. Known on Linux only; elsewhere it is taken not to be.
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

#[test]
fn a_second_signal_forces_the_end() {
    let mut process = Process::start("stubborn", &mut this_program());
    process.send(Signal::TERM);
    process.wait_for("SIGTERM");
    process.send(Signal::INT);
    assert_eq!(process.exit_code(), Some(130));
}

#[test]
fn a_program_whose_runtime_is_blocked_can_be_ended() {
    let mut process = Process::start("blocked", &mut this_program());
    process.send(Signal::TERM);
    process.wait_for("asked");
    process.send(Signal::TERM);
    assert_eq!(process.exit_code(), Some(130));
}

#[test]
fn a_drain_is_cut_short_by_a_second_signal_after_the_last_words() {
    let mut process = Process::start("draining", &mut this_program());
    process.send(Signal::TERM);
    process.wait_for("unready");
    process.send(Signal::TERM);
    process.wait_for("last words");
    assert_eq!(process.exit_code(), Some(130));
}

/// `nohup` ignores SIGHUP for the program it starts, and the program must not undo that.
#[cfg(target_os = "linux")]
#[test]
fn a_hangup_ignored_from_outside_stays_ignored() {
    let program = this_program();
    let mut nohup = Command::new("nohup");
    nohup.arg(program.get_program()).args(program.get_args());
    let mut process = Process::start("obedient", &mut nohup);
    process.send(Signal::HUP);
    process.send(Signal::TERM);
    process.wait_for("SIGTERM");
    assert_eq!(process.exit_code(), Some(0));
}
