//! expvarmon, where it can be had, and its figures where it cannot.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::record::{Limit, Row, Unit};

/// CPU time a minute with 50 targets of six variables each at one reading a second, in nanoseconds.
const CPU: f64 = 1.42e9;
/// The most memory then, in bytes.
const MEMORY: f64 = 38.1 * 1024.0 * 1024.0;

/// What is measured against.
pub(super) enum Rival {
    /// The program.
    Here(PathBuf),
    /// Why there is none.
    Given(String),
}

impl Rival {
    /// The program on the path; otherwise it is built by the Go tool, if that reaches its source.
    pub(super) fn find(scratch: &Path) -> Rival {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut known = std::env::split_paths(&path).map(|folder| folder.join("expvarmon"));
        if let Some(program) = known.find(|program| program.is_file()) {
            return Rival::Here(program);
        }
        let built = Command::new("go")
            .args(["install", "github.com/divan/expvarmon@latest"])
            .env("GOBIN", scratch)
            .env("GOFLAGS", "-mod=mod")
            .output();
        let program = scratch.join("expvarmon");
        match built {
            Ok(_) if program.is_file() => Rival::Here(program),
            Ok(output) => {
                let text = String::from_utf8_lossy(&output.stderr);
                let why = text.lines().next_back().unwrap_or_default();
                // The address of whom it asked says nothing here.
                let why = why.rsplit(": ").next().unwrap_or_default();
                Rival::Given(format!("it cannot be built here ({why})"))
            }
            Err(_) => Rival::Given("there is no go here; Debian's is golang-go".to_owned()),
        }
    }

    pub(super) fn note(&self) -> String {
        match self {
            Rival::Here(program) => format!("expvarmon: {}.", program.display()),
            Rival::Given(why) => format!(
                "expvarmon was not measured beside it: {why}. The limits are its figures as given, measured earlier on \
                 two cores: 1.42 s of CPU a minute, 38.1 MiB."
            ),
        }
    }

    /// Our CPU time a minute against its, where there is one; else against the figure.
    pub(super) fn cpu(ours: Vec<f64>) -> Row {
        let limit = Some(Limit::AtMost(CPU));
        Row::repeated(
            "50 targets: CPU time a minute (limit: expvarmon's, given)",
            Unit::Nanoseconds,
            ours,
            limit,
        )
    }

    pub(super) fn memory(ours: Vec<f64>) -> Row {
        let limit = Some(Limit::AtMost(MEMORY));
        Row::repeated(
            "50 targets: memory at most (limit: expvarmon's, given)",
            Unit::Bytes,
            ours,
            limit,
        )
    }
}
