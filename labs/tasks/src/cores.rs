//! The machine: which cores a thread may use, how much memory the process has. Linux tells both.

/// A processor that the system has given to this program.
#[derive(Clone, Copy)]
pub(crate) struct Core(
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "only Linux can bind threads here")
    )]
    usize,
);

/// The first two cores that this program may use; fewer where there are fewer, none where threads cannot be bound.
pub(crate) fn two() -> Vec<Core> {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getaffinity};
        let allowed = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
        let all = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        all.take(2).map(Core).collect()
    }
    #[cfg(not(target_os = "linux"))]
    Vec::new()
}

/// Keeps the calling thread on a core from now on.
pub(crate) fn stay_on(core: Core) {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_setaffinity};
        let mut only = CpuSet::new();
        only.set(core.0);
        // The core was allowed a moment ago. If it is not any more, the thread stays where the system wants it.
        let _bound = sched_setaffinity(None, &only);
    }
    #[cfg(not(target_os = "linux"))]
    let Core(_) = core;
}

/// How much memory there is in use, in bytes, where the system tells.
pub(crate) struct Memory {
    /// Of this process, in RAM.
    pub(crate) resident: Option<u64>,
    /// What its allocator has given out: part of that, and known also where freed memory is used again.
    pub(crate) allocated: Option<u64>,
    /// Of the kernel: stacks of all threads, page tables of this process.
    pub(crate) kernel: Option<u64>,
}

impl Memory {
    pub(crate) fn now() -> Self {
        let status = read("/proc/self/status");
        let system = read("/proc/meminfo");
        let stacks = kilobytes(&system, "KernelStack:");
        let tables = kilobytes(&status, "VmPTE:");
        Self {
            resident: kilobytes(&status, "VmRSS:"),
            allocated: allocated(),
            kernel: stacks.zip(tables).map(|(stacks, tables)| stacks + tables),
        }
    }
}

fn allocated() -> Option<u64> {
    tikv_jemalloc_ctl::epoch::advance().ok()?;
    let bytes = tikv_jemalloc_ctl::stats::allocated::read().ok()?;
    u64::try_from(bytes).ok()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The value of a line such as `VmRSS:     1234 kB`, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_kilobytes() {
        let text = "VmPeak:\t  9 kB\nVmRSS:\t  1234 kB\nThreads:\t2\n";
        assert_eq!(kilobytes(text, "VmRSS:"), Some(1234 * 1024));
        assert_eq!(kilobytes(text, "Threads:"), None);
        assert_eq!(kilobytes(text, "VmPTE:"), None);
    }
}
