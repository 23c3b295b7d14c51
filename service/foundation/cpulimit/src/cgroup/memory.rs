//! The `memory` controller's files.

use std::path::Path;

use super::{Cgroup, Place, Version, limited};
use crate::file::{self, parse};
use crate::problem::{Problem, Problems};

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
