//! What the workbook costs its readers: time, mostly, and bytes.

pub(crate) mod book;
pub(crate) mod page;
mod rival;
pub(crate) mod verdict;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::context::Context;

/// This workspace.
const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../..");
/// What the book, its labs and exercises are made of.
const PARTS: [&str; 6] = ["book", "console", "labs", "service", ".cargo", ".ci"];
/// What builds leave there.
const MADE: [&str; 3] = ["target", "node_modules", "build"];

/// The program, and a copy of the workspace for it to work in.
struct Workbook {
    program: PathBuf,
    scratch: TempDir,
}

impl Workbook {
    fn find(context: &Context) -> anyhow::Result<Workbook> {
        let program = context.program("workbook", "workbook")?;
        let scratch = Context::scratch()?;
        for part in PARTS {
            copy(&Path::new(HERE).join(part), &scratch.path().join(part))?;
        }
        Ok(Workbook { program, scratch })
    }

    fn root(&self) -> &Path {
        self.scratch.path()
    }

    /// The command `workbook …` in the copy.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--root")
            .arg(self.root())
            .args(arguments)
            .current_dir(self.root())
            // Where this program was built is nothing to the learner's folder.
            .env_remove("CARGO_TARGET_DIR")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }
}

/// Copies a folder with the times of its files: what was built is newer than what it was built of.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let (source, name) = (entry.path(), entry.file_name());
        if MADE.iter().any(|made| name == *made) {
            continue;
        }
        let copied = to.join(&name);
        if entry.file_type()?.is_dir() {
            copy(&source, &copied)?;
        } else {
            fs::copy(&source, &copied).with_context(|| source.display().to_string())?;
            let changed = entry.metadata()?.modified()?;
            File::options()
                .write(true)
                .open(&copied)?
                .set_modified(changed)?;
        }
    }
    Ok(())
}
