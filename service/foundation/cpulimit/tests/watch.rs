//! What counts as a change while a process runs.

mod files;

use std::fs;
use std::path::Path;

use cpulimit::{Basis, Sources, Watch};
use files::write;
use tempfile::TempDir;

const MAX: &str = "/sys/fs/cgroup/pod/cpu.max";

#[test]
fn a_new_quota_is_a_change_and_is_told_once() {
    let (root, mut watch) = pod("150000 100000\n");
    assert_eq!(watch.reading().decision.workers.get(), 2);
    assert_eq!(watch.check(), None);

    write(root.path(), MAX, b"350000 100000\n");
    let change = watch.check().expect("the quota is another");
    assert_eq!((change.before.limit, change.after.limit), (1.5, 3.5));
    assert_eq!(change.after, watch.reading().decision);
    assert_eq!(
        change.to_string(),
        "the CPU limit was 1.5 and is 3.5 now, for 4 worker threads instead of 2"
    );
    assert_eq!(watch.cpu().workers.get(), 4);
    assert_eq!(watch.check(), None);
    let published = watch.cpu();
    assert_eq!(published.changes_total, 1);
    assert_eq!(published.last_change, Some(change.to_string()));
}

#[test]
fn a_quota_that_ends_leaves_the_affinity() {
    let (root, mut watch) = pod("150000 100000\n");
    write(root.path(), MAX, b"max 100000\n");
    let change = watch.check().expect("the quota is gone");
    assert_eq!(
        (change.before.basis, change.after.basis),
        (Basis::Quota, Basis::Affinity)
    );
    assert_eq!(change.after.workers.get(), 8);
}

#[test]
fn a_change_may_leave_the_number_of_workers() {
    let (root, mut watch) = pod("150000 100000\n");
    write(root.path(), MAX, b"199000 100000\n");
    let change = watch.check().expect("the quota is another");
    assert_eq!(change.to_string(), "the CPU limit was 1.5 and is 1.99 now");

    write(root.path(), "/sys/fs/cgroup/pod/memory.max", b"4096\n");
    write(root.path(), "/sys/fs/cgroup/pod/memory.current", b"1024\n");
    let change = watch.check().expect("the memory is limited now");
    assert_eq!(change.to_string(), "the CPU limit is still 1.99");
    assert_eq!(
        watch.cgroup().and_then(|cgroup| cgroup.memory?.limit_bytes),
        Some(4096)
    );
}

#[test]
fn what_is_used_is_no_change() {
    let (root, mut watch) = pod("150000 100000\n");
    for counted in 1..=3 {
        let stat =
            format!("nr_periods {counted}\nnr_throttled {counted}\nthrottled_usec {counted}\n");
        write(root.path(), "/sys/fs/cgroup/pod/cpu.stat", stat.as_bytes());
        write(
            root.path(),
            "/sys/fs/cgroup/pod/memory.current",
            format!("{counted}\n").as_bytes(),
        );
        assert_eq!(watch.check(), None);
        let cgroup = watch.cgroup().expect("there is one");
        let throttled = cgroup.cpu.map(|counts| counts.throttled_periods_total);
        let used = cgroup.memory.map(|memory| memory.used_bytes);
        assert_eq!((throttled, used), (Some(counted), Some(counted)));
    }
}

#[test]
fn another_cgroup_is_a_change() {
    let (root, mut watch) = pod("150000 100000\n");
    write(
        root.path(),
        "/sys/fs/cgroup/other/cpu.max",
        b"150000 100000\n",
    );
    write(root.path(), "/proc/self/cgroup", b"0::/other\n");
    let change = watch.check().expect("the process was moved");
    assert_eq!(change.before, change.after);
    let path = |watch: &Watch| {
        watch
            .reading()
            .cpu
            .as_ref()
            .map(|cgroup| cgroup.path.clone())
    };
    assert_eq!(path(&watch).as_deref(), Some("/other"));
}

#[test]
fn a_file_that_breaks_is_a_change_and_so_is_its_repair() {
    let (root, mut watch) = pod("150000 100000\n");
    write(root.path(), MAX, b"150000");
    watch.check().expect("the quota is not known any more");
    assert_eq!(watch.reading().problems.len(), 1);
    assert_eq!(watch.reading().decision.basis, Basis::Affinity);

    write(root.path(), MAX, b"150000 100000\n");
    watch.check().expect("it is known again");
    assert_eq!(watch.reading().problems, []);
}

#[test]
fn the_whole_system_may_go_away() {
    let (root, mut watch) = pod("150000 100000\n");
    fs::remove_dir_all(root.path()).expect("the folder is ours");
    watch.check().expect("no cgroups any more");
    assert_eq!(watch.reading().decision.workers.get(), 8);
    assert_eq!(watch.cgroup(), None);
}

/// A process in the cgroup `/pod` with this quota, on a machine of eight CPUs.
fn pod(quota: &str) -> (TempDir, Watch) {
    let root = tempfile::tempdir().expect("a folder");
    write(root.path(), "/proc/self/cgroup", b"0::/pod\n");
    let mount = b"30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    write(root.path(), "/proc/self/mountinfo", mount);
    write(root.path(), MAX, quota.as_bytes());
    let watch = Watch::new(sources(root.path()));
    (root, watch)
}

fn sources(root: &Path) -> Sources {
    Sources::system()
        .under(root)
        .affinity(Some(8))
        .parallelism(Some(8))
}
