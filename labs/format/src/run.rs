//! One run of a lab: what `--json` prints and a committed figure holds.

use serde::{Deserialize, Serialize};

use crate::{Knobs, Report, Timeline};

/// The version of the document that this crate writes.
pub const RUN_VERSION: u32 = 1;

/// One run: what was asked, what came out, and where it ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The document's version: [`RUN_VERSION`].
    pub version: u32,
    /// The lab's name.
    pub lab: String,
    /// When it ran, in RFC 3339, to the second, in UTC.
    pub date: String,
    /// How long it took, in nanoseconds.
    pub took_ns: u64,
    /// The machine it ran on.
    pub machine: Machine,
    /// How the program was built.
    pub build: Build,
    /// Every knob's value.
    pub knobs: Knobs,
    /// What was measured.
    pub report: Report,
    /// What was recorded.
    pub timeline: Timeline,
}

/// The machine a run was made on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The operating system: `linux`, `macos`.
    pub os: String,
    /// The instruction set: `x86_64`, `aarch64`.
    pub arch: String,
    /// How many processors the program could use.
    pub cores: u32,
    /// The processor's name, where the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
}

/// How the program of a run was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// The lab's version.
    pub version: String,
    /// The compiler, as `rustc --version` says it.
    pub rustc: String,
    /// `release`, or `dev` for everything else.
    pub profile: String,
}

impl Machine {
    /// A line for captions: `2 cores, Intel Xeon, linux x86_64`.
    pub fn summary(&self) -> String {
        let cores = if self.cores == 1 { "core" } else { "cores" };
        let cpu = self
            .cpu
            .as_ref()
            .map(|cpu| format!("{cpu}, "))
            .unwrap_or_default();
        format!("{} {cores}, {cpu}{} {}", self.cores, self.os, self.arch)
    }
}
