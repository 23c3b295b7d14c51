use crate::{CgroupVariable, Change, CpuVariable, Reading, Sources};

/// The latest reading, and the means to read again.
///
/// It has no clock: whoever owns it calls [`check`](Self::check) every few seconds, from a thread whose affinity is the
/// process's (not a pinned one).
#[derive(Debug, Clone)]
pub struct Watch {
    sources: Sources,
    reading: Reading,
    changes: u64,
    last: Option<Change>,
}

impl Watch {
    /// Reads for the first time.
    pub fn new(sources: Sources) -> Self {
        let reading = sources.read();
        Self {
            sources,
            reading,
            changes: 0,
            last: None,
        }
    }

    /// What was read last.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Reads again, and says so if anything changed that limits the process: a quota, the affinity, the memory's limit,
    /// the cgroup itself, what can be read of it.
    pub fn check(&mut self) -> Option<Change> {
        let reading = self.sources.read();
        if reading == self.reading {
            return None;
        }
        let before = self.reading.decision;
        self.reading = reading;
        self.changes += 1;
        self.last = Some(Change {
            before,
            after: self.reading.decision,
        });
        self.last
    }

    /// How often [`check`](Self::check) found a change.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// The latest of them.
    pub fn last_change(&self) -> Option<Change> {
        self.last
    }

    /// The decision and what it was made from, as the variable `cpu`. Reads nothing, so it costs next to nothing.
    pub fn cpu(&self) -> CpuVariable {
        CpuVariable::new(self)
    }

    /// What the process's cgroups use and were refused up to now, as the variable `cgroup`; nothing where there are no
    /// cgroups or none of them tells anything. Reads up to seven small files, some 10 µs each.
    pub fn cgroup(&self) -> Option<CgroupVariable> {
        CgroupVariable::new(&self.reading.usage())
    }
}
