//! A place where a sync waits for a disk.

use std::path::Path;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

/// A folder on a disk: what is in memory needs no sync.
pub(crate) fn on_disk() -> anyhow::Result<TempDir> {
    let programs = std::env::current_exe().context("where this program is")?;
    let near = programs.parent().context("a program is in a folder")?;
    let folder = tempfile::Builder::new()
        .prefix("bench-disk-")
        .tempdir_in(near)?;
    let system = file_system(folder.path());
    ensure!(
        !system.contains("tmpfs") && !system.contains("ramfs"),
        "{} is in memory; put the programs on a disk",
        folder.path().display()
    );
    Ok(folder)
}

/// Its kind, and the device it is on.
pub(crate) fn file_system(folder: &Path) -> String {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let found = mounts.lines().filter_map(|mount| {
        let mut words = mount.split(' ');
        let (device, at, kind) = (words.next()?, words.next()?, words.next()?);
        folder.starts_with(at).then_some((at.len(), device, kind))
    });
    // The longest path is the innermost; of equals the last one covers the others.
    found.max_by_key(|(length, ..)| *length).map_or_else(
        || "an unknown file system".to_owned(),
        |(_, device, kind)| format!("{kind} on {device}"),
    )
}
