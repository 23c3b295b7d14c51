//! Which files go into the archive.

use super::output;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// What an entry is made of.
#[derive(Debug)]
pub(super) enum Entry {
    /// A file of this machine.
    File(PathBuf),
    /// A link, which stays one.
    Link(PathBuf),
    /// A text of ours.
    Text(String),
}

/// All entries, by their path below the archive's folder.
#[derive(Debug, Default)]
pub(super) struct Contents(pub(super) BTreeMap<PathBuf, Entry>);

impl Contents {
    /// What git tracks, as it lies in the folder.
    pub(super) fn tracked(&mut self, workspace: &Workspace) -> Result<()> {
        let list = output(workspace, "git", &["ls-files".as_ref(), "-z".as_ref()])
            .context("a bundle holds the files that git tracks, so it needs git and a checkout")?;
        let names = list
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty());
        for name in names {
            let path = Path::new(std::ffi::OsStr::from_bytes(name));
            let file = workspace.root().join(path);
            self.add(path.to_path_buf(), &file).with_context(|| {
                let shown = path.display();
                format!(
                    "{shown} is tracked and cannot be read: put it back with git restore {shown}"
                )
            })?;
        }
        if self.0.is_empty() {
            bail!("git tracks no files in {}", workspace.root().display());
        }
        Ok(())
    }

    /// Everything below `folder`, as `name`.
    pub(super) fn folder(&mut self, name: &str, folder: &Path) -> Result<()> {
        let shown = || format!("cannot read {}", folder.display());
        for entry in std::fs::read_dir(folder).with_context(shown)? {
            let path = entry.with_context(shown)?.path();
            let part = path.file_name().unwrap_or_default().to_string_lossy();
            let below = format!("{name}/{part}");
            if path.is_dir() && !path.is_symlink() {
                self.folder(&below, &path)?;
            } else {
                self.add(below.into(), &path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// The toolchain's installer.
    pub(super) fn toolchain(&mut self, folder: &Path) -> Result<()> {
        if !folder.is_dir() {
            bail!(
                "--toolchain {}: there is no such folder; it holds what Rust's site offers as a standalone installer",
                folder.display()
            );
        }
        let before = self.0.len();
        self.folder("toolchain", folder)?;
        if self.0.len() == before {
            bail!("--toolchain {}: the folder is empty", folder.display());
        }
        Ok(())
    }

    /// A text of ours; it takes the place of a file of that name.
    pub(super) fn text(&mut self, name: &str, text: String) {
        self.0.insert(name.into(), Entry::Text(text));
    }

    fn add(&mut self, path: PathBuf, file: &Path) -> std::io::Result<()> {
        let entry = if std::fs::symlink_metadata(file)?.is_symlink() {
            Entry::Link(std::fs::read_link(file)?)
        } else {
            Entry::File(file.to_path_buf())
        };
        self.0.insert(path, entry);
        Ok(())
    }
}

/// When the last commit was made, in seconds since 1970: the time of every entry.
pub(super) fn time(workspace: &Workspace) -> Result<u64> {
    let arguments = ["log", "-1", "--format=%ct"].map(AsRef::as_ref);
    let time = output(workspace, "git", &arguments)?;
    let time = String::from_utf8_lossy(&time);
    time.trim()
        .parse()
        .context("git does not say when the last commit was made")
}
