//! What the allocator says of itself, in its own terms.

use tikv_jemalloc_ctl::{arenas, background_thread, epoch, stats, version};

use crate::memstats;

/// The state of jemalloc. Sizes are in bytes, and each includes the one before it where that is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocator {
    /// jemalloc's version and commit.
    pub version: &'static str,
    /// `stats.allocated`: in objects that are in use.
    pub allocated: u64,
    /// `stats.active`: in pages with such objects; the difference is fragmentation.
    pub active: u64,
    /// `stats.metadata`: the allocator's own bookkeeping.
    pub metadata: u64,
    /// `stats.resident`: in physical memory: active pages, bookkeeping, and unused pages not given back yet.
    pub resident: u64,
    /// `stats.mapped`: in extents mapped for all of that.
    pub mapped: u64,
    /// `stats.retained`: address space kept after its memory was given back. In none of the others.
    pub retained: u64,
    /// `arenas.narenas`: how many arenas there may be.
    pub arenas: u64,
    /// Whether a thread of jemalloc's own gives unused pages back.
    pub background_thread: bool,
}

/// The state now; none if jemalloc is not the process's allocator. Takes a few microseconds.
pub fn read() -> Option<Allocator> {
    if memstats::in_use() { ask().ok() } else { None }
}

fn ask() -> tikv_jemalloc_ctl::Result<Allocator> {
    // Figures are a copy made when the epoch is advanced.
    epoch::advance()?;
    Ok(Allocator {
        // The C string's end is part of what is read.
        version: version::read()?.trim_end_matches('\0'),
        allocated: stats::allocated::read()? as u64,
        active: stats::active::read()? as u64,
        metadata: stats::metadata::read()? as u64,
        resident: stats::resident::read()? as u64,
        mapped: stats::mapped::read()? as u64,
        retained: stats::retained::read()? as u64,
        arenas: u64::from(arenas::narenas::read()?),
        background_thread: background_thread::read()?,
    })
}

#[cfg(test)]
mod tests {
    /// This test's program uses the system's allocator, although jemalloc is linked in.
    #[test]
    fn says_nothing_of_another_allocator() {
        assert_eq!(super::read(), None);
    }
}
