//! How the process's cgroups fare: the variable `cgroup`.

use serde::Serialize;

use super::{QuotaVariable, ns};
use crate::{Memory, Pressure, Pressures, Throttling, Usage};

/// What limits the process's cgroups and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CgroupVariable {
    /// The CPU quota and its throttling; absent if the CPU controller counts nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<ThrottlingVariable>,
    /// Memory; absent if there is no memory controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryVariable>,
    /// What was waited for; absent without a unified hierarchy, and on kernels that keep no account of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pressure: Option<PressuresVariable>,
    /// What could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// What the CPU quota refused since the cgroup was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThrottlingVariable {
    /// `v1` or `v2`.
    pub version: String,
    /// The cgroup: the one with the tightest quota, or the process's own if none has a quota.
    pub path: String,
    /// Its quota; absent if it has none.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub quota: Option<QuotaVariable>,
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
    /// `v1` or `v2`.
    pub version: String,
    /// The cgroup: the one with the tightest limit, or the process's own if none has a limit.
    pub path: String,
    /// Its limit; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_bytes: Option<u64>,
    /// What is used, page cache included.
    pub used_bytes: u64,
    /// The most that was used at once; absent where the kernel does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_bytes: Option<u64>,
    /// How often the limit was met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_hits_total: Option<u64>,
    /// How often no memory could be given up then. v2 only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ooms_total: Option<u64>,
    /// How many processes were killed for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oom_kills_total: Option<u64>,
}

/// What the processes of the process's own cgroup waited for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PressuresVariable {
    /// The cgroup.
    pub path: String,
    /// For a CPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<PressureVariable>,
    /// For memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<PressureVariable>,
    /// For storage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub io: Option<PressureVariable>,
}

/// The pressure of one kind. `some`: at least one task waited; `full`: all of them did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PressureVariable {
    /// Share of the last 10 s.
    pub some_percent_10s: f64,
    /// Share of the last minute.
    pub some_percent_60s: f64,
    /// Share of the last five minutes.
    pub some_percent_300s: f64,
    /// All of it since the cgroup was made.
    pub some_total_ns: u64,
    /// Share of the last 10 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_percent_10s: Option<f64>,
    /// Share of the last minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_percent_60s: Option<f64>,
    /// Share of the last five minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_percent_300s: Option<f64>,
    /// All of it since the cgroup was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_total_ns: Option<u64>,
}

impl CgroupVariable {
    /// The usage as it is published; nothing if nothing is known and nothing went wrong.
    pub(crate) fn new(usage: &Usage) -> Option<Self> {
        let variable = Self {
            cpu: usage.throttling.as_ref().map(ThrottlingVariable::new),
            memory: usage.memory.as_ref().map(MemoryVariable::new),
            pressure: PressuresVariable::new(&usage.pressures),
            problems: usage.problems.iter().map(ToString::to_string).collect(),
        };
        let empty = variable.cpu.is_none()
            && variable.memory.is_none()
            && variable.pressure.is_none()
            && variable.problems.is_empty();
        (!empty).then_some(variable)
    }
}

impl ThrottlingVariable {
    fn new(throttling: &Throttling) -> Self {
        let counts = &throttling.counts;
        Self {
            version: throttling.version.to_string(),
            path: throttling.path.clone(),
            quota: throttling.quota.as_ref().map(QuotaVariable::new),
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
            version: memory.version.to_string(),
            path: memory.path.clone(),
            limit_bytes: memory.limit_bytes,
            used_bytes: memory.used_bytes,
            peak_bytes: memory.peak_bytes,
            limit_hits_total: memory.events.limit_hits,
            ooms_total: memory.events.ooms,
            oom_kills_total: memory.events.oom_kills,
        }
    }
}

impl PressuresVariable {
    fn new(pressures: &Pressures) -> Option<Self> {
        let [cpu, memory, io] = [pressures.cpu, pressures.memory, pressures.io]
            .map(|pressure| pressure.as_ref().map(PressureVariable::new));
        let path = pressures.path.clone()?;
        (cpu.is_some() || memory.is_some() || io.is_some()).then_some(Self {
            path,
            cpu,
            memory,
            io,
        })
    }
}

impl PressureVariable {
    fn new(pressure: &Pressure) -> Self {
        let Pressure { some, full } = pressure;
        Self {
            some_percent_10s: some.percent_10s,
            some_percent_60s: some.percent_60s,
            some_percent_300s: some.percent_300s,
            some_total_ns: ns(some.total),
            full_percent_10s: full.map(|full| full.percent_10s),
            full_percent_60s: full.map(|full| full.percent_60s),
            full_percent_300s: full.map(|full| full.percent_300s),
            full_total_ns: full.map(|full| ns(full.total)),
        }
    }
}
