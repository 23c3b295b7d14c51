//! What a process may use, by the files of its cgroups.

use super::exercise::workers;
use gym::{Check, expect};

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("no cgroup: as many as there are CPUs", none)
        .case("no limit: as many as there are CPUs", unlimited)
        .case("version 2: 200 ms in each 100 ms are two", two_of_v2)
        .case("version 1: 200 ms in each 100 ms are two", two_of_v1)
        .case("one and a half CPUs are two workers", one_and_a_half)
        .case("a fifth of a CPU is one worker", a_fifth)
        .case("no more workers than CPUs", more_than_there_is)
        .case("the tightest limit counts, wherever it is", nested)
        .case("what can't be read is no limit", unreadable)
}

/// A file system of a few files.
fn tree(files: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
    move |path| {
        let found = files.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| (*text).to_owned())
    }
}

fn check_workers(
    files: &'static [(&'static str, &'static str)],
    affinity: usize,
    right: usize,
    why: &str,
) {
    let found = workers(&tree(files), affinity);
    expect(
        found == right,
        &format!("{right} worker threads on {affinity} CPUs"),
        || format!("{found}"),
        why,
    );
}

async fn none() {
    check_workers(
        &[],
        8,
        8,
        "Without cgroups nothing limits the process but the machine.",
    );
}

async fn unlimited() {
    let v2 = &[
        ("/proc/self/cgroup", "0::/shop\n"),
        ("/sys/fs/cgroup/shop/cpu.max", "max 100000\n"),
    ];
    check_workers(v2, 8, 8, "In version 2, `max` is no limit.");
    let v1 = &[
        ("/proc/self/cgroup", "4:cpu,cpuacct:/shop\n"),
        ("/sys/fs/cgroup/cpu/shop/cpu.cfs_quota_us", "-1\n"),
        ("/sys/fs/cgroup/cpu/shop/cpu.cfs_period_us", "100000\n"),
    ];
    check_workers(v1, 8, 8, "In version 1, -1 is no limit.");
}

async fn two_of_v2() {
    let files = &[
        ("/proc/self/cgroup", "0::/shop\n"),
        ("/sys/fs/cgroup/shop/cpu.max", "200000 100000\n"),
    ];
    check_workers(
        files,
        8,
        2,
        "Eight threads would use up 200 ms in the first quarter of each period, and stand still for the rest.",
    );
    let half = &[
        ("/proc/self/cgroup", "0::/shop\n"),
        ("/sys/fs/cgroup/shop/cpu.max", "100000 50000\n"),
    ];
    check_workers(
        half,
        8,
        2,
        "A period need not be 100 ms: it stands beside the quota.",
    );
}

async fn two_of_v1() {
    let files = &[
        (
            "/proc/self/cgroup",
            "5:memory:/shop\n4:cpu,cpuacct:/shop\n0::/\n",
        ),
        ("/sys/fs/cgroup/cpu/shop/cpu.cfs_quota_us", "200000\n"),
        ("/sys/fs/cgroup/cpu/shop/cpu.cfs_period_us", "100000\n"),
    ];
    check_workers(
        files,
        8,
        2,
        "Version 1 has a hierarchy for each controller; the one of CPU time is named `cpu` among others.",
    );
}

async fn one_and_a_half() {
    let files = &[
        ("/proc/self/cgroup", "0::/shop\n"),
        ("/sys/fs/cgroup/shop/cpu.max", "150000 100000\n"),
    ];
    check_workers(
        files,
        8,
        2,
        "Rounded down, a third of the limit can never be used. Rounded up, all of it can.",
    );
}

async fn a_fifth() {
    let files = &[
        ("/proc/self/cgroup", "0::/shop\n"),
        ("/sys/fs/cgroup/shop/cpu.max", "20000 100000\n"),
    ];
    check_workers(files, 8, 1, "A program without a worker does nothing.");
}

async fn more_than_there_is() {
    let files = &[
        ("/proc/self/cgroup", "0::/shop\n"),
        ("/sys/fs/cgroup/shop/cpu.max", "1600000 100000\n"),
    ];
    check_workers(
        files,
        4,
        4,
        "The limit is wider than the machine. A fifth worker would only wait for a CPU.",
    );
}

async fn nested() {
    let files = &[
        ("/proc/self/cgroup", "0::/pods/shop/api\n"),
        ("/sys/fs/cgroup/pods/shop/api/cpu.max", "400000 100000\n"),
        ("/sys/fs/cgroup/pods/shop/cpu.max", "max 100000\n"),
        ("/sys/fs/cgroup/pods/cpu.max", "100000 100000\n"),
    ];
    check_workers(
        files,
        8,
        1,
        "A group above has less. Every limit on the way up holds for all below it.",
    );
    let v1 = &[
        ("/proc/self/cgroup", "4:cpu:/pods/api\n"),
        ("/sys/fs/cgroup/cpu/pods/api/cpu.cfs_quota_us", "-1\n"),
        ("/sys/fs/cgroup/cpu/pods/api/cpu.cfs_period_us", "100000\n"),
        ("/sys/fs/cgroup/cpu/pods/cpu.cfs_quota_us", "300000\n"),
        ("/sys/fs/cgroup/cpu/pods/cpu.cfs_period_us", "100000\n"),
    ];
    check_workers(
        v1,
        8,
        3,
        "A group above has less. Every limit on the way up holds for all below it.",
    );
}

async fn unreadable() {
    let files = &[
        ("/proc/self/cgroup", "0::/shop\nnonsense\n"),
        ("/sys/fs/cgroup/shop/cpu.max", "what?\n"),
    ];
    check_workers(
        files,
        8,
        8,
        "A file that says nothing sensible is no reason to stop, nor to invent a limit.",
    );
}
