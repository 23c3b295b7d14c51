//! What the system knows of this process. Read from `/proc`, so on Linux only.

use serde_json::{Value, json};

/// Linux counts CPU time for user space in hundredths of a second on every platform.
const NS_PER_TICK: u64 = 10_000_000;

/// The state now, or nothing where there is no `/proc`.
pub(crate) fn read() -> Option<Value> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // One of them is the one this listing itself opens.
    let fds = std::fs::read_dir("/proc/self/fd")
        .ok()?
        .count()
        .saturating_sub(1);
    Some(json!({
        "rss_bytes": number(&status, "VmRSS:")? * 1024,
        "threads": number(&status, "Threads:")?,
        "fds": fds,
        "cpu_ns": cpu_ticks(&stat)? * NS_PER_TICK,
    }))
}

/// The number after a name in the text of `/proc/self/status`.
fn number(status: &str, name: &str) -> Option<u64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// User and system time from the text of `/proc/self/stat`: fields 14 and 15, counted after the program's name, which is
/// in parentheses and may contain anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_read_by_name() {
        let status = "Name:\tVmRSS: 1\nVmHWM:\t  900 kB\nVmRSS:\t  812 kB\nThreads:\t7\n";
        assert_eq!(number(status, "VmRSS:"), Some(812));
        assert_eq!(number(status, "Threads:"), Some(7));
        assert_eq!(number(status, "VmSwap:"), None);
        assert_eq!(number("VmRSS:\tnone kB\n", "VmRSS:"), None);
    }

    #[test]
    fn cpu_time_is_found_behind_any_name() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 31 11 0 0 20 0 7";
        for name in ["sales-api", "a) b (c", ""] {
            assert_eq!(
                cpu_ticks(&format!("42 ({name}) {fields}")),
                Some(42),
                "{name}"
            );
        }
        assert_eq!(cpu_ticks("42 (x) S 1 2"), None);
        assert_eq!(cpu_ticks(""), None);
    }
}
