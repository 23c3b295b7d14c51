use std::path::{Path, PathBuf};

/// Something that could not be found out. The rest decides without it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A file or folder that should be there cannot be read.
    #[error("{}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// A file holds something else than it should.
    #[error("{}: {fault}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with the words that are wrong.
        fault: String,
    },
    /// The process is in a cgroup that no mount shows.
    #[error("{}: no mount shows {path} of the cgroup hierarchy {hierarchy}", mountinfo.display())]
    NotMounted {
        /// The list of mounts.
        mountinfo: PathBuf,
        /// `v2`, or `v1` and the controller that is looked for.
        hierarchy: String,
        /// The process's cgroup, as `/proc/self/cgroup` names it.
        path: String,
    },
    /// The mount shows cgroups above this process's own, and which of those below is its own cannot be told: the mount
    /// was made outside of the process's cgroup namespace, and the process was not found.
    #[error("{}: shows cgroups above the process's own and not that itself; its own limits are not known", mount.display())]
    Hidden {
        /// Where cgroups are mounted.
        mount: PathBuf,
    },
}

impl Problem {
    pub(crate) fn unreadable(path: &Path, cause: &std::io::Error) -> Self {
        Self::Unreadable {
            path: path.to_owned(),
            cause: cause.to_string(),
        }
    }

    pub(crate) fn malformed(path: &Path, fault: impl Into<String>) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            fault: fault.into(),
        }
    }
}

/// The problems met so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// What was found, if anything; a failure is remembered.
    pub(crate) fn note<T>(&mut self, found: Result<Option<T>, Problem>) -> Option<T> {
        match found {
            Ok(found) => found,
            Err(problem) => {
                self.add(problem);
                None
            }
        }
    }

    /// Remembers it, once: hierarchies share files.
    pub(crate) fn add(&mut self, problem: Problem) {
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}
