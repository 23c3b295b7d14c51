use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::cgroup::{self, Hierarchies};
use crate::decision::Known;
use crate::problem::Problems;
use crate::{Decision, Downward, Reading, affinity};

/// Who is asked, and what is known beforehand.
#[derive(Debug, Clone)]
pub struct Sources {
    root: PathBuf,
    affinity: Answer,
    parallelism: Answer,
    downward: Option<Downward>,
    workers: Option<NonZeroUsize>,
}

/// Where a number of CPUs comes from.
#[derive(Debug, Clone, Copy)]
enum Answer {
    /// The system is asked each time.
    Asked,
    /// It was told, or it is known that nobody can tell.
    Told(Option<usize>),
}

impl Sources {
    /// This system.
    pub fn system() -> Self {
        Self {
            root: "/".into(),
            affinity: Answer::Asked,
            parallelism: Answer::Asked,
            downward: None,
            workers: None,
        }
    }

    /// Takes `root` for `/`: its `proc/self/{cgroup,mountinfo,stat,status}` are read, and mount points are looked for
    /// below it.
    pub fn under(mut self, root: impl AsRef<Path>) -> Self {
        root.as_ref().clone_into(&mut self.root);
        self
    }

    /// Takes this for what the system says of the affinity; `None` for a system that does not say.
    pub fn affinity(mut self, cpus: Option<usize>) -> Self {
        self.affinity = Answer::Told(cpus);
        self
    }

    /// Takes this for what [`std::thread::available_parallelism`] says; `None` for a system that does not say.
    pub fn parallelism(mut self, cpus: Option<usize>) -> Self {
        self.parallelism = Answer::Told(cpus);
        self
    }

    /// The CPU limit that Kubernetes' downward API told the program.
    pub fn downward(mut self, limit: Option<Downward>) -> Self {
        self.downward = limit;
        self
    }

    /// The number of worker threads that somebody set by hand: it is taken as it is.
    pub fn workers(mut self, workers: Option<NonZeroUsize>) -> Self {
        self.workers = workers;
        self
    }

    /// Asks them all. Reads about ten small files; blocks for a fraction of a millisecond.
    ///
    /// The affinity is that of the calling thread.
    pub fn read(&self) -> Reading {
        let mut problems = Problems::default();
        let affinity = self.affinity.or_ask(affinity::ask);
        let affinity = affinity.or_else(|| affinity::read(&self.root, &mut problems));
        let parallelism = self.parallelism.or_ask(parallelism);
        let hierarchies = Hierarchies::read(&self.root, &mut problems);
        let cpu = hierarchies.place("cpu", &mut problems);
        let cpu = cpu.map(|place| cgroup::quotas(place, &mut problems));
        let memory = hierarchies.place("memory", &mut problems);
        let memory = memory.map(|place| cgroup::limits(place, &mut problems));
        let unified = hierarchies.unified();
        let decision = Decision::new(&Known {
            affinity,
            cpu: cpu.as_ref(),
            downward: self.downward,
            parallelism,
            by_hand: self.workers,
        });
        Reading {
            affinity,
            cpu,
            memory,
            unified,
            downward: self.downward,
            parallelism,
            problems: problems.into_vec(),
            decision,
        }
    }
}

impl Default for Sources {
    fn default() -> Self {
        Self::system()
    }
}

impl Answer {
    fn or_ask(self, ask: impl FnOnce() -> Option<usize>) -> Option<usize> {
        match self {
            Self::Asked => ask(),
            Self::Told(answer) => answer,
        }
    }
}

fn parallelism() -> Option<usize> {
    std::thread::available_parallelism()
        .ok()
        .map(NonZeroUsize::get)
}
