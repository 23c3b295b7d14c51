use std::time::Duration;

use crate::cgroup::{self, Cgroup, Level};
use crate::problem::Problems;
use crate::{Problem, Reading};

/// How the process's cgroups fare at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// How often the quota stopped the processes of a cgroup. Nothing if its CPU controller counts nothing.
    pub throttling: Option<Throttling>,
    /// Memory used. Nothing if there is no memory controller.
    pub memory: Option<Memory>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// What a cgroup's `cpu.stat` counted since the cgroup was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throttling {
    /// The cgroup: the one with the tightest quota, or the process's own if none has a quota.
    pub path: String,
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
    /// Its limit in bytes.
    pub limit_bytes: Option<u64>,
    /// What all processes in it and below it use, in bytes. Page cache counts: near the limit it is given up first.
    pub used_bytes: u64,
}

impl Reading {
    /// How the cgroups that decide fare now. Reads two small files.
    pub fn usage(&self) -> Usage {
        let mut problems = Problems::default();
        let throttling = told(self.cpu.as_ref(), |group, level| {
            let counts = problems.note(cgroup::throttling(group.version, &level.dir))?;
            Some(Throttling {
                path: level.path.clone(),
                counts,
            })
        });
        let memory = told(self.memory.as_ref(), |group, level| {
            let used_bytes = problems.note(cgroup::used(group.version, &level.dir))?;
            Some(Memory {
                path: level.path.clone(),
                limit_bytes: level.limit,
                used_bytes,
            })
        });
        Usage {
            throttling,
            memory,
            problems: problems.into_vec(),
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
