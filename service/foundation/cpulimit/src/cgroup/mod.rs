//! Where this process's cgroups are and what they limit.

mod cpu;
mod hierarchy;
mod membership;
mod memory;
mod mount;
mod place;
mod pressure;
mod search;

use std::path::{Path, PathBuf};
use std::{fmt, fs};

pub(crate) use cpu::{quotas, throttling};
pub(crate) use hierarchy::Hierarchies;
pub(crate) use memory::{events, limits, peak, used};
use place::Place;
pub(crate) use pressure::pressure;

use crate::Problem;
use crate::problem::Problems;

/// The two kinds of cgroups that Linux has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// A hierarchy for each controller (or a few of them).
    V1,
    /// The unified hierarchy.
    V2,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        })
    }
}

/// This process's cgroup in one controller's hierarchy, and all above it that can be seen. All of them limit it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cgroup<L> {
    /// The kind of hierarchy.
    pub version: Version,
    /// The process's own cgroup as `/proc/self/cgroup` names it.
    pub path: String,
    /// The process's own cgroup first, the outermost visible one last.
    pub levels: Vec<Level<L>>,
    /// Whether the first of them is the process's own and its limit could be read. It may be one above that if the
    /// mount was made outside of the process's cgroup namespace.
    pub own_seen: bool,
}

/// One cgroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level<L> {
    /// Its name, starting at the root of the cgroup namespace.
    pub path: String,
    /// Its folder.
    pub dir: PathBuf,
    /// Its limit, if it has one.
    pub limit: Option<L>,
}

/// The folder of a cgroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The cgroup's name, starting at the root of the cgroup namespace.
    pub path: String,
    /// Where its files are.
    pub dir: PathBuf,
}

impl<L: Ord> Cgroup<L> {
    /// The level with the tightest limit and that limit; nothing if no level has one.
    pub fn tightest(&self) -> Option<(&Level<L>, &L)> {
        self.levels
            .iter()
            .filter_map(|level| Some((level, level.limit.as_ref()?)))
            .min_by_key(|&(_, limit)| limit)
    }

    /// The level whose figures tell how the process fares: that of the tightest limit, or its own if there is none.
    pub(crate) fn telling(&self) -> Option<&Level<L>> {
        let tightest = self.tightest().map(|(level, _)| level);
        tightest.or_else(|| self.levels.first().filter(|_| self.own_seen))
    }
}

/// The cgroup with the limit of each level.
fn limited<L>(
    place: Place,
    problems: &mut Problems,
    limit: impl Fn(Version, &Path, &mut Problems) -> Result<Option<L>, Problem>,
) -> Cgroup<L> {
    let Place {
        version,
        path,
        levels,
        found,
    } = place;
    let mut own_seen = found;
    let level = |(index, (path, dir)): (usize, (String, PathBuf))| {
        let limit = there(&dir).and_then(|()| limit(version, &dir, problems));
        own_seen &= index > 0 || limit.is_ok();
        let limit = problems.note(limit);
        Level { path, dir, limit }
    };
    let levels = levels.into_iter().enumerate().map(level).collect();
    Cgroup {
        version,
        path,
        levels,
        own_seen,
    }
}

/// A file that is missing means "no limit"; a folder that is missing means nothing.
fn there(dir: &Path) -> Result<(), Problem> {
    let found = fs::metadata(dir).map(drop);
    found.map_err(|error| Problem::unreadable(dir, &error))
}
