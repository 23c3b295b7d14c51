//! `/proc/self/cgroup`: which cgroup of each hierarchy the process is in.

use std::path::Path;

use super::Version;
use crate::file::quoted;
use crate::problem::{Problem, Problems};

/// The process's cgroup in one hierarchy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) version: Version,
    /// The controllers of a v1 hierarchy. Empty for v2, which has all that no v1 hierarchy has.
    pub(super) controllers: Vec<String>,
    /// Seen from the root of the cgroup namespace; it starts with `/..` if it is outside of that.
    pub(super) path: String,
}

/// Reads `hierarchy:controllers:path` lines. One that is malformed costs that hierarchy only.
pub(super) fn parse(text: &str, file: &Path, problems: &mut Problems) -> Vec<Membership> {
    let mut memberships = Vec::new();
    for line in text.lines() {
        match parse_line(line) {
            Some(membership) => memberships.push(membership),
            None => problems.add(Problem::malformed(
                file,
                format!("{} is not hierarchy:controllers:/path", quoted(line)),
            )),
        }
    }
    memberships
}

fn parse_line(line: &str) -> Option<Membership> {
    // The path may hold colons.
    let mut fields = line.splitn(3, ':');
    let (id, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
    let id: u32 = id.parse().ok()?;
    let version = if id == 0 && controllers.is_empty() {
        Version::V2
    } else {
        Version::V1
    };
    let controllers = controllers.split(',').filter(|name| !name.is_empty());
    path.starts_with('/').then(|| Membership {
        version,
        controllers: controllers.map(str::to_owned).collect(),
        path: path.to_owned(),
    })
}
