//! What holds a program to its limits.
//!
//! | limit | with a cgroup for it | without |
//! |---|---|---|
//! | memory | `memory.max`, of all processes together | [`Resource::Data`] of each process, [`SLACK`] times as much; what all use together is looked at, and they are ended |
//! | tasks | `pids.max` | [`Resource::Nproc`], which counts all processes of the user, and does not hold for root |
//! | processes | counted now and then, and ended | the same |

use super::group::Group;
use super::tree;
use crate::process::Ended;
use rustix::process::{Pid, Resource, Rlimit, geteuid, getpid, getrlimit, setrlimit};
use std::io;
use std::process::Command;

/// What a program maps is more than it uses: heaps and stacks are reserved. The lab that compares tasks with threads starts
/// 10,000 of them, uses 0.2 GiB and maps 20 GiB. So this holds what runs away, and the looks hold the rest.
const SLACK: u64 = 16;
/// Each how many looks everything is looked at, where that means all processes of the machine: it takes milliseconds, which
/// would show in what a lab measures.
const WHOLE: u32 = 20;

/// What a program may use. What is not limited is `None`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) memory: Option<u64>,
    pub(super) processes: Option<u64>,
    pub(super) tasks: Option<u64>,
}

/// The limits, in force.
#[derive(Debug)]
pub(super) struct Fence {
    limits: Limits,
    groups: Vec<Group>,
    looks: u32,
    /// How many tasks the system had before.
    before: u64,
}

impl Fence {
    /// Makes what the system lets this process make.
    pub(super) fn make(limits: Limits, cgroups: bool) -> Fence {
        let groups = if cgroups {
            Group::make(limits.memory, limits.tasks)
        } else {
            Vec::new()
        };
        Fence {
            limits,
            groups,
            looks: 0,
            before: tree::tasks(),
        }
    }

    /// Starts a program inside. A child is born into its parent's groups, and with its limits; so this process takes them on
    /// for that moment.
    pub(super) fn spawn(&mut self, command: &mut Command) -> io::Result<Pid> {
        self.groups.retain(|group| group.enter().is_ok());
        let taken = self.take_on();
        let child = command.spawn();
        for (resource, limit) in taken {
            let _ = setrlimit(resource, limit);
        }
        let left = self.groups.iter().try_for_each(Group::leave);
        let mut child = child?;
        if let Err(error) = left {
            // Nobody could hold it any more without holding this process, too.
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
        Ok(Pid::from_child(&child))
    }

    /// Takes on the limits of each process for which there is no group; says what they were.
    fn take_on(&self) -> Vec<(Resource, Rlimit)> {
        let mut wanted = vec![(Resource::Core, Some(0))];
        if !self.limits_memory() {
            let memory = self.limits.memory;
            wanted.push((
                Resource::Data,
                memory.map(|memory| memory.saturating_mul(SLACK)),
            ));
        }
        if !self.groups.iter().any(|group| group.tasks) && !geteuid().is_root() {
            let others = tree::tasks();
            wanted.push((
                Resource::Nproc,
                self.limits.tasks.map(|tasks| others.saturating_add(tasks)),
            ));
        }
        let mut taken = Vec::new();
        for (resource, most) in wanted {
            let Some(most) = most else { continue };
            let now = getrlimit(resource);
            let current = Some(now.current.map_or(most, |current| current.min(most)));
            if setrlimit(resource, Rlimit { current, ..now }).is_ok() {
                taken.push((resource, now));
            }
        }
        taken
    }

    fn limits_memory(&self) -> bool {
        self.groups.iter().any(|group| group.memory)
    }

    /// Which limit was met.
    pub(super) fn exceeded(&mut self, leader: i32) -> Option<Ended> {
        if self.out_of_memory() {
            return Some(Ended::Memory);
        }
        self.looks = self.looks.wrapping_add(1);
        let counted = self.groups.first().and_then(Group::processes);
        let memory = self.limits.memory.filter(|_| !self.limits_memory());
        if counted.is_none() || memory.is_some() {
            let most = self.limits.processes.unwrap_or(u64::MAX);
            let many = tree::tasks() > self.before.saturating_add(most);
            let large = memory.is_some_and(|memory| tree::resident(leader) > memory);
            if many || large || self.looks.is_multiple_of(WHOLE) {
                return self.look(memory);
            }
        }
        let most = self.limits.processes?;
        (counted? > most).then_some(Ended::Processes)
    }

    /// Looks at every process.
    fn look(&self, memory: Option<u64>) -> Option<Ended> {
        let all = tree::below(getpid().as_raw_nonzero().get());
        if self
            .limits
            .processes
            .is_some_and(|most| all.len() as u64 > most)
        {
            return Some(Ended::Processes);
        }
        // Pages that they share count for each of them.
        let used: u64 = all.iter().map(|process| tree::resident(process.id)).sum();
        memory
            .is_some_and(|memory| used > memory)
            .then_some(Ended::Memory)
    }

    /// Whether the kernel had to end a process because the memory of all was used up.
    pub(super) fn out_of_memory(&self) -> bool {
        self.groups.iter().any(Group::out_of_memory)
    }

    /// Kills everybody inside, as far as there are groups.
    pub(super) fn kill(&self) {
        for group in &self.groups {
            group.kill();
        }
    }
}
