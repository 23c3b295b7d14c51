//! What looking up names costs: reported, bounded and given back.

#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tikv_jemalloc_ctl::{raw, thread};

use crate::Lookups;

/// What all look-ups so far have cost.
static TOTAL: Mutex<Lookups> = Mutex::new(Lookups::NONE);

pub(super) fn total() -> Lookups {
    *TOTAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A look-up under way. Measures what this thread allocates, by jemalloc's count where it is the allocator.
pub(super) struct Meter {
    started: Instant,
    held_before: Option<u64>,
}

impl Meter {
    pub(super) fn start() -> Self {
        Self {
            started: Instant::now(),
            held_before: held(),
        }
    }

    /// What this thread has allocated since and not freed, in bytes.
    pub(super) fn allocated(&self) -> Option<u64> {
        Some(held()?.saturating_sub(self.held_before?))
    }

    /// Notes the cost, and gives back to the system what was freed. `allocated` is the most there was at a time.
    pub(super) fn end(self, addresses: usize, allocated: Option<u64>, mapped: u64) {
        give_back();
        let mut total = TOTAL.lock().unwrap_or_else(PoisonError::into_inner);
        let took = self.started.elapsed();
        total.count += 1;
        total.addresses += addresses as u64;
        total.took += took;
        total.longest = total.longest.max(took);
        total.peak_heap_bytes = total.peak_heap_bytes.max(allocated);
        total.peak_mapped_bytes = total.peak_mapped_bytes.max(mapped);
    }
}

impl Lookups {
    const NONE: Self = Self {
        count: 0,
        addresses: 0,
        took: Duration::ZERO,
        longest: Duration::ZERO,
        peak_heap_bytes: None,
        peak_mapped_bytes: 0,
        kept_bytes: 0,
    };
}

/// What this thread has allocated and not freed; wraps around if it frees what others have allocated.
fn held() -> Option<u64> {
    if !crate::memstats::in_use() {
        return None;
    }
    let allocated = thread::allocatedp::read().ok()?.get();
    let freed = thread::deallocatedp::read().ok()?.get();
    Some(allocated.wrapping_sub(freed))
}

/// jemalloc keeps what is freed for some ten seconds, in case that it is needed again, which it is not. What fails here is
/// given back then.
fn give_back() {
    if !crate::memstats::in_use() {
        return;
    }
    run(c"thread.tcache.flush");
    // SAFETY: the option is of the type `unsigned`.
    if let Ok(arena) = unsafe { raw::read::<u32>(b"thread.arena\0") }
        && let Ok(name) = CString::new(format!("arena.{arena}.purge"))
    {
        run(&name);
    }
}

/// Does what needs no value and has none.
fn run(name: &CStr) {
    // SAFETY: the name ends with a zero byte, and neither value is given.
    unsafe {
        tikv_jemalloc_sys::mallctl(name.as_ptr(), null_mut(), null_mut(), null_mut(), 0);
    }
}
