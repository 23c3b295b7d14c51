//! Where and with what something was measured.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::pin::Cores;

/// A machine and a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The processor's name.
    pub(crate) cpu: String,
    /// The cores that there are for the measured program and the load together.
    pub(crate) cores: usize,
    pub(crate) arch: String,
    pub(crate) memory_mib: u64,
    pub(crate) kernel: String,
    pub(crate) rustc: String,
    /// `dev` or `release`.
    pub(crate) profile: String,
    /// The commit that was built, `+` behind it if the tree had changes.
    pub(crate) commit: String,
    /// Which cores the measured program and the load ran on.
    pub(crate) placement: String,
}

impl Machine {
    pub(crate) fn here(cores: &Cores) -> Machine {
        Machine {
            cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: cores.count(),
            arch: std::env::consts::ARCH.to_owned(),
            memory_mib: field("/proc/meminfo", "MemTotal")
                .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok())
                .unwrap_or_default()
                / 1024,
            kernel: output("uname", &["-sr"]),
            rustc: output("rustc", &["--version"]),
            profile: if cfg!(debug_assertions) {
                "dev"
            } else {
                "release"
            }
            .to_owned(),
            commit: commit(),
            placement: cores.placement(),
        }
    }
}

/// Now, in UTC to the second.
pub(crate) fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// The value behind `name` and a colon in one of the kernel's files.
pub(crate) fn field(file: impl AsRef<Path>, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

fn commit() -> String {
    let commit = output("git", &["rev-parse", "--short", "HEAD"]);
    let changed = output(
        "git",
        &[
            "status",
            "--porcelain",
            "--untracked-files=no",
            "--",
            ".",
            ":!*/results/*",
        ],
    );
    match (commit.as_str(), changed.as_str()) {
        ("unknown", _) | (_, "unknown" | "") => commit,
        _ => commit + "+",
    }
}

/// What a command prints, `unknown` if there is no such command or it fails.
fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => "unknown".to_owned(),
    }
}
