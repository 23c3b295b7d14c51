//! A cgroup with a CPU quota, where this process may make one.

use std::fs;
use std::path::{Path, PathBuf};

use cpulimit::{Sources, Version};

use crate::programs::Program;

/// Removed when dropped.
pub(crate) struct Quota {
    dir: PathBuf,
}

impl Quota {
    /// One that allows `milliseconds` in each 100; nothing, and a word about it, where that is not permitted.
    pub(crate) fn new(milliseconds: u32) -> Option<Self> {
        Self::make(milliseconds)
            .map_err(|why| super::skipped(&why))
            .ok()
    }

    fn make(milliseconds: u32) -> Result<Self, String> {
        let cgroup = Sources::system()
            .read()
            .cpu
            .ok_or("there is no CPU cgroup")?;
        let top = &cgroup.levels.last().ok_or("no cgroup can be seen")?.dir;
        if cgroup.version == Version::V2 {
            write(&top.join("cgroup.subtree_control"), "+cpu")?;
        }
        let dir = top.join(format!("cutaway-test-{}", std::process::id()));
        fs::create_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let quota = Self { dir };
        let micros = milliseconds * 1_000;
        if cgroup.version == Version::V2 {
            write(&quota.dir.join("cpu.max"), &format!("{micros} 100000"))?;
        } else {
            write(&quota.dir.join("cpu.cfs_period_us"), "100000")?;
            write(&quota.dir.join("cpu.cfs_quota_us"), &micros.to_string())?;
        }
        Ok(quota)
    }

    /// Puts a running program under it.
    pub(crate) fn hold(&self, program: &Program) {
        write(&self.dir.join("cgroup.procs"), &program.id().to_string())
            .expect("its processes can be moved");
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir(&self.dir) {
            super::skipped(&format!("removing {}: {error}", self.dir.display()));
        }
    }
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}
