//! The crates that the workspace and the exercises depend on, and where cargo finds them.

use super::{output, read};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::Path;

/// Copies every crate of both lock files into `folder`.
pub(super) fn vendor(workspace: &Workspace, folder: &Path, offline: bool) -> Result<()> {
    let gym = workspace.gym().join("Cargo.toml");
    let mut arguments: Vec<&OsStr> = ["vendor", "--locked", "--versioned-dirs", "--sync"]
        .map(OsStr::new)
        .to_vec();
    arguments.extend([gym.as_os_str(), folder.as_os_str()]);
    if offline {
        arguments.push("--offline".as_ref());
    }
    let advice = if offline {
        "not all crates are on this machine: leave out --offline while there is a network"
    } else {
        "crates that are not on this machine yet come from the network: is there one?"
    };
    output(workspace, "cargo", &arguments).context(advice)?;
    // Without a single dependency, cargo makes no folder.
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// Cargo's configuration: the repository's own, and where crates are.
pub(super) fn config(workspace: &Workspace) -> Result<String> {
    let file = workspace.root().join(".cargo/config.toml");
    let own = if file.exists() {
        read(&file)?
    } else {
        String::new()
    };
    let table: toml::Table =
        toml::from_str(&own).with_context(|| format!("{} is not TOML", file.display()))?;
    if let Some(taken) = ["source", "net"]
        .iter()
        .find(|name| table.contains_key(**name))
    {
        bail!(
            "{} has a table [{taken}] of its own, and a bundle sets it: bundle from a fresh checkout",
            file.display()
        );
    }
    Ok(format!(
        "{own}\n# Added by `workbook bundle`: crates are in this folder, and nothing is asked of the network.\n\
         [source.crates-io]\nreplace-with = \"vendored-sources\"\n\n\
         [source.vendored-sources]\ndirectory = \"vendor\"\n\n[net]\noffline = true\n"
    ))
}
