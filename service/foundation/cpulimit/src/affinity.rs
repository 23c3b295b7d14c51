//! On how many CPUs this process may run.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
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

const ALLOWED: &str = "Cpus_allowed_list:";

/// What `/proc/self/status` below `root` says of the process's first thread. It lists CPUs that the machine could have,
/// too, so those that are not online are left out.
pub(crate) fn read(root: &Path, problems: &mut Problems) -> Option<usize> {
    let status = file::under(root, "/proc/self/status");
    let text = problems.note(file::read(&status))?;
    let allowed = problems.note(list(&status, file::value(&text, ALLOWED)))?;

    let online = file::under(root, "/sys/devices/system/cpu/online");
    let text = problems.note(file::read(&online));
    let online = problems.note(list(&online, text.as_deref().map(str::trim)));
    let cpus = online.map_or(allowed.len(), |online| {
        allowed.intersection(&online).count()
    });
    Some(cpus).filter(|&cpus| cpus > 0)
}

fn list(path: &Path, text: Option<&str>) -> Result<Option<BTreeSet<u16>>, Problem> {
    let cpus = text.map(parse_list).transpose();
    cpus.map_err(|fault| Problem::malformed(path, fault))
}

/// The CPUs in a list such as `0-3,8,10-11`.
fn parse_list(list: &str) -> Result<BTreeSet<u16>, String> {
    let spans: Result<Vec<_>, String> = list.split(',').map(span).collect();
    Ok(spans?.into_iter().flatten().collect())
}

fn span(range: &str) -> Result<RangeInclusive<u16>, String> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let [first, last] = [parse(first, "a CPU")?, parse(last, "a CPU")?];
    if first > last {
        return Err(format!("{} runs backwards", quoted(range)));
    }
    Ok(first..=last)
}

#[cfg(test)]
mod tests {
    use super::parse_list;

    #[test]
    fn lists_of_cpus() {
        for (list, cpus) in [
            ("0", vec![0]),
            ("0-3", vec![0, 1, 2, 3]),
            ("10-11,0-1,8,0", vec![0, 1, 8, 10, 11]),
            ("65535", vec![65535]),
        ] {
            assert_eq!(parse_list(list), Ok(cpus.into_iter().collect()), "{list}");
        }
        for (list, fault) in [
            ("", "\"\" is not a CPU"),
            ("0-", "\"\" is not a CPU"),
            ("0,x", "\"x\" is not a CPU"),
            ("65536", "\"65536\" is not a CPU"),
            ("3-1", "\"3-1\" runs backwards"),
        ] {
            assert_eq!(parse_list(list), Err(fault.to_owned()));
        }
    }
}
