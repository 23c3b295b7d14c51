//! Disk, memory, cores, cgroups, and what the profiler needs.

use super::Finding;
use super::machine::Machine;
use crate::workspace::Workspace;
use std::path::PathBuf;

const GIB: u64 = 1 << 30;
/// What a build of everything takes, with the exercises.
const DISK: u64 = 6 * GIB;
/// Below this, linking the largest program does not work beside anything else.
const MEMORY: u64 = 2 * GIB;

/// Where cargo builds, and whether there is room.
pub(super) fn disk(machine: &dyn Machine, workspace: &Workspace) -> Finding {
    let target = machine
        .variable("CARGO_TARGET_DIR")
        .map_or_else(|| workspace.root().join("target"), PathBuf::from);
    let shown = target.display();
    let needed = size(DISK);
    match machine.free(&target) {
        Ok(free) if free >= DISK => Finding::ok(
            "disk",
            format!(
                "{} free at {shown}; a build of everything takes up to {needed}",
                size(free)
            ),
        ),
        Ok(free) => {
            let found = format!(
                "{} free at {shown}; a build of everything takes up to {needed}",
                size(free)
            );
            let todo = "make room, or name a folder on another disk with CARGO_TARGET_DIR; what is built already counts as taken";
            if free < DISK / 6 {
                Finding::problem("disk", found, todo)
            } else {
                Finding::warning("disk", found, todo)
            }
        }
        Err(error) => Finding::warning(
            "disk",
            format!("the system does not tell how much is free: {error}"),
            format!("see to {needed} at {shown}"),
        ),
    }
}

/// What is free for programs.
pub(super) fn memory(machine: &dyn Machine) -> Finding {
    let table = machine.read("/proc/meminfo").unwrap_or_default();
    let line = |name: &str| table.lines().find_map(|line| line.strip_prefix(name));
    let available = line("MemAvailable:")
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .map(|kib| kib * 1024);
    match available {
        Some(bytes) if bytes >= MEMORY => {
            Finding::ok("memory", format!("{} available", size(bytes)))
        }
        Some(bytes) => Finding::warning(
            "memory",
            format!(
                "{} available; a build needs about {}",
                size(bytes),
                size(MEMORY)
            ),
            "close other programs, or build with fewer at a time: CARGO_BUILD_JOBS=1",
        ),
        None => Finding::ok("memory", "not told by this system"),
    }
}

/// How many things can happen at the same time.
pub(super) fn cores(machine: &dyn Machine) -> Finding {
    let cpu = machine.cpu();
    if cpu.workers >= 2 {
        return Finding::ok("cores", cpu.why);
    }
    Finding::warning(
        "cores",
        cpu.why,
        "labs that compare one core with several show little here; give the machine or the container two or more",
    )
}

/// Whether labs can put a program under a real quota.
pub(super) fn cgroup(machine: &dyn Machine) -> Finding {
    let cpu = machine.cpu();
    let Some(cgroup) = cpu.cgroup else {
        return Finding::ok(
            "cgroups",
            "none on this system; labs compute what a quota does",
        );
    };
    let quota = match cpu.quota {
        Some(cores) => format!("a quota of {cores} CPUs is in force"),
        None => "no quota is in force".to_owned(),
    };
    match machine.make_cgroup() {
        Ok(()) => Finding::ok(
            "cgroups",
            format!("{cgroup}: {quota}, and groups can be made"),
        ),
        Err(error) => Finding::ok(
            "cgroups",
            format!(
                "{cgroup}: {quota}; groups cannot be made here ({error}), so labs compute what a quota does and say so"
            ),
        ),
    }
}

/// The CPU profiler uses the process's own timers: neither ptrace nor perf events, and no privileges.
pub(super) fn profiler(machine: &dyn Machine) -> Finding {
    match machine.system() {
        ("linux", "x86_64" | "aarch64") => {
            Finding::ok("profiles", "all of them; no privileges are needed")
        }
        ("macos", _) => Finding::warning(
            "profiles",
            "CPU and tasks; heap and threads need Linux",
            "use a Linux machine or container for those chapters",
        ),
        (os, arch) => Finding::problem(
            "profiles",
            format!("the course is not made for {os} on {arch}"),
            "use Linux on x86-64 or 64-bit Arm, or macOS; on Windows, the Linux subsystem",
        ),
    }
}

fn size(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / GIB as f64)
}
