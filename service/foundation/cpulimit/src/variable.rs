//! A reading as it is published: what is not known is absent, times are in nanoseconds, `_total` only grows.

mod cgroup;

use std::num::NonZeroUsize;
use std::time::Duration;

use serde::Serialize;

pub use cgroup::{
    CgroupVariable, MemoryVariable, PressureVariable, PressuresVariable, ThrottlingVariable,
};

use crate::cgroup::Cgroup;
use crate::{Quota, Watch};

/// The decision and what it was made from: the variable `cpu`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CpuVariable {
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
    pub cgroup: Option<CpuCgroupVariable>,
    /// How often something has changed since the first reading.
    pub changes_total: u64,
    /// The last change in words; absent if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_change: Option<String>,
    /// What could not be found out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// The cgroup of the `cpu` controller.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CpuCgroupVariable {
    /// `v1` or `v2`.
    pub version: String,
    /// The process's own cgroup.
    pub path: String,
    /// The cgroup that has the tightest quota, this one or one above it; absent if none has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_path: Option<String>,
    /// That quota; absent if there is none.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub quota: Option<QuotaVariable>,
}

/// A CPU quota.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuotaVariable {
    /// The quota in CPUs.
    pub quota_cores: f64,
    /// CPU time in each period.
    pub quota_ns: u64,
    /// The period.
    pub period_ns: u64,
    /// CPU time that may be saved up and used beyond the quota.
    pub burst_ns: u64,
}

impl CpuVariable {
    /// What is known by now. Reads nothing.
    pub(crate) fn new(watch: &Watch) -> Self {
        let reading = watch.reading();
        Self {
            workers: reading.decision.workers,
            explanation: reading.to_string(),
            limit_cores: reading.decision.limit,
            limit_by: reading.decision.basis.name(),
            by_hand: reading.decision.by_hand,
            affinity: reading.affinity,
            available_parallelism: reading.parallelism,
            downward_cores: reading.downward.map(crate::Downward::cores),
            cgroup: reading.cpu.as_ref().map(CpuCgroupVariable::new),
            changes_total: watch.changes(),
            last_change: watch.last_change().map(|change| change.to_string()),
            problems: reading.problems.iter().map(ToString::to_string).collect(),
        }
    }
}

impl CpuCgroupVariable {
    fn new(cgroup: &Cgroup<Quota>) -> Self {
        let (quota_path, quota) = cgroup
            .tightest()
            .map(|(level, quota)| (level.path.clone(), QuotaVariable::new(quota)))
            .unzip();
        Self {
            version: cgroup.version.to_string(),
            path: cgroup.path.clone(),
            quota_path,
            quota,
        }
    }
}

impl QuotaVariable {
    fn new(quota: &Quota) -> Self {
        Self {
            quota_cores: quota.cores(),
            quota_ns: ns(quota.quota),
            period_ns: ns(quota.period),
            burst_ns: ns(quota.burst),
        }
    }
}

fn ns(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
