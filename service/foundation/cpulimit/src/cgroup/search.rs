//! Finding this process's cgroup by looking for the process.
//!
//! Needed where a container has a cgroup namespace of its own and the machine's cgroup mount: there the process's
//! cgroup is called `/`, its folder is some levels below the mount point, and no file says under which names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::file;

/// How many folders of one depth are looked at. Each costs some 10 µs; a large machine has a few thousand.
const MOST: usize = 20_000;

/// The names of the folders from `point` down to the one that lies `depth` levels and then `rest` below it and lists
/// the process `pid`.
pub(super) fn find(point: &Path, depth: usize, rest: &[&str], pid: &str) -> Option<Vec<String>> {
    let mut found = vec![Vec::new()];
    for _ in 0..depth {
        let below = found.iter().flat_map(|names| folders(point, names));
        found = below.take(MOST).collect();
    }
    let rest = rest.iter().map(|&name| name.to_owned());
    found
        .into_iter()
        .map(|names| names.into_iter().chain(rest.clone()).collect::<Vec<_>>())
        .find(|names| lists(&dir(point, names), pid))
}

/// The names of all folders in the one called `names`, each after those.
fn folders(point: &Path, names: &[String]) -> Vec<Vec<String>> {
    let entries = fs::read_dir(dir(point, names))
        .into_iter()
        .flatten()
        .flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .map(|name| [names, &[name]].concat())
        .collect()
}

fn dir(point: &Path, names: &[String]) -> PathBuf {
    std::iter::once(point)
        .chain(names.iter().map(Path::new))
        .collect()
}

/// Whether the process is in the cgroup of this folder.
fn lists(dir: &Path, pid: &str) -> bool {
    let listed = file::read(&dir.join("cgroup.procs")).ok().flatten();
    listed.is_some_and(|text| text.lines().any(|line| line == pid))
}
