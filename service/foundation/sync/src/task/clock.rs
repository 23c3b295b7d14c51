//! A clock that is cheap enough to be read in every poll.

/// Nanoseconds since some moment in the past, to within the kernel's tick (1 to 10 ms).
#[cfg(target_os = "linux")]
pub(super) fn now() -> u64 {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::MonotonicCoarse);
    (time.tv_sec as u64) * 1_000_000_000 + time.tv_nsec as u64
}

/// Nanoseconds since some moment in the past.
#[cfg(not(target_os = "linux"))]
pub(super) fn now() -> u64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_nanos() as u64
}
