//! A network that nobody else uses: the ports that pages print are free in it. And processes of its own: whatever happens to
//! the test, the kernel ends what it has started.

use std::process::Command;

/// Where commands run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// In a network of their own.
    Own,
    /// In the machine's; its ports may be taken.
    Shared,
}

/// Says in which process which network is.
const ENTERED: &str = "COMMANDS_NETWORK";

/// How `unshare` makes it, the best way first: root may, others are root inside; containers often keep /proc to themselves.
const WAYS: [&[&str]; 4] = [
    &["-n", "--pid", "--fork", "--kill-child", "--mount-proc"],
    &["-rn", "--pid", "--fork", "--kill-child", "--mount-proc"],
    &["-n"],
    &["-rn"],
];

/// The addresses of the pages: this machine's own, and the one that teachers see in the example. The shell stays: as the
/// first process there it has to wait for those that lose their parents.
const SETUP: &str =
    "ip link set lo up && ip address add 192.168.1.20/32 dev lo || exit 1; \"$0\" \"$@\"; exit $?";

/// A shell that does what it is given in a network of its own.
fn inside(way: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args(way);
    if deaf() {
        command.args(["env", "--default-signal=INT"]);
    }
    command.args(["sh", "-c", SETUP]);
    command
}

/// Whether Ctrl-C is ignored: what this starts would not end by it.
fn deaf() -> bool {
    const INT: u64 = 1 << (2 - 1);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored
        .is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & INT != 0))
}

/// Runs the test `name` once more in a network of its own, if the machine allows that. None: that was done.
pub(crate) fn enter(name: &str) -> Option<Network> {
    if std::env::var_os(ENTERED).is_some() {
        return Some(Network::Own);
    }
    let way = WAYS.into_iter().find(|way| {
        let tried = inside(way).arg("true").output();
        tried.is_ok_and(|tried| tried.status.success())
    });
    let Some(way) = way else {
        println!(
            "No network of its own (unshare and ip are needed for that): the ports that pages print must be free."
        );
        assert!(
            !deaf(),
            "Ctrl-C is ignored here, as by all that a script starts with &: run this in the foreground"
        );
        return Some(Network::Shared);
    };
    let this = std::env::current_exe().expect("this program");
    let only = ["--exact", name, "--ignored"];
    let listed = Command::new(&this).args(only).arg("--list").output();
    let listed = String::from_utf8_lossy(&listed.expect("this program").stdout).into_owned();
    assert!(
        listed.contains(&format!("{name}: test")),
        "no test is called {name}: nothing would run"
    );
    let status = inside(way)
        .arg(this)
        .args(only)
        .arg("--nocapture")
        .env(ENTERED, "own")
        .status()
        .expect("unshare runs");
    assert!(status.success(), "a command is wrong: see above");
    None
}
