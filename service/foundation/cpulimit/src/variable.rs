use std::num::NonZeroUsize;
use std::time::Duration;

use serde::Serialize;

use crate::cgroup::Cgroup;
use crate::{Memory, Quota, Reading, Throttling, Usage};

/// A reading as it is published: what is not known is absent, times are in nanoseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variable {
    /// Worker threads.
    pub workers: NonZeroUsize,
    /// The same in words: the line for the log.
    pub explanation: String,
    /// What CPU the process has, in CPUs.
    pub limit_cores: f64,
    /// Who sets that limit: `affinity`, `quota`, `downward`, `parallelism`, or `nothing` if it is not known.
    pub limit_by: &'static str,
    /// Whether the number of workers was set by hand.
    pub by_hand: bool,
    /// On how many CPUs the process may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<usize>,
    /// What Rust's standard library makes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_parallelism: Option<usize>,
    /// What Kubernetes' downward API said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downward_cores: Option<f64>,
    /// The process's cgroup and its tightest CPU quota.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<CgroupVariable>,
    /// What the quota refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttling: Option<ThrottlingVariable>,
    /// The cgroup's memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryVariable>,
    /// What could not be found out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// The cgroup of the `cpu` controller.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CgroupVariable {
    /// `v1` or `v2`.
    pub version: String,
    /// The process's own cgroup.
    pub path: String,
    /// The tightest quota of it and those above it; absent if none has one.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub quota: Option<QuotaVariable>,
}

/// A CPU quota.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuotaVariable {
    /// The cgroup that has it.
    pub quota_path: String,
    /// The quota in CPUs.
    pub quota_cores: f64,
    /// CPU time in each period.
    pub quota_ns: u64,
    /// The period.
    pub period_ns: u64,
    /// CPU time that may be saved up and used beyond the quota.
    pub burst_ns: u64,
}

/// What the quota refused since the cgroup was made. All of it only grows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThrottlingVariable {
    /// The cgroup.
    pub path: String,
    /// Periods in which something ran.
    pub periods_total: u64,
    /// Periods in which the quota was used up.
    pub throttled_periods_total: u64,
    /// How long processes waited for the next period, added up over the CPUs.
    pub throttled_total_ns: u64,
    /// Periods in which more than the quota was used.
    pub bursts_total: u64,
    /// CPU time used beyond the quota.
    pub burst_total_ns: u64,
}

/// The memory of a cgroup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemoryVariable {
    /// The cgroup.
    pub path: String,
    /// Its limit; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_bytes: Option<u64>,
    /// What is used, page cache included.
    pub used_bytes: u64,
}

impl Variable {
    /// The reading with what was measured along with it.
    pub fn new(reading: &Reading, usage: &Usage) -> Self {
        let problems = reading.problems.iter().chain(&usage.problems);
        Self {
            workers: reading.decision.workers,
            explanation: reading.to_string(),
            limit_cores: reading.decision.limit,
            limit_by: reading.decision.basis.name(),
            by_hand: reading.decision.by_hand,
            affinity: reading.affinity,
            available_parallelism: reading.parallelism,
            downward_cores: reading.downward.map(crate::Downward::cores),
            cgroup: reading.cpu.as_ref().map(CgroupVariable::new),
            throttling: usage.throttling.as_ref().map(ThrottlingVariable::new),
            memory: usage.memory.as_ref().map(MemoryVariable::new),
            problems: problems.map(ToString::to_string).collect(),
        }
    }
}

impl CgroupVariable {
    fn new(cgroup: &Cgroup<Quota>) -> Self {
        let quota = cgroup.tightest().map(|(level, quota)| QuotaVariable {
            quota_path: level.path.clone(),
            quota_cores: quota.cores(),
            quota_ns: ns(quota.quota),
            period_ns: ns(quota.period),
            burst_ns: ns(quota.burst),
        });
        Self {
            version: cgroup.version.to_string(),
            path: cgroup.path.clone(),
            quota,
        }
    }
}

impl ThrottlingVariable {
    fn new(throttling: &Throttling) -> Self {
        let counts = &throttling.counts;
        Self {
            path: throttling.path.clone(),
            periods_total: counts.periods,
            throttled_periods_total: counts.throttled_periods,
            throttled_total_ns: ns(counts.throttled),
            bursts_total: counts.bursts,
            burst_total_ns: ns(counts.burst),
        }
    }
}

impl MemoryVariable {
    fn new(memory: &Memory) -> Self {
        Self {
            path: memory.path.clone(),
            limit_bytes: memory.limit_bytes,
            used_bytes: memory.used_bytes,
        }
    }
}

fn ns(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
