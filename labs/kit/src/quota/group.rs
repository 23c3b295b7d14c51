//! A CPU quota of our own: a cgroup below those that this process is in, which it joins, leaves and removes.
//!
//! No other group is touched. A group's name carries the id of its process, so that what a killed one has left can be told
//! from what is in use, and is removed by the next.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cpulimit::{Sources, Version};

use serde::{Deserialize, Serialize};

use super::Quota;

const NAME: &str = "cutaway-lab-";

/// Why there is no group with a quota.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// This system has no cgroups, or none that limits CPU time.
    #[error("there is no cgroup that limits CPU time")]
    NoCgroup,
    /// A file of a cgroup could not be read or written.
    #[error("{}: {error}", file.display())]
    Io {
        /// Which.
        file: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// What the kernel counts of a group: `cpu.stat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Periods in which the group had something to do.
    pub periods: u64,
    /// Those in which it used up its quota.
    pub throttled_periods: u64,
    /// Microseconds in which it stood still, added up over CPUs.
    pub throttled_us: u64,
}

impl std::ops::Sub for Counts {
    type Output = Self;

    /// What was counted since `before`.
    fn sub(self, before: Self) -> Self {
        Self {
            periods: self.periods.saturating_sub(before.periods),
            throttled_periods: self
                .throttled_periods
                .saturating_sub(before.throttled_periods),
            throttled_us: self.throttled_us.saturating_sub(before.throttled_us),
        }
    }
}

/// The group that this process is in, until it is dropped.
#[derive(Debug)]
pub(super) struct Group {
    version: Version,
    dir: PathBuf,
    /// Where this process came from.
    home: PathBuf,
}

impl Group {
    /// Makes a group with that quota, as near to the process's own as it is allowed to, and joins it.
    pub(super) fn join(quota: Quota) -> Result<Self, Refused> {
        let cpu = Sources::system().read().cpu.ok_or(Refused::NoCgroup)?;
        let home = cpu.levels.first().ok_or(Refused::NoCgroup)?.dir.clone();
        let mut refused = Refused::NoCgroup;
        for level in &cpu.levels {
            sweep(&level.dir);
            match Self::make(cpu.version, &level.dir, &home, quota) {
                Ok(group) => return Ok(group),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn make(version: Version, below: &Path, home: &Path, quota: Quota) -> Result<Self, Refused> {
        if version == Version::V2 {
            write(&below.join("cgroup.subtree_control"), "+cpu")?;
        }
        let dir = below.join(format!("{NAME}{}", std::process::id()));
        fs::create_dir(&dir).map_err(|error| Refused::Io {
            file: dir.clone(),
            error,
        })?;
        // From here on, dropping it removes it.
        let group = Self {
            version,
            dir,
            home: home.to_owned(),
        };
        let Quota {
            quota_us,
            period_us,
        } = quota;
        if version == Version::V2 {
            write(
                &group.dir.join("cpu.max"),
                &format!("{quota_us} {period_us}"),
            )?;
            // A quota can only be seen where the group gets what it asks for: a busy neighbour would have it wait before its
            // quota is used up. These are the group's own shares.
            write(&group.dir.join("cpu.weight"), "10000")?;
        } else {
            write(&group.dir.join("cpu.cfs_period_us"), &period_us.to_string())?;
            write(&group.dir.join("cpu.cfs_quota_us"), &quota_us.to_string())?;
            write(&group.dir.join("cpu.shares"), "262144")?;
        }
        write(
            &group.dir.join("cgroup.procs"),
            &std::process::id().to_string(),
        )?;
        Ok(group)
    }

    /// What the kernel has counted so far.
    pub(super) fn counts(&self) -> Result<Counts, Refused> {
        let file = self.dir.join("cpu.stat");
        let text = fs::read_to_string(&file).map_err(|error| Refused::Io { file, error })?;
        let number = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(' '));
            let found = lines.find(|(known, _)| *known == name);
            found.and_then(|(_, value)| value.trim().parse::<u64>().ok())
        };
        let nanos = number("throttled_time").map(|nanos| nanos / 1_000);
        Ok(Counts {
            periods: number("nr_periods").unwrap_or(0),
            throttled_periods: number("nr_throttled").unwrap_or(0),
            throttled_us: nanos.or_else(|| number("throttled_usec")).unwrap_or(0),
        })
    }

    /// v1 or v2.
    pub(super) fn version(&self) -> Version {
        self.version
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // It is empty once this process has left. If either fails, the next run removes it.
        let _ = write(
            &self.home.join("cgroup.procs"),
            &std::process::id().to_string(),
        );
        let _ = fs::remove_dir(&self.dir);
    }
}

/// Removes the groups of processes that are no more.
fn sweep(below: &Path) {
    for entry in fs::read_dir(below).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(NAME));
        if owner.is_some_and(|owner| !Path::new("/proc").join(owner).exists()) {
            // Not empty, or not ours to remove: somebody else's business.
            let _ = fs::remove_dir(entry.path());
        }
    }
}

fn write(file: &Path, text: &str) -> Result<(), Refused> {
    fs::write(file, text).map_err(|error| Refused::Io {
        file: file.to_owned(),
        error,
    })
}
