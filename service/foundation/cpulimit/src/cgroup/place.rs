//! Where the folder of a cgroup is, given a mount.

use std::path::{Path, PathBuf};

use super::Version;
use super::mount::Mount;
use crate::{Problem, file};

/// This process's cgroup and those above it, as folders.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(super) version: Version,
    /// The process's own cgroup as `/proc/self/cgroup` names it.
    pub(super) path: String,
    /// Names and folders, the innermost first; never empty.
    pub(super) levels: Vec<(String, PathBuf)>,
    /// Whether the first level is the process's own by name. Otherwise it is one above that.
    pub(super) found: bool,
}

impl Place {
    /// Whether the process's own cgroup can be looked into.
    pub(super) fn own_seen(&self) -> bool {
        self.found && self.levels.first().is_some_and(|(_, dir)| dir.is_dir())
    }

    /// What is wrong if only cgroups above the process's own can be seen.
    pub(super) fn hidden(&self) -> Option<Problem> {
        let (_, mount) = self.levels.last().filter(|_| !self.found)?;
        Some(Problem::Hidden {
            mount: mount.clone(),
        })
    }
}

/// How a cgroup lies to what a mount shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Relation<'a> {
    /// It is shown, under these names below the mount point.
    Inside(Vec<&'a str>),
    /// It is shown, so many levels of unknown names below the mount point and then under these names.
    Below(usize, Vec<&'a str>),
    /// It is not shown.
    Outside,
}

/// Where the cgroup `path` is, seen from the mount's `root`. Both start at the root of the cgroup namespace.
pub(super) fn relation<'a>(root: &str, path: &'a str) -> Relation<'a> {
    let (root_up, root) = split(root);
    let (path_up, path) = split(path);
    if root_up > path_up && root.is_empty() {
        Relation::Below(root_up - path_up, path)
    } else if root_up == path_up && path.starts_with(&root) {
        Relation::Inside(path[root.len()..].to_vec())
    } else {
        Relation::Outside
    }
}

/// How many levels above the namespace's root, and the names from there.
fn split(path: &str) -> (usize, Vec<&str>) {
    let names = path.split('/').filter(|name| !name.is_empty());
    let up = names.clone().take_while(|&name| name == "..").count();
    (up, names.skip(up).collect())
}

/// The mount point of `mount` when `root` is taken for `/`.
pub(super) fn point(root: &Path, mount: &Mount) -> PathBuf {
    file::under(root, &mount.point)
}

/// The levels from the mount point down to the cgroup called `names` below it, the innermost first.
pub(super) fn levels<N: AsRef<str>>(
    root: &Path,
    mount: &Mount,
    names: &[N],
) -> Vec<(String, PathBuf)> {
    let mut path = mount.root.trim_end_matches('/').to_owned();
    let mut dir = point(root, mount);
    let mut levels = vec![(shown(&path), dir.clone())];
    for name in names {
        path = format!("{path}/{}", name.as_ref());
        dir.push(name.as_ref());
        levels.push((path.clone(), dir.clone()));
    }
    levels.reverse();
    levels
}

fn shown(path: &str) -> String {
    if path.is_empty() { "/" } else { path }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations() {
        use Relation::{Below, Inside, Outside};
        for (root, path, expected) in [
            ("/", "/", Inside(vec![])),
            ("/", "/a/b", Inside(vec!["a", "b"])),
            ("/a", "/a", Inside(vec![])),
            ("/a", "/a/b", Inside(vec!["b"])),
            ("/a/b", "/a", Outside),
            ("/a", "/ab", Outside),
            ("/a", "/", Outside),
            // The mount was made outside of the cgroup namespace.
            ("/..", "/", Below(1, vec![])),
            ("/../..", "/a", Below(2, vec!["a"])),
            ("/../..", "/../a", Below(1, vec!["a"])),
            ("/../x", "/a", Outside),
            // The process was moved out of its cgroup namespace.
            ("/", "/..", Outside),
            ("/", "/../a", Outside),
            ("/..", "/../a/b", Inside(vec!["a", "b"])),
            ("/../a", "/../a/b", Inside(vec!["b"])),
            ("/../a", "/../b", Outside),
        ] {
            assert_eq!(relation(root, path), expected, "{path} seen from {root}");
        }
    }
}
