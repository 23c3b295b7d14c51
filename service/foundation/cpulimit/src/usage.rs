use std::time::Duration;

use crate::cgroup::{self, Cgroup, Folder, Level, Version};
use crate::problem::Problems;
use crate::{Problem, Quota, Reading};

/// How the process's cgroups fare at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// How often the quota stopped the processes of a cgroup. Nothing if its CPU controller counts nothing.
    pub throttling: Option<Throttling>,
    /// Memory used. Nothing if there is no memory controller.
    pub memory: Option<Memory>,
    /// What the processes of the process's own cgroup waited for.
    pub pressures: Pressures,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// What a cgroup's `cpu.stat` counted since the cgroup was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throttling {
    /// The cgroup: the one with the tightest quota, or the process's own if none has a quota.
    pub path: String,
    /// Its kind.
    pub version: Version,
    /// Its quota, if it has one.
    pub quota: Option<Quota>,
    /// The figures.
    pub counts: Counts,
}

/// Figures of `cpu.stat`. They only grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Periods in which something ran.
    pub periods: u64,
    /// Periods in which the quota was used up and processes had to wait.
    pub throttled_periods: u64,
    /// How long they waited, added up over the CPUs: it may grow faster than time passes.
    pub throttled: Duration,
    /// Periods in which more than the quota was used; 0 on kernels that know no burst.
    pub bursts: u64,
    /// CPU time used beyond the quota.
    pub burst: Duration,
}

/// Memory used by a cgroup and its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// The cgroup: the one with the tightest limit, or the process's own if none has a limit.
    pub path: String,
    /// Its kind.
    pub version: Version,
    /// Its limit in bytes.
    pub limit_bytes: Option<u64>,
    /// What all processes in it and below it use, in bytes. Page cache counts: near the limit it is given up first.
    pub used_bytes: u64,
    /// The most that was used at once, where the kernel tells.
    pub peak_bytes: Option<u64>,
    /// What the limit led to.
    pub events: MemoryEvents,
}

/// What a memory limit led to since the cgroup was made. What the kernel does not count is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryEvents {
    /// How often the limit was met, so that memory had to be given up.
    pub limit_hits: Option<u64>,
    /// How often that was not enough: no memory could be given up.
    pub ooms: Option<u64>,
    /// How many processes were killed for it.
    pub oom_kills: Option<u64>,
}

/// How long the work of a cgroup waited for what it lacked (pressure stall information, cgroup v2 only).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pressures {
    /// The cgroup; absent if there is no unified hierarchy or it cannot be seen.
    pub path: Option<String>,
    /// Waiting for a CPU, a quota's stops included.
    pub cpu: Option<Pressure>,
    /// Waiting for memory that was given up to come back, or for some to be given up.
    pub memory: Option<Pressure>,
    /// Waiting for storage.
    pub io: Option<Pressure>,
}

/// The pressure of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pressure {
    /// Time in which at least one task waited.
    pub some: Stall,
    /// Time in which all did at once; absent where the kernel does not tell.
    pub full: Option<Stall>,
}

/// Time spent waiting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stall {
    /// Share of the last 10 s, in percent.
    pub percent_10s: f64,
    /// Share of the last minute, in percent.
    pub percent_60s: f64,
    /// Share of the last five minutes, in percent.
    pub percent_300s: f64,
    /// All of it, since the cgroup was made.
    pub total: Duration,
}

impl Reading {
    /// How the cgroups that decide fare now. Reads up to seven small files.
    pub fn usage(&self) -> Usage {
        let mut problems = Problems::default();
        let throttling = told(self.cpu.as_ref(), |group, level| {
            let counts = problems.note(cgroup::throttling(group.version, &level.dir))?;
            Some(Throttling {
                path: level.path.clone(),
                version: group.version,
                quota: level.limit,
                counts,
            })
        });
        let memory = told(self.memory.as_ref(), |group, level| {
            let used_bytes = problems.note(cgroup::used(group.version, &level.dir))?;
            let peak_bytes = problems.note(cgroup::peak(group.version, &level.dir));
            let events = cgroup::events(group.version, &level.dir).map(Some);
            Some(Memory {
                path: level.path.clone(),
                version: group.version,
                limit_bytes: level.limit,
                used_bytes,
                peak_bytes,
                events: problems.note(events).unwrap_or_default(),
            })
        });
        let pressures = self.unified.as_ref();
        Usage {
            throttling,
            memory,
            pressures: pressures.map_or_else(Pressures::default, |own| {
                Pressures::read(own, &mut problems)
            }),
            problems: problems.into_vec(),
        }
    }
}

impl Pressures {
    fn read(own: &Folder, problems: &mut Problems) -> Self {
        let mut of = |resource| problems.note(cgroup::pressure(&own.dir, resource));
        Self {
            cpu: of("cpu"),
            memory: of("memory"),
            io: of("io"),
            path: Some(own.path.clone()),
        }
    }
}

/// What the telling level of the group tells.
fn told<L: Ord, T>(
    group: Option<&Cgroup<L>>,
    tell: impl FnOnce(&Cgroup<L>, &Level<L>) -> Option<T>,
) -> Option<T> {
    let group = group?;
    tell(group, group.telling()?)
}
