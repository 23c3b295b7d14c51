//! What the allocator knows of the heap, under the names of Go's `runtime.MemStats`.
//!
//! Only what means the same here is filled in: there is no garbage collector, so nothing of one. Figures are jemalloc's,
//! and exist only where jemalloc is the process's allocator, which is tried out and not assumed.

use std::hint::black_box;
use std::sync::OnceLock;

use tikv_jemalloc_ctl::{Access, AsName, epoch, stats, thread};

/// The state of the heap. Sizes are in bytes, the rest are counts since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemStats {
    /// `Alloc` and `HeapAlloc`: in objects that are in use.
    pub alloc: u64,
    /// `TotalAlloc`: in all objects ever allocated, rounded up to their size classes. Lags behind by what threads have
    /// allocated from their caches lately; never less than `alloc`.
    pub total_alloc: u64,
    /// `Sys`: address space obtained from the system, the allocator's own bookkeeping included. Not in it: stacks and
    /// mapped files.
    pub sys: u64,
    /// `Mallocs`: objects ever allocated. Lags behind like `total_alloc`.
    pub mallocs: u64,
    /// `Frees`: objects freed, which is `mallocs` less `heap_objects`.
    pub frees: u64,
    /// `HeapSys`: address space obtained for the heap.
    pub heap_sys: u64,
    /// `HeapIdle`: of that, in no page in use.
    pub heap_idle: u64,
    /// `HeapInuse`: in pages in use.
    pub heap_inuse: u64,
    /// `HeapReleased`: of the idle, given back to the system while the addresses are kept.
    pub heap_released: u64,
    /// `HeapObjects`: objects in use, those in threads' caches included.
    pub heap_objects: u64,
}

impl MemStats {
    /// The fields under Go's names, in Go's order.
    pub fn fields(&self) -> [(&'static str, u64); 11] {
        [
            ("Alloc", self.alloc),
            ("TotalAlloc", self.total_alloc),
            ("Sys", self.sys),
            ("Mallocs", self.mallocs),
            ("Frees", self.frees),
            ("HeapAlloc", self.alloc),
            ("HeapSys", self.heap_sys),
            ("HeapIdle", self.heap_idle),
            ("HeapInuse", self.heap_inuse),
            ("HeapReleased", self.heap_released),
            ("HeapObjects", self.heap_objects),
        ]
    }
}

/// The state of the heap now; none if jemalloc is not the process's allocator. Takes some 50 µs.
pub fn read() -> Option<MemStats> {
    if in_use() { stats().ok() } else { None }
}

/// Whether jemalloc is the process's allocator.
pub(crate) fn in_use() -> bool {
    static IN_USE: OnceLock<bool> = OnceLock::new();
    *IN_USE.get_or_init(|| is_the_allocator().unwrap_or(false))
}

/// Whether what this thread allocates is allocated by jemalloc, by its own count.
fn is_the_allocator() -> tikv_jemalloc_ctl::Result<bool> {
    let allocated = thread::allocatedp::read()?;
    let before = allocated.get();
    let object = black_box(Vec::<u8>::with_capacity(64 << 10));
    let after = allocated.get();
    drop(object);
    Ok(after.wrapping_sub(before) >= 64 << 10)
}

fn stats() -> tikv_jemalloc_ctl::Result<MemStats> {
    // Figures are a copy made when the epoch is advanced.
    epoch::advance()?;
    let active = stats::active::read()? as u64;
    let retained = stats::retained::read()? as u64;
    let heap_sys = stats::mapped::read()? as u64 + retained;
    let classes = size_classes()?;
    Ok(MemStats {
        alloc: stats::allocated::read()? as u64,
        total_alloc: classes.bytes,
        sys: heap_sys + stats::metadata::read()? as u64,
        mallocs: classes.requests,
        frees: classes.requests.saturating_sub(classes.current),
        heap_sys,
        heap_idle: heap_sys.saturating_sub(active),
        heap_inuse: active,
        heap_released: retained,
        heap_objects: classes.current,
    })
}

/// Sums over all size classes.
#[derive(Default)]
struct Classes {
    requests: u64,
    bytes: u64,
    current: u64,
}

/// jemalloc counts small objects by bin and large ones by extent. Arena 4096 stands for all of them together.
fn size_classes() -> tikv_jemalloc_ctl::Result<Classes> {
    let mut sums = Classes::default();
    let bins: u32 = b"arenas.nbins\0".name().read()?;
    sums.add(
        bins,
        b"arenas.bin.0.size\0",
        [
            b"stats.arenas.4096.bins.0.nrequests\0",
            b"stats.arenas.4096.bins.0.nmalloc\0",
        ],
        b"stats.arenas.4096.bins.0.curregs\0",
    )?;
    let extents: u32 = b"arenas.nlextents\0".name().read()?;
    sums.add(
        extents,
        b"arenas.lextent.0.size\0",
        [
            b"stats.arenas.4096.lextents.0.nrequests\0",
            b"stats.arenas.4096.lextents.0.nmalloc\0",
        ],
        b"stats.arenas.4096.lextents.0.curlextents\0",
    )?;
    Ok(sums)
}

impl Classes {
    fn add(
        &mut self,
        classes: u32,
        size: &[u8],
        [requests, filled]: [&[u8]; 2],
        current: &[u8],
    ) -> tikv_jemalloc_ctl::Result<()> {
        let mut size = size.name().mib::<[usize; 4]>()?;
        let mut requests = requests.name().mib::<[usize; 6]>()?;
        let mut filled = filled.name().mib::<[usize; 6]>()?;
        let mut current = current.name().mib::<[usize; 6]>()?;
        for class in 0..classes as usize {
            size[2] = class;
            requests[4] = class;
            filled[4] = class;
            current[4] = class;
            let bytes: usize = size.read()?;
            // Requests are counted when a thread's cache is next emptied or filled; what it was filled with is in use
            // at once. The greater of the two is known to have been allocated, and never falls.
            let requested: u64 = requests.read()?;
            let requested = requested.max(filled.read()?);
            let in_use: usize = current.read()?;
            self.requests += requested;
            self.bytes += requested * bytes as u64;
            self.current += in_use as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    /// This test's program uses the system's allocator, although jemalloc is linked in.
    #[test]
    fn says_nothing_of_another_allocator() {
        assert_eq!(super::read(), None);
    }
}
