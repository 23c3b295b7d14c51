//! A fresh clone of this workspace, with what is not committed yet, and a home without settings.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use workbook::workspace::Workspace;

/// Where commands run.
pub(crate) struct Sandbox {
    folder: TempDir,
    outputs: Cell<u32>,
    /// The variables of each command.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// The variable `PATH` among them.
    pub(crate) path: String,
}

impl Sandbox {
    pub(crate) fn new(workspace: &Workspace) -> Sandbox {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["empty", "home/rust-installer", "bin"] {
            std::fs::create_dir_all(folder.path().join(name)).expect("a folder");
        }
        let shim = folder.path().join("bin/cargo");
        std::fs::write(&shim, include_str!("cargo.sh")).expect("a file");
        executable(&shim);
        let built = Path::new(env!("CARGO_BIN_EXE_workbook"))
            .parent()
            .expect("a folder");
        let home = std::env::var("HOME").expect("a home");
        let of_home = |name: &str, folder: &str| {
            std::env::var(name).unwrap_or_else(|_| format!("{home}/{folder}"))
        };
        // The toolchain itself: what would choose one does not know of the clone everywhere.
        let cargo = Path::new(env!("CARGO"));
        let path = format!(
            "{}:{}:{}:{}",
            folder.path().join("bin").display(),
            built.display(),
            cargo.parent().expect("a folder").display(),
            std::env::var("PATH").expect("a path")
        );
        let variables = vec![
            ("PATH", path.clone()),
            ("HOME", folder.path().join("home").display().to_string()),
            ("BUILT", built.display().to_string()),
            ("CARGO", cargo.display().to_string()),
            ("CARGO_HOME", of_home("CARGO_HOME", ".cargo")),
            ("RUSTUP_HOME", of_home("RUSTUP_HOME", ".rustup")),
            ("COLUMNS", "100".to_owned()),
            ("NO_COLOR", "1".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            (MARK, folder.path().display().to_string()),
        ];
        let sandbox = Sandbox {
            folder,
            outputs: Cell::new(0),
            variables,
            path,
        };
        sandbox.copy(workspace);
        sandbox
    }

    fn copy(&self, workspace: &Workspace) {
        let from = workspace.root().display().to_string();
        git(self.folder.path(), &["clone", "--quiet", &from, "clone"]);
        let clone = self.clone();
        let changed = git(
            workspace.root(),
            &["ls-files", "--modified", "--others", "--exclude-standard"],
        );
        for file in changed.lines() {
            let to = clone.join(file);
            if workspace.root().join(file).is_file() {
                std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
                std::fs::copy(workspace.root().join(file), to).expect("a file");
            } else if to.is_file() {
                std::fs::remove_file(to).expect("a file");
            }
        }
        // What exercises depend on stays built from one run to the next.
        let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exercises/target");
        std::fs::create_dir_all(&built).expect("a folder");
        std::fs::create_dir_all(clone.join(".cutaway/exercises")).expect("a folder");
        std::os::unix::fs::symlink(built, clone.join(".cutaway/exercises/target")).expect("a link");
        git(&clone, &["add", "--all"]);
        let me = ["-c", "user.name=Test", "-c", "user.email=test@localhost"];
        git(
            &clone,
            &[
                &me[..],
                &[
                    "commit",
                    "--quiet",
                    "--allow-empty",
                    "--message",
                    "What is not committed yet",
                ],
            ]
            .concat(),
        );
    }

    /// The clone.
    pub(crate) fn clone(&self) -> PathBuf {
        self.folder.path().join("clone")
    }

    /// A folder with nothing in it.
    pub(crate) fn empty(&self) -> PathBuf {
        self.folder.path().join("empty")
    }

    /// A new file for what a command prints.
    pub(crate) fn output(&self) -> PathBuf {
        let number = self.outputs.replace(self.outputs.get() + 1);
        self.folder.path().join(format!("output-{number}"))
    }

    /// What was started here and runs still, by its command line.
    pub(crate) fn left(&self) -> Vec<String> {
        let mark = format!("{MARK}={}", self.folder.path().display());
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        processes
            .filter_map(|process| {
                let variables = std::fs::read(process.path().join("environ")).ok()?;
                let ours = variables
                    .split(|byte| *byte == 0)
                    .any(|variable| variable == mark.as_bytes());
                let line = std::fs::read(process.path().join("cmdline")).ok()?;
                ours.then(|| String::from_utf8_lossy(&line).replace('\0', " "))
            })
            .collect()
    }
}

/// The variable that tells processes of this test from others.
const MARK: &str = "COMMANDS_OF";

fn executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).expect("a mode");
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .output();
    let output = output.expect("git runs");
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
