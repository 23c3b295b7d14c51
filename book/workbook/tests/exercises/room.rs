//! Where the exercises of these tests are.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use workbook::exercises::{Catalogue, Exercise};
use workbook::workspace::Workspace;

/// The workspace that this test is part of.
pub(crate) fn here() -> Workspace {
    Workspace::find(Path::new(env!("CARGO_MANIFEST_DIR")))
        .expect("this test runs inside the workspace")
}

/// A folder for programs that stays.
pub(crate) fn state() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("exercises")
}

/// An exercise of this workspace.
pub(crate) fn exercise(name: &str) -> Exercise {
    let catalogue = Catalogue::read(&here()).expect("sound exercises");
    catalogue.find(name).expect("it is there").clone()
}

/// A workspace with this one's exercises, for a learner at a terminal. It builds in the folder that stays.
pub(crate) struct Room {
    pub(crate) folder: TempDir,
    pub(crate) workspace: Workspace,
}

impl Room {
    pub(crate) fn new() -> Room {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path();
        for made in ["book/src", "labs", ".cutaway/exercises"] {
            std::fs::create_dir_all(root.join(made)).expect("a folder");
        }
        std::fs::create_dir_all(state().join("target")).expect("a folder");
        std::fs::write(root.join("book/book.toml"), "[book]\n").expect("a file");
        // Not in the order of the letters: exercises come in the book's.
        let summary = "# Summary\n\n- [Channels](concurrency/channels.md)\n";
        std::fs::write(root.join("book/src/SUMMARY.md"), summary).expect("a file");
        let link = |from: PathBuf, to: &str| {
            std::os::unix::fs::symlink(from, root.join(to)).expect("a link");
        };
        link(here().gym(), "labs/gym");
        link(state().join("target"), ".cutaway/exercises/target");
        let workspace = Workspace::at(root.to_path_buf());
        Room { folder, workspace }
    }

    /// The learner's file of `channels/2`, with this text.
    pub(crate) fn write(&self, text: &str) -> PathBuf {
        let file = self.folder.path().join("exercises/channels/2-drain.rs");
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        std::fs::write(&file, text).expect("the learner's text");
        file
    }

    /// `workbook` with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_workbook"));
        command
            .args(["--root", &self.folder.path().display().to_string()])
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn workbook(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the workbook runs")
    }
}
