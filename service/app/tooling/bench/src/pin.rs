//! Which cores the measured program and the load run on, so that neither takes time from the other.

use std::io;
use std::process::{Child, Command};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The cores that this process may use, divided.
#[derive(Clone, Debug)]
pub(crate) struct Cores {
    all: Vec<usize>,
}

impl Cores {
    /// The cores this process may use. The last one is the measured program's: systems tend to handle devices on the
    /// first.
    pub(crate) fn detect() -> Cores {
        let all = sched_getaffinity(None).map_or_else(
            |_| Vec::new(),
            |set| {
                (0..CpuSet::MAX_CPU)
                    .filter(|core| set.is_set(*core))
                    .collect()
            },
        );
        Cores { all }
    }

    /// Starts a program on the measured program's core. A child inherits the affinity of the thread that starts it.
    pub(crate) fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        match self.divided() {
            Some((last, _)) => Cores::spawn_on(&[last], command),
            None => command.spawn(),
        }
    }

    /// Starts a program that may use every core.
    pub(crate) fn spawn_anywhere(&self, command: &mut Command) -> io::Result<Child> {
        Cores::spawn_on(&self.all, command)
    }

    /// Does something that starts a program for it to run on the measured program's core.
    pub(crate) fn apart<T>(&self, start: impl FnOnce() -> T) -> io::Result<T> {
        match self.divided() {
            Some((last, _)) => Cores::while_on(&[last], start),
            None => Ok(start()),
        }
    }

    /// Does something that starts a program for it to run on any core.
    pub(crate) fn anywhere<T>(&self, start: impl FnOnce() -> T) -> io::Result<T> {
        Cores::while_on(&self.all, start)
    }

    /// Keeps the calling thread, and those that it starts, off the measured program's core.
    pub(crate) fn stay_off(&self) -> io::Result<()> {
        match self.divided() {
            Some((_, rest)) => Ok(sched_setaffinity(None, &set(rest))?),
            None => Ok(()),
        }
    }

    /// Lets the calling thread, and those that it starts from now on, use every core.
    pub(crate) fn roam(&self) -> io::Result<()> {
        if self.all.is_empty() {
            return Ok(());
        }
        Ok(sched_setaffinity(None, &set(&self.all))?)
    }

    /// Keeps the calling thread to one core; they are counted from 0, and begin again after the last.
    pub(crate) fn stay_on(&self, nth: usize) -> io::Result<()> {
        match self.all.get(nth % self.all.len().max(1)) {
            Some(core) => Ok(sched_setaffinity(None, &set(&[*core]))?),
            None => Ok(()),
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.all.len().max(1)
    }

    /// Says which is which.
    pub(crate) fn placement(&self) -> String {
        match self.divided() {
            Some((last, rest)) => {
                format!("measured program on core {last}, load on {rest:?}").replace(['[', ']'], "")
            }
            None => "not pinned: there is one core only".to_owned(),
        }
    }

    fn spawn_on(cores: &[usize], command: &mut Command) -> io::Result<Child> {
        Cores::while_on(cores, || command.spawn())?
    }

    /// A child inherits the affinity of the thread that starts it.
    fn while_on<T>(cores: &[usize], start: impl FnOnce() -> T) -> io::Result<T> {
        if cores.is_empty() {
            return Ok(start());
        }
        let before = sched_getaffinity(None)?;
        sched_setaffinity(None, &set(cores))?;
        let started = start();
        sched_setaffinity(None, &before)?;
        Ok(started)
    }

    fn divided(&self) -> Option<(usize, &[usize])> {
        match self.all.split_last() {
            Some((last, rest)) if !rest.is_empty() => Some((*last, rest)),
            _ => None,
        }
    }
}

fn set(cores: &[usize]) -> CpuSet {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core);
    }
    set
}
