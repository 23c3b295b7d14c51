//! What a disk knows after the process was killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The file of the database, and that of its log.
const FILES: [&str; 2] = ["sales.db", "sales.db-wal"];

/// What is left of what was written.
pub(crate) enum Disk {
    /// All of it: the kernel outlives the process.
    Kept,
    /// What was synced, as after a power cut.
    Synced {
        directory: PathBuf,
        library: PathBuf,
    },
}

/// A store in this directory, where there is none any more.
pub(crate) fn fresh(directory: &Path) -> String {
    let file = directory.join("sales.db");
    for end in ["", "-wal", "-shm", ".synced", "-wal.synced"] {
        let mut name = file.clone().into_os_string();
        name.push(end);
        let _none = fs::remove_file(name);
    }
    format!("sqlite:{}", file.display())
}

impl Disk {
    /// One that forgets what was not synced.
    pub(crate) fn forgetful(directory: &Path) -> Disk {
        let library = directory.join("power.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/power.c");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .args([&library, &source])
            .args(["-ldl", "-lpthread"])
            .status();
        assert!(compiled.expect("a C compiler").success(), "it compiles");
        Disk::Synced {
            directory: directory.to_owned(),
            library,
        }
    }

    /// Sees to it that a process is told what this disk tells.
    pub(crate) fn attach(&self, process: &mut Command) {
        let Disk::Synced { directory, library } = self else {
            return;
        };
        // What is there has been there for long.
        for name in FILES {
            let file = directory.join(name);
            if file.exists() {
                fs::copy(&file, synced(&file)).expect("copies");
            } else {
                let _none = fs::remove_file(synced(&file));
            }
        }
        process.env("LD_PRELOAD", library);
    }

    /// The power is cut and comes back.
    pub(crate) fn cut(&self) {
        let Disk::Synced { directory, .. } = self else {
            return;
        };
        // An index in memory, gone with it.
        let _none = fs::remove_file(directory.join("sales.db-shm"));
        for name in FILES {
            let file = directory.join(name);
            let _none = fs::remove_file(&file);
            if synced(&file).exists() {
                fs::copy(synced(&file), &file).expect("copies");
            }
        }
    }
}

fn synced(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".synced");
    name.into()
}
