//! The hierarchies of this system: which holds a controller, and where this process is in it.

use std::path::{Path, PathBuf};

use super::membership::{self, Membership};
use super::mount::{self, Mount};
use super::place::{self, Place, Relation};
use super::{Folder, Version, search};
use crate::file;
use crate::problem::{Problem, Problems};

/// The process's cgroups and the mounts that show cgroups.
#[derive(Debug)]
pub(crate) struct Hierarchies {
    /// What is taken for `/`.
    root: PathBuf,
    mountinfo: PathBuf,
    memberships: Vec<Membership>,
    mounts: Vec<Mount>,
}

impl Hierarchies {
    /// Reads `/proc/self/cgroup` and `/proc/self/mountinfo` below `root`. A system without the former has no cgroups.
    pub(crate) fn read(root: &Path, problems: &mut Problems) -> Self {
        let cgroup = file::under(root, "/proc/self/cgroup");
        let mountinfo = file::under(root, "/proc/self/mountinfo");
        let memberships = problems.note(file::read(&cgroup)).unwrap_or_default();
        let memberships = membership::parse(&memberships, &cgroup, problems);
        let mounts = if memberships.is_empty() {
            String::new()
        } else {
            problems.note(file::read(&mountinfo)).unwrap_or_default()
        };
        let mounts = mount::parse(&mounts, &mountinfo, problems);
        Self {
            root: root.to_owned(),
            mountinfo,
            memberships,
            mounts,
        }
    }

    /// Where the process is in the hierarchy that holds `controller`, or nothing if there is no such hierarchy.
    pub(crate) fn place(&self, controller: &str, problems: &mut Problems) -> Option<Place> {
        let membership = self.membership(controller)?;
        let place = self.best(membership, controller);
        let problem = match &place {
            None => Some(self.not_mounted(membership, controller)),
            Some(place) => place.hidden(),
        };
        if let Some(problem) = problem {
            problems.add(problem);
        }
        place
    }

    /// The process's own cgroup in v2's hierarchy, whether or not that has a controller. Nothing if it cannot be seen.
    pub(crate) fn unified(&self) -> Option<Folder> {
        let mut memberships = self.memberships.iter();
        let membership = memberships.find(|found| found.version == Version::V2)?;
        let place = self.best(membership, "")?;
        let own_seen = place.own_seen();
        let (path, dir) = place.levels.into_iter().next().filter(|_| own_seen)?;
        Some(Folder { path, dir })
    }

    /// The place according to the mount that shows the process's own cgroup and most of those above it; the latest if
    /// several do.
    fn best(&self, membership: &Membership, controller: &str) -> Option<Place> {
        let mounts = self.mounts.iter();
        let shown = mounts.filter(|mount| shows(mount, membership.version, controller));
        shown
            .filter_map(|mount| self.seen_from(mount, membership))
            .max_by_key(|place| (place.own_seen(), place.levels.len()))
    }

    /// A controller is in one hierarchy only: in v2's unless a v1 hierarchy has it.
    fn membership(&self, controller: &str) -> Option<&Membership> {
        let holds = |found: &&Membership| found.controllers.iter().any(|name| name == controller);
        let unified = |found: &&Membership| found.version == Version::V2;
        let all = self.memberships.iter();
        all.clone()
            .find(holds)
            .or_else(|| all.clone().find(unified))
    }

    /// The place according to one mount, or nothing if it shows neither the cgroup nor any above it.
    fn seen_from(&self, mount: &Mount, membership: &Membership) -> Option<Place> {
        let names = match place::relation(&mount.root, &membership.path) {
            Relation::Inside(names) => Some(names.into_iter().map(str::to_owned).collect()),
            Relation::Below(depth, rest) => self.search(mount, depth, &rest),
            Relation::Outside => return None,
        };
        let levels = place::levels(&self.root, mount, names.as_deref().unwrap_or_default());
        Some(Place {
            version: membership.version,
            path: membership.path.clone(),
            found: names.is_some(),
            levels,
        })
    }

    fn search(&self, mount: &Mount, depth: usize, rest: &[&str]) -> Option<Vec<String>> {
        let point = place::point(&self.root, mount);
        search::find(&point, depth, rest, &self.pid()?)
    }

    /// This process's id as `/proc` tells it: like `cgroup.procs`, it speaks of the process namespace it was mounted in.
    fn pid(&self) -> Option<String> {
        let stat = file::read(&file::under(&self.root, "/proc/self/stat")).ok()??;
        stat.split_once(' ').map(|(pid, _)| pid.to_owned())
    }

    fn not_mounted(&self, membership: &Membership, controller: &str) -> Problem {
        Problem::NotMounted {
            mountinfo: self.mountinfo.clone(),
            hierarchy: match membership.version {
                Version::V1 => format!("v1 {controller}"),
                Version::V2 => "v2".to_owned(),
            },
            path: membership.path.clone(),
        }
    }
}

/// Whether the hierarchy that holds the controller can be seen at the mount.
fn shows(mount: &Mount, version: Version, controller: &str) -> bool {
    mount.version == version
        && (version == Version::V2 || mount.options.iter().any(|option| option == controller))
}
