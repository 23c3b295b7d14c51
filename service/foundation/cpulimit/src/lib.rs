#![doc = include_str!("../README.md")]

mod affinity;
mod cgroup;
mod change;
mod decimal;
mod decision;
mod downward;
mod file;
mod line;
mod problem;
mod quota;
mod reading;
mod sources;
mod usage;
mod variable;
mod watch;

pub use cgroup::{Cgroup, Folder, Level, Version};
pub use change::Change;
pub use decision::{Basis, Decision};
pub use downward::{Downward, ParseDownwardError};
pub use problem::Problem;
pub use quota::Quota;
pub use reading::Reading;
pub use sources::Sources;
pub use usage::{Counts, Memory, MemoryEvents, Pressure, Pressures, Stall, Throttling, Usage};
pub use variable::{
    CgroupVariable, CpuCgroupVariable, CpuVariable, MemoryVariable, PressureVariable,
    PressuresVariable, QuotaVariable, ThrottlingVariable,
};
pub use watch::Watch;
