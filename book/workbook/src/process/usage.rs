//! What a process group uses, looked at from outside. The system's own limits are per process, or per user, and not
//! for root; these are for the group as a whole.
//!
//! Looking at every process of the machine takes milliseconds, which would show in what a lab measures. So what is
//! looked at often is cheap: the leader's memory, and how many tasks the whole system has.

use super::supervise::{Budget, Ended};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often something is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Each how many looks everything is looked at.
const WHOLE: u32 = 20;

/// Resolves when the group of `leader` uses more than it may.
pub(super) async fn exceeded(leader: i32, budget: &Budget) -> Ended {
    let (Some(memory), Some(processes)) = (budget.memory, budget.processes) else {
        return std::future::pending().await;
    };
    let before = tasks();
    let folder = PathBuf::from(format!("/proc/{leader}"));
    for look in 1_u32.. {
        tokio::time::sleep(LOOK).await;
        let many = tasks() > before.saturating_add(processes);
        let large = resident(&folder) > memory;
        if !many && !large && !look.is_multiple_of(WHOLE) {
            continue;
        }
        let group = Usage::of(leader);
        if group.processes > processes {
            return Ended::Processes;
        }
        if group.memory > memory {
            return Ended::Memory;
        }
    }
    std::future::pending().await
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Usage {
    memory: u64,
    processes: usize,
}

impl Usage {
    /// What the processes of a group use. (Their shared pages count for each of them.)
    fn of(group: i32) -> Usage {
        let mut usage = Usage::default();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let name = entry.file_name();
            if !name.as_encoded_bytes().iter().all(u8::is_ascii_digit) {
                continue;
            }
            let Ok(line) = std::fs::read_to_string(entry.path().join("stat")) else {
                continue;
            };
            if group_of(&line) == Some(group) {
                usage.processes += 1;
                usage.memory += resident(&entry.path());
            }
        }
        usage
    }
}

/// The group of a living process. From the line of `/proc/PID/stat` (proc_pid_stat(5)); its second field may hold spaces and brackets.
fn group_of(line: &str) -> Option<i32> {
    let (_, rest) = line.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').take(3).collect();
    // What has ended and only waits to be noticed uses nothing.
    let lives = !["Z", "X"].contains(fields.first()?);
    fields.get(2).filter(|_| lives)?.parse().ok()
}

/// How many tasks the system has (the number behind the slash in `/proc/loadavg`).
fn tasks() -> usize {
    let tasks = || {
        let line = std::fs::read_to_string("/proc/loadavg").ok()?;
        line.split(['/', ' ']).nth(4)?.parse().ok()
    };
    tasks().unwrap_or(0)
}

/// The memory that the process of a folder of `/proc` uses.
fn resident(process: &Path) -> u64 {
    let kib = || {
        let status = std::fs::read_to_string(process.join("status")).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    kib().unwrap_or(0) << 10
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::process::Group;
    use tokio::process::Command;

    #[test]
    fn a_name_may_look_like_fields() {
        assert_eq!(group_of("7 (a) S 9 (b) S 1 42 43 0 -1"), Some(42));
        assert!(tasks() > 0);
    }

    #[tokio::test]
    async fn a_group_is_counted_as_a_whole() {
        let mut command = Command::new("sh");
        let mut group =
            Group::spawn(command.args(["-c", "sleep 1000 & sleep 1000 & wait"])).expect("a shell");
        let all = async {
            while Usage::of(group.id()).processes != 3 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), all)
            .await
            .expect("a shell and two sleepers");
        let leader = resident(Path::new(&format!("/proc/{}", group.id())));
        assert!(leader > 0 && Usage::of(group.id()).memory > leader);
        group.end(Duration::ZERO).await.expect("it can be killed");
        let none = async {
            while Usage::of(group.id()) != Usage::default() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_mins(1), none).await;
        ended.expect("nobody is left");
    }
}
