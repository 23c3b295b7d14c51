//! How much memory something takes at most.

use std::hint::black_box;

use anyhow::ensure;
use peak_alloc::PeakAlloc;

/// What `work` gives, and the most memory that it had allocated at a time, in bytes, what it gives included.
pub(super) fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = PeakAlloc.current_usage();
    PeakAlloc.reset_peak_usage();
    let made = work();
    (made, PeakAlloc.peak_usage().saturating_sub(before))
}

/// Fails unless this program's allocator is the one that counts.
pub(super) fn check() -> anyhow::Result<()> {
    let (block, peak) = peak(|| black_box(vec![1_u8; 1 << 20]));
    ensure!(
        peak >= block.len(),
        "the program's allocator does not count: {peak} bytes for {}",
        block.len()
    );
    Ok(())
}
