use crate::{Change, Reading, Sources, Variable};

/// The latest reading, and the means to read again.
///
/// It has no clock: whoever owns it calls [`check`](Self::check) every few seconds, from a thread whose affinity is the
/// process's (not a pinned one).
#[derive(Debug, Clone)]
pub struct Watch {
    sources: Sources,
    reading: Reading,
}

impl Watch {
    /// Reads for the first time.
    pub fn new(sources: Sources) -> Self {
        let reading = sources.read();
        Self { sources, reading }
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
        Some(Change {
            before,
            after: self.reading.decision,
        })
    }

    /// The reading as a variable, with what its cgroups use and were refused up to now.
    pub fn variable(&self) -> Variable {
        Variable::new(&self.reading, &self.reading.usage())
    }
}
