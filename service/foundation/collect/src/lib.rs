#![doc = include_str!("../README.md")]

pub mod allocator;
pub mod contention;
pub mod cpu;
pub mod heap;
pub mod memstats;
#[cfg(own_sampler)]
mod symbolize;
pub mod tasks;
pub mod threads;
pub mod timeline;
pub mod usage;
#[cfg(all(own_sampler, frame_pointers))]
mod walk;

use std::time::{Duration, SystemTime};

/// What can be collected here. A timeline can everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Support {
    /// CPU profiles, or why there are none.
    pub cpu: Result<(), &'static str>,
    /// Heap profiles, or why there are none.
    pub heap: Result<(), &'static str>,
    /// Whether block and mutex profiles have stacks, or why they have names only.
    pub contention: Result<(), &'static str>,
    /// The list of threads, or why there is none.
    pub threads: Result<(), &'static str>,
    /// Whether dumps of tasks have traces, or why they have names only.
    pub tasks: Result<(), &'static str>,
    /// Whether [`memstats::read`] has something to tell: jemalloc is the process's allocator.
    pub memstats: bool,
    /// Whether the program was built with `--cfg tokio_unstable`, which some of tokio's metrics need.
    pub tokio_unstable: bool,
}

/// What can be collected in this build, on this platform.
pub fn support() -> Support {
    Support {
        cpu: cpu::supported(),
        heap: heap::supported(),
        contention: contention::supported(),
        threads: threads::supported(),
        tasks: tasks::supported(),
        memstats: memstats::read().is_some(),
        tokio_unstable: cfg!(tokio_unstable),
    }
}

/// What looking up names has cost so far: reading the program's debug information, for profiles with stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lookups {
    /// How often debug information was read. What has been found is kept, so it is not for every profile.
    pub count: u64,
    /// How many addresses were looked up in all.
    pub addresses: u64,
    /// How long it took in all.
    pub took: Duration,
    /// How long it took at most.
    pub longest: Duration,
    /// How much of the heap it took at most, in bytes; it is given back at the end. None if jemalloc is not the allocator,
    /// or nothing has been looked up.
    pub peak_heap_bytes: Option<u64>,
    /// How much was mapped from a file at most, in bytes. Only what is read of it comes into memory.
    pub peak_mapped_bytes: u64,
    /// How much of the heap is taken by what has been found and is kept, in bytes: 8 MiB at most, or what one profile
    /// needs.
    pub kept_bytes: u64,
}

/// What looking up names has cost so far. None where this crate does not look up any.
pub fn lookups() -> Option<Lookups> {
    #[cfg(own_sampler)]
    return Some(symbolize::lookups());
    #[cfg(not(own_sampler))]
    None
}

/// The names of the functions at some addresses, as `/debug/pprof/symbol` gives them: those that are known, in the order
/// asked for. Where functions are inlined into another it is that one's.
///
/// ```
/// # if collect::lookups().is_some() {
/// let here = collect::support as fn() -> collect::Support as usize as u64;
/// let names = collect::symbols(&[here, 0])?;
/// assert_eq!(names.len(), 1);
/// println!("{:#x} {}", names[0].0, names[0].1);
/// # }
/// # Ok::<(), collect::Error>(())
/// ```
///
/// # Errors
/// [`Error::Unsupported`] where this crate does not look up names, [`Error::System`] if the memory map cannot be read.
pub fn symbols(addresses: &[u64]) -> Result<Vec<(u64, std::sync::Arc<str>)>, Error> {
    #[cfg(own_sampler)]
    return symbolize::names(addresses);
    #[cfg(not(own_sampler))]
    {
        let _ = addresses;
        let why = "names of addresses need Linux on x86-64 or 64-bit Arm";
        Err(Error::Unsupported { why })
    }
}

/// Why something could not be collected.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another CPU capture is running: there is one at a time in a process.
    #[error("another CPU profile has been running for {:.1} s; there is one at a time", running_for.as_secs_f64())]
    Busy {
        /// When the other was started.
        since: SystemTime,
        /// For how long it has been running.
        running_for: Duration,
    },
    /// Not in this build, or not on this platform.
    #[error("{why}")]
    Unsupported {
        /// What is missing.
        why: &'static str,
    },
    /// A sampling rate outside of [`cpu::MIN_HZ`] to [`cpu::MAX_HZ`].
    #[error("{hz} Hz is not a sampling rate: choose 1 to 1000")]
    Rate {
        /// The rate asked for, in Hz.
        hz: u32,
    },
    /// Something else in the process uses the profiling signal or timer.
    #[error("something else in this process uses {what}")]
    Taken {
        /// What is in use.
        what: &'static str,
    },
    /// The system refused.
    #[error("{doing}: {source}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// Its answer.
        source: std::io::Error,
    },
}
