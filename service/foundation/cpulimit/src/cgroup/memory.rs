//! The `memory` controller's files.

use std::path::Path;

use super::{Cgroup, Place, Version, limited};
use crate::file::{self, parse};
use crate::problem::{Problem, Problems};
use crate::usage::MemoryEvents;

/// v1 has no word for "no limit": it counts pages, and shows the most pages there can be. Pages have up to 64 KiB.
const V1_UNLIMITED: u64 = i64::MAX as u64 & !0xffff;

const BYTES: &str = "a number of bytes";

/// The cgroup with the memory limit of each level, in bytes.
pub(crate) fn limits(place: Place, problems: &mut Problems) -> Cgroup<u64> {
    limited(place, problems, |version, dir, _| match version {
        Version::V1 => v1(dir),
        Version::V2 => v2(dir),
    })
}

fn v1(dir: &Path) -> Result<Option<u64>, Problem> {
    let limit = file::number(&dir.join("memory.limit_in_bytes"), BYTES)?;
    Ok(limit.filter(|&limit| limit < V1_UNLIMITED))
}

/// The root cgroup has no such file, nor has one whose controller is not enabled.
fn v2(dir: &Path) -> Result<Option<u64>, Problem> {
    let path = dir.join("memory.max");
    match file::read(&path)?.as_deref().map(str::trim) {
        None | Some("max") => Ok(None),
        Some(limit) => parse(limit, BYTES)
            .map(Some)
            .map_err(|fault| Problem::malformed(&path, fault)),
    }
}

/// The memory that all processes of a cgroup and those below it use, page cache included, in bytes.
pub(crate) fn used(version: Version, dir: &Path) -> Result<Option<u64>, Problem> {
    let name = match version {
        Version::V1 => "memory.usage_in_bytes",
        Version::V2 => "memory.current",
    };
    file::number(&dir.join(name), BYTES)
}

/// The most of it that was used at once. v2 tells since Linux 5.19.
pub(crate) fn peak(version: Version, dir: &Path) -> Result<Option<u64>, Problem> {
    let name = match version {
        Version::V1 => "memory.max_usage_in_bytes",
        Version::V2 => "memory.peak",
    };
    file::number(&dir.join(name), BYTES)
}

/// How often the limit was met and what that led to; each figure is absent where the kernel does not count it.
pub(crate) fn events(version: Version, dir: &Path) -> Result<MemoryEvents, Problem> {
    match version {
        Version::V1 => Ok(MemoryEvents {
            limit_hits: file::number(&dir.join("memory.failcnt"), "a number")?,
            ooms: None,
            // In this file since Linux 4.13.
            oom_kills: counted(&dir.join("memory.oom_control"), &["oom_kill"])?[0],
        }),
        Version::V2 => {
            let path = dir.join("memory.events");
            let [limit_hits, ooms, oom_kills] = counted(&path, &["max", "oom", "oom_kill"])?;
            Ok(MemoryEvents {
                limit_hits,
                ooms,
                oom_kills,
            })
        }
    }
}

/// The numbers behind these names; none of them if there is no such file.
fn counted<const N: usize>(path: &Path, names: &[&str; N]) -> Result<[Option<u64>; N], Problem> {
    let text = file::read(path)?.unwrap_or_default();
    let mut numbers = [None; N];
    for (number, name) in numbers.iter_mut().zip(names) {
        let value = file::value(&text, name).map(|value| parse(value, "a number"));
        *number = value
            .transpose()
            .map_err(|fault| Problem::malformed(path, format!("{name}: {fault}")))?;
    }
    Ok(numbers)
}
