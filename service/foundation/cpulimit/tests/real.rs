//! On the real system: real affinity, real cgroups, files that really may not be read.
//!
//! Making cgroups needs rights that few machines give; what cannot be tried says why on the error output.
#![cfg(target_os = "linux")]

mod child;
mod files;
mod sandbox;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use child::{Child, Way};
use cpulimit::{Basis, Problem, Sources};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use sandbox::{Sandbox, skipped};

#[test]
fn a_thread_bound_to_one_cpu_has_one() {
    let all = sched_getaffinity(None).expect("Linux tells");
    assert_eq!(
        Sources::system().read().affinity,
        Some(all.count() as usize)
    );
    let bound = std::thread::spawn(move || {
        let first = (0..CpuSet::MAX_CPU)
            .find(|&cpu| all.is_set(cpu))
            .expect("there is one");
        let mut one = CpuSet::new();
        one.set(first);
        sched_setaffinity(None, &one).expect("a thread may bind itself");
        Sources::system().read()
    });
    let reading = bound.join().expect("it does not panic");
    assert_eq!(
        (reading.affinity, reading.decision.workers.get()),
        (Some(1), 1)
    );
}

#[test]
fn the_file_says_the_same_as_the_call() {
    let asked = Sources::system().read();
    let read = Sources::system().affinity(None).read();
    assert_eq!(asked.affinity, read.affinity);
}

#[test]
fn the_standard_library_sees_no_less() {
    let reading = Sources::system().read();
    assert_ne!(reading.decision.basis, Basis::Nothing);
    // It sees the affinity, looks for cgroups in fewer places, and rounds down.
    let floor = (reading.decision.limit.floor() as usize).max(1);
    assert!(reading.parallelism >= Some(floor), "{reading}");
}

#[test]
fn whatever_this_system_tells_is_understood() {
    let reading = Sources::system().read();
    let usage = reading.usage();
    let mut problems = reading.problems.iter().chain(&usage.problems);
    let malformed = problems.find(|problem| matches!(problem, Problem::Malformed { .. }));
    assert_eq!(malformed, None);
}

#[test]
fn a_quota_of_its_own() {
    let Some(sandbox) = Sandbox::new() else {
        return;
    };
    sandbox.limit(sandbox.inner(), 150, 100);
    let mut child = child();
    sandbox.enter(&child);
    let found = child.ask("read");
    assert_eq!(found["cgroup"]["version"], sandbox.version());
    assert_eq!(found["cgroup"]["quota_cores"], 1.5, "{found}");
    assert_eq!(
        found["cgroup"]["quota_path"], found["cgroup"]["path"],
        "{found}"
    );
}

#[test]
fn a_quota_above_and_its_change() {
    let Some(sandbox) = Sandbox::new() else {
        return;
    };
    sandbox.limit(sandbox.outer(), 20, 50);
    let mut child = child();
    sandbox.enter(&child);
    let found = child.ask("read");
    assert_eq!(found["cgroup"]["quota_cores"], 0.4, "{found}");
    assert_eq!(
        (&found["limit_by"], &found["workers"]),
        (&"quota".into(), &1.into()),
        "{found}"
    );
    let path = |name: &str| {
        found["cgroup"][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(path("path"), path("quota_path") + "/inner");

    assert_eq!(child.ask("check"), "no change");
    sandbox.limit(sandbox.outer(), 30, 50);
    assert_eq!(child.ask("check"), "the CPU limit was 0.4 and is 0.6 now");
    assert_eq!(child.ask("check"), "no change");
}

#[test]
fn who_exceeds_the_quota_is_throttled() {
    let Some(sandbox) = Sandbox::new() else {
        return;
    };
    sandbox.limit(sandbox.outer(), 10, 100);
    let mut child = child();
    sandbox.enter(&child);
    let figure = |found: &serde_json::Value, name: &str| found["usage"]["cpu"][name].as_u64();
    let idle = child.ask("read");
    assert!(figure(&idle, "throttled_total_ns").is_some(), "{idle}");
    let busy = child.ask("burn");
    assert!(
        figure(&busy, "periods_total") > figure(&idle, "periods_total"),
        "{idle} {busy}"
    );
    assert!(
        figure(&busy, "throttled_total_ns") > figure(&idle, "throttled_total_ns"),
        "{idle} {busy}"
    );
}

#[test]
fn a_burst() {
    let Some(sandbox) = Sandbox::new() else {
        return;
    };
    sandbox.limit(sandbox.inner(), 50, 100);
    if !sandbox.burst(sandbox.inner(), 20) {
        return skipped("this kernel has no burst");
    }
    let mut child = child();
    sandbox.enter(&child);
    let found = child.ask("read");
    assert_eq!(found["cgroup"]["burst_ns"], 20_000_000, "{found}");
    assert_eq!(found["limit_cores"], 0.5, "{found}");
}

#[test]
fn in_a_cgroup_namespace_under_the_machines_mount() {
    let Some(sandbox) = Sandbox::new() else {
        return;
    };
    sandbox.limit(sandbox.outer(), 30, 100);
    let mut child = Child::start(&Way::Namespace).expect("there is a shell");
    sandbox.enter(&child);
    let asked = child.tell("go").and_then(|()| child.tell("read"));
    let found = match asked.and_then(|()| child.answer()) {
        Ok(found) => found,
        Err(error) => return skipped(format!("unshare makes no cgroup namespace: {error}")),
    };
    assert_eq!(found["cgroup"]["path"], "/", "{found}");
    assert_eq!(found["cgroup"]["quota_cores"], 0.3, "{found}");
    let quota_path = found["cgroup"]["quota_path"].as_str().unwrap_or_default();
    assert!(
        quota_path.starts_with("/../") && quota_path.ends_with(&sandbox.name()),
        "{found}"
    );
}

#[test]
fn a_file_that_may_not_be_read() {
    let root = tempfile::tempdir().expect("a folder");
    let write = |path, contents: &str| files::write(root.path(), path, contents.as_bytes());
    write("/proc/self/cgroup", "0::/pod\n");
    write(
        "/proc/self/mountinfo",
        "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
    );
    write("/sys/fs/cgroup/cpu.max", "70000 100000\n");
    write("/sys/fs/cgroup/pod/cpu.max", "30000 100000\n");
    let forbidden = root.path().join("sys/fs/cgroup/pod/cpu.max");
    let permit =
        |path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
    permit(forbidden.as_path(), 0o000);
    permit(root.path(), 0o755);

    let root = root.path().to_owned();
    let mut child = match Child::start(&Way::Nobody { root }) {
        Ok(child) => child,
        Err(error) => return skipped(format!("another user may not start this program: {error}")),
    };
    let found = child.ask("read");
    assert_eq!(
        found["cgroup"]["quota_cores"], 0.7,
        "the level above decides: {found}"
    );
    let problem = format!("{}: Permission denied (os error 13)", forbidden.display());
    assert_eq!(found["problems"], serde_json::json!([problem]));
}

fn child() -> Child {
    Child::start(&Way::Direct).expect("this program can be started again")
}
