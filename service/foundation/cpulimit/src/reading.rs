use crate::{Cgroup, Decision, Downward, Folder, Problem, Quota};

/// What was found out at one moment, and what follows from it. [`Display`](std::fmt::Display) explains it in one line.
///
/// Two readings are equal if nothing changed that limits the process.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// On how many CPUs the process may run.
    pub affinity: Option<usize>,
    /// The process's cgroup in the hierarchy of the `cpu` controller, with quotas.
    pub cpu: Option<Cgroup<Quota>>,
    /// The process's cgroup in the hierarchy of the `memory` controller, with limits in bytes. Decides nothing here; it
    /// is read because it lies in the same place.
    pub memory: Option<Cgroup<u64>>,
    /// The process's cgroup in the unified hierarchy, which is where pressure is accounted for. Decides nothing either.
    pub unified: Option<Folder>,
    /// What Kubernetes' downward API said, if the program passed it on.
    pub downward: Option<Downward>,
    /// What [`std::thread::available_parallelism`] says.
    pub parallelism: Option<usize>,
    /// What could not be found out.
    pub problems: Vec<Problem>,
    /// What follows.
    pub decision: Decision,
}
