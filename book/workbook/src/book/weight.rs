//! Pictures that weigh more than all the rest of their page.

use super::Problem;
use crate::workspace::Workspace;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What a page's picture may weigh.
const MOST: u64 = 512 * 1024;

/// Of the `files` that chapters use, those that are too large.
pub(super) fn too_heavy(workspace: &Workspace, files: &BTreeSet<PathBuf>) -> Vec<Problem> {
    let size = |file: &&PathBuf| {
        std::fs::metadata(workspace.chapters().join(file)).map_or(0, |file| file.len())
    };
    files
        .iter()
        .filter(|file| size(file) > MOST)
        .map(|file| Problem {
            file: workspace
                .relative(&workspace.chapters().join(file))
                .to_path_buf(),
            line: 1,
            message: format!(
                "{} KiB, where a page has room for {}: make it smaller, or draw less",
                size(&file) / 1024,
                MOST / 1024
            ),
        })
        .collect()
}
