//! A learner's place in a room: `.cutaway/room.json`. Without the file, nothing is told to anybody.

use super::desk::write_private;
use super::{Seconds, now};
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Where the room listens.
    pub room: SocketAddr,
    /// What the learner is called there.
    pub name: String,
    /// What shows that it is this learner.
    pub token: String,
    /// What the room has confirmed, as it was sent.
    #[serde(default)]
    pub confirmed: Option<String>,
    /// How many attempts in a row have failed.
    #[serde(default)]
    pub failed: u32,
    /// When the next one may be made.
    #[serde(default)]
    pub next: Seconds,
    /// The room does not know the learner any more: nothing is sent.
    #[serde(default)]
    pub refused: bool,
}

/// The file of a workspace.
#[derive(Clone, Debug)]
pub struct Membership {
    file: PathBuf,
}

impl Membership {
    /// That of a workspace.
    pub fn of(workspace: &Workspace) -> Membership {
        Membership {
            file: workspace.state().join("room.json"),
        }
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The learner's place, if they have joined.
    pub fn read(&self) -> Result<Option<Member>> {
        let shown = self.file.display();
        match std::fs::read(&self.file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            text => {
                let text = text.with_context(|| format!("cannot read {shown}"))?;
                let member = serde_json::from_slice(&text).with_context(|| {
                    format!(
                        "{shown} is not what this program has written: remove it, and join again"
                    )
                })?;
                Ok(Some(member))
            }
        }
    }

    /// Writes it.
    pub fn write(&self, member: &Member) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        write_private(&self.file, &serde_json::to_vec_pretty(member)?)
            .with_context(|| format!("cannot write {}", self.file.display()))
    }

    /// Changes it, if it is still the same: who has left meanwhile has left.
    pub(super) fn update(&self, token: &str, change: impl FnOnce(&mut Member)) -> Result<()> {
        let Some(mut member) = self.read()?.filter(|member| member.token == token) else {
            return Ok(());
        };
        change(&mut member);
        self.write(&member)
    }

    /// Removes it.
    pub fn remove(&self) -> Result<()> {
        match std::fs::remove_file(&self.file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.file.display()))
            }
            _ => Ok(()),
        }
    }
}

impl Member {
    /// A new place.
    pub(super) fn new(room: SocketAddr, name: &str, token: String) -> Member {
        Member {
            room,
            name: name.to_owned(),
            token,
            confirmed: None,
            failed: 0,
            next: now(),
            refused: false,
        }
    }
}
