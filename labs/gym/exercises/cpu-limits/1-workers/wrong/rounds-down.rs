//! Rounds down, as the standard library does.
//!
//! `files` reads a file, or answers `None` where there is none; in a service it would be `std::fs::read_to_string`.

/// The files of a cgroup and of all above it, the process's own first.
fn groups(mount: &str, path: &str) -> Vec<String> {
    let mut folders = vec![format!("{mount}{}", path.trim_end_matches('/'))];
    while let Some((above, _)) = folders[folders.len() - 1].rsplit_once('/') {
        if above.len() < mount.len() {
            break;
        }
        folders.push(above.to_owned());
    }
    folders
}

/// The CPUs that a quota of `quota` in each `period` is worth.
fn cpus(quota: &str, period: &str) -> Option<usize> {
    // No number, such as `max` and -1, is no limit.
    let quota: usize = quota.trim().parse().ok()?;
    let period: usize = period.trim().parse().ok()?;
    (period > 0).then(|| quota / period)
}

/// The process's cgroup in version 2 and in version 1's hierarchy of CPU time.
fn limits(files: &dyn Fn(&str) -> Option<String>) -> Vec<usize> {
    let mut found = Vec::new();
    for line in files("/proc/self/cgroup").unwrap_or_default().lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(id), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        if id == "0" && controllers.is_empty() {
            for folder in groups("/sys/fs/cgroup", path) {
                let limit = files(&format!("{folder}/cpu.max"));
                found.extend(limit.and_then(|limit| {
                    let (quota, period) = limit.trim().split_once(' ')?;
                    cpus(quota, period)
                }));
            }
        } else if controllers.split(',').any(|controller| controller == "cpu") {
            for folder in groups("/sys/fs/cgroup/cpu", path) {
                let quota = files(&format!("{folder}/cpu.cfs_quota_us"));
                let period = files(&format!("{folder}/cpu.cfs_period_us"));
                found.extend(quota.zip(period).and_then(|(q, p)| cpus(&q, &p)));
            }
        }
    }
    found
}

/// The number of worker threads for a process that may run on `affinity` CPUs.
pub fn workers(files: &dyn Fn(&str) -> Option<String>, affinity: usize) -> usize {
    let tightest = limits(files).into_iter().min();
    tightest.unwrap_or(affinity).min(affinity).max(1)
}
