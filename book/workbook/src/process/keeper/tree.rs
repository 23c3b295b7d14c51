//! Processes by who has started them, as `/proc` tells.

use rustix::process::{Pid, Signal, getpgrp, kill_process, kill_process_group};
use std::collections::{BTreeSet, HashMap};

/// A process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: i32,
    parent: i32,
    group: i32,
    /// What has ended and only waits to be noticed uses nothing.
    lives: bool,
}

/// All processes below `root`: its children, theirs, and so on.
pub(super) fn below(root: i32) -> Vec<Process> {
    let mut families: HashMap<i32, Vec<Process>> = HashMap::new();
    for process in all() {
        families.entry(process.parent).or_default().push(process);
    }
    let mut found = families.remove(&root).unwrap_or_default();
    let mut next = 0;
    while let Some(process) = found.get(next) {
        let children = families.remove(&process.id);
        found.extend(children.into_iter().flatten());
        next += 1;
    }
    found.retain(|process| process.lives);
    found
}

/// Kills all of them, whole process groups first: the kernel does that at once, so that nobody in one gets away by starting
/// others. Who leaves their group and is started meanwhile is not among them.
pub(super) fn kill_below(root: Pid) {
    let all = below(root.as_raw_nonzero().get());
    let own = getpgrp().as_raw_nonzero().get();
    let groups: BTreeSet<i32> = all.iter().map(|process| process.group).collect();
    for group in groups.into_iter().filter(|group| *group != own) {
        // They may have ended already.
        let _ = Pid::from_raw(group).map(|group| kill_process_group(group, Signal::KILL));
    }
    for process in all {
        let _ = Pid::from_raw(process.id).map(|id| kill_process(id, Signal::KILL));
    }
}

fn all() -> impl Iterator<Item = Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        of_line(id, &line)
    })
}

/// From the line of `/proc/PID/stat` (proc_pid_stat(5)); its second field may hold spaces and brackets.
fn of_line(id: i32, line: &str) -> Option<Process> {
    let (_, rest) = line.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?;
    let mut number = || fields.next()?.parse().ok();
    let (parent, group) = (number()?, number()?);
    Some(Process {
        id,
        parent,
        group,
        lives: !["Z", "X"].contains(&state),
    })
}

/// The memory that a process uses, in bytes.
pub(super) fn resident(process: i32) -> u64 {
    let kib = || {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    kib().unwrap_or(0) << 10
}

/// How many tasks the system has (the number behind the slash in `/proc/loadavg`, proc_loadavg(5)).
pub(super) fn tasks() -> u64 {
    let tasks = || {
        let line = std::fs::read_to_string("/proc/loadavg").ok()?;
        line.split(['/', ' ']).nth(4)?.parse().ok()
    };
    tasks().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_fields() {
        let process = of_line(7, "7 (a) S 9 (b) S 1 42 43 0 -1").expect("a process");
        assert_eq!(
            (process.parent, process.group, process.lives),
            (1, 42, true)
        );
        let ended = of_line(7, "7 (a) Z 1 42 43 0 -1").expect("a process");
        assert!(!ended.lives);
        assert!(tasks() > 0);
    }

    #[test]
    fn a_family_is_found_and_killed() {
        let mut shell = std::process::Command::new("sh")
            .args(["-c", "(sleep 1000 & wait) & wait"])
            .spawn()
            .expect("a shell");
        let root = Pid::from_child(&shell);
        let id = root.as_raw_nonzero().get();
        let until = |count: usize| {
            let end = std::time::Instant::now() + std::time::Duration::from_mins(1);
            while below(id).len() != count {
                assert!(
                    std::time::Instant::now() < end,
                    "not {count} below the shell"
                );
                std::thread::yield_now();
            }
        };
        until(2);
        assert!(resident(id) > 0);
        kill_below(root);
        until(0);
        shell.wait().expect("it has ended");
    }
}
