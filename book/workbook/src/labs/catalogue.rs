//! A lab as a program: where it lies, when it must be built, how it is called.

use super::timeline::LastRun;
use crate::workspace::Workspace;
use lab_format::{Knobs, LabInfo};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tokio::process::Command;

/// A lab that may be started.
#[derive(Clone, Debug)]
pub struct Lab {
    /// What it says of itself; its knobs are checked against this.
    pub info: LabInfo,
    program: PathBuf,
    /// The workspace to build it in; none if the program is there as it is.
    sources: Option<Workspace>,
    /// The run that was made last.
    pub(super) last: Arc<LastRun>,
}

impl Lab {
    /// A lab of `workspace`, whose binary lies in the folder `binaries` once it is built.
    pub fn of_workspace(workspace: &Workspace, info: LabInfo, binaries: &Path) -> Lab {
        let program = binaries.join(&info.name);
        Lab {
            info,
            program,
            sources: Some(workspace.clone()),
            last: Arc::default(),
        }
    }

    /// A lab that is a ready program.
    pub fn of_program(info: LabInfo, program: PathBuf) -> Lab {
        Lab {
            info,
            program,
            sources: None,
            last: Arc::default(),
        }
    }

    /// The command that builds it, if it is missing or older than what it is made of.
    pub(super) fn build(&self) -> Option<Command> {
        let workspace = self.sources.as_ref()?;
        if fresh(workspace, &self.info.name, &self.program) {
            return None;
        }
        let mut cargo = Command::new("cargo");
        cargo
            .args(["build", "--color", "never", "--package", &self.info.name])
            .current_dir(workspace.root());
        if self
            .program
            .parent()
            .is_some_and(|folder| folder.ends_with("release"))
        {
            cargo.arg("--release");
        }
        Some(cargo)
    }

    /// The command that runs it with these knobs.
    pub(super) fn command(&self, knobs: &Knobs) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["--json", "--samples"])
            .args(self.info.arguments(knobs));
        if let Some(workspace) = &self.sources {
            command.current_dir(workspace.root());
        }
        command
    }
}

/// Whether `program` is newer than the sources that a lab is made of. Cargo knows exactly, but
/// asking it costs more than most labs take to their first line.
fn fresh(workspace: &Workspace, lab: &str, program: &Path) -> bool {
    let Some(built) = modified(program) else {
        return false;
    };
    let own = workspace.root().join("labs").join(lab);
    let shared = ["labs/kit", "labs/format", "service/foundation"]
        .map(|folder| workspace.root().join(folder));
    [own]
        .iter()
        .chain(&shared)
        .all(|folder| newest(folder).is_none_or(|changed| changed <= built))
}

fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    entries
        .filter_map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => newest(&entry.path()),
            _ if entry.path().extension().is_some_and(|kind| kind == "rs") => {
                modified(&entry.path())
            }
            _ => None,
        })
        .max()
}

fn modified(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file)
        .and_then(|file| file.modified())
        .ok()
}
