//! What the system counted for this process as a whole, ended threads included.

#![allow(unsafe_code)]

use std::time::Duration;

/// CPU time, page faults and context switches since the process started.
///
/// The system's own sums over all threads: `/proc/self/status` counts context switches of the first thread alone, and
/// adding up those of the threads that run loses the ones that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time in the program itself.
    pub user: Duration,
    /// CPU time in the kernel on its behalf.
    pub system: Duration,
    /// Page faults served without I/O.
    pub minor_faults: u64,
    /// Page faults that had to read from storage.
    pub major_faults: u64,
    /// Times a thread gave up its CPU by itself, most often to wait for something.
    pub voluntary_switches: u64,
    /// Times a thread was taken from its CPU: its time was up, or a more important one came.
    pub involuntary_switches: u64,
    /// The most memory that was resident at once, in bytes.
    pub peak_rss_bytes: u64,
}

/// The counts up to now, by `getrusage(2)`: about a microsecond. None on systems that are not Unix.
#[cfg(unix)]
pub fn read() -> Option<Usage> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a `rusage` of our own; the call fills it in and keeps no hold of it.
    let result = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    if result != 0 {
        return None;
    }
    // SAFETY: zeroed is a valid value of this struct of integers, filled in or not.
    let usage = unsafe { usage.assume_init() };
    Some(Usage {
        user: duration(usage.ru_utime),
        system: duration(usage.ru_stime),
        minor_faults: count(usage.ru_minflt),
        major_faults: count(usage.ru_majflt),
        voluntary_switches: count(usage.ru_nvcsw),
        involuntary_switches: count(usage.ru_nivcsw),
        peak_rss_bytes: count(usage.ru_maxrss) * MAXRSS_UNIT,
    })
}

/// The counts up to now; not on this system.
#[cfg(not(unix))]
pub fn read() -> Option<Usage> {
    None
}

/// How many bytes a page of memory has.
#[cfg(unix)]
pub fn page_size() -> Option<u64> {
    // SAFETY: asks for a constant and touches no memory of ours.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(size).ok().filter(|&size| size > 0)
}

/// How many bytes a page of memory has; not known on this system.
#[cfg(not(unix))]
pub fn page_size() -> Option<u64> {
    None
}

/// Apple's systems count bytes here, others KiB.
#[cfg(unix)]
const MAXRSS_UNIT: u64 = if cfg!(target_vendor = "apple") {
    1
} else {
    1024
};

#[cfg(unix)]
fn duration(time: libc::timeval) -> Duration {
    let [seconds, micros] = [count(time.tv_sec), count(time.tv_usec)];
    Duration::from_secs(seconds) + Duration::from_micros(micros)
}

/// The kernel's numbers are signed and never negative.
#[cfg(unix)]
fn count(number: impl TryInto<u64>) -> u64 {
    number.try_into().unwrap_or(0)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn counts_only_grow_and_follow_what_the_process_does() {
        let before = read().expect("it is a Unix");
        // Fresh memory, touched page by page: each page is a fault.
        let page = page_size().expect("it is a Unix") as usize;
        let mut memory = vec![0_u8; 64 << 20];
        memory
            .iter_mut()
            .step_by(page)
            .for_each(|byte| *byte = std::hint::black_box(1));
        let handoff = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || drop(handoff.0))
            .join()
            .expect("no panic");
        let after = read().expect("it is a Unix");
        assert!(after.minor_faults > before.minor_faults);
        assert!(after.user + after.system > before.user + before.system);
        assert!(after.voluntary_switches >= before.voluntary_switches);
        assert!(after.involuntary_switches >= before.involuntary_switches);
        assert!(after.peak_rss_bytes >= 64 << 20, "{after:?}");
    }
}
