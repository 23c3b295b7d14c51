//! On how many CPUs this process may run.

use std::path::Path;

use crate::file::{self, parse, quoted};
use crate::problem::{Problem, Problems};

/// What the kernel says of the calling thread; threads that it starts inherit it. Nothing on other systems than Linux,
/// and on machines with more CPUs than the call can tell (1,024).
#[cfg(target_os = "linux")]
pub(crate) fn ask() -> Option<usize> {
    let set = rustix::thread::sched_getaffinity(None).ok()?;
    Some(set.count() as usize).filter(|&cpus| cpus > 0)
}

/// Nobody can be asked.
#[cfg(not(target_os = "linux"))]
pub(crate) fn ask() -> Option<usize> {
    None
}

const LIST: &str = "Cpus_allowed_list:";

/// What `/proc/self/status` below `root` says of the process's first thread.
pub(crate) fn read(root: &Path, problems: &mut Problems) -> Option<usize> {
    let path = file::under(root, "/proc/self/status");
    let status = problems.note(file::read(&path))?;
    let list = file::value(&status, LIST)?;
    let count = count(list).map_err(|fault| Problem::malformed(&path, format!("{LIST} {fault}")));
    problems.note(count.map(Some))
}

/// The number of CPUs in a list such as `0-3,8,10-11`.
fn count(list: &str) -> Result<usize, String> {
    list.split(',').map(span).sum()
}

fn span(range: &str) -> Result<usize, String> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let [first, last]: [u16; 2] = [parse(first, "a CPU")?, parse(last, "a CPU")?];
    let span = last
        .checked_sub(first)
        .ok_or_else(|| format!("{} runs backwards", quoted(range)))?;
    Ok(usize::from(span) + 1)
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn lists_of_cpus() {
        assert_eq!(count("0"), Ok(1));
        assert_eq!(count("0-3"), Ok(4));
        assert_eq!(count("0-3,8,10-11"), Ok(7));
        assert_eq!(count("0-65535,0-65535"), Ok(1 << 17));
        for (list, fault) in [
            ("", "\"\" is not a CPU"),
            ("0-", "\"\" is not a CPU"),
            ("0,x", "\"x\" is not a CPU"),
            ("3-1", "\"3-1\" runs backwards"),
        ] {
            assert_eq!(count(list), Err(fault.to_owned()));
        }
    }
}
